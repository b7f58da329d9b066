"""Who is who in recordings of several cameras, by the real command, against the truth.

    python -m benchmarks.link_recordings [--reid R] [--detector D] [--online] [RECORDING ...]

Videos that are cut into several cameras, rendered twins, and an auditorium of which only boxes are
known. Prints the joint IDF1 in percent, what the same boxes reach without any link and with
perfect ids, and people found of those there.
"""
