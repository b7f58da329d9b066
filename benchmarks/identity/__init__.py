"""Who is who on everything we have a truth for, from boxes and looks that were found once.

    python -m benchmarks.identity [--cache DIR] [--models packaged] [--online] [RECORDING ...]

Reads research data that is not part of this repository. What the networks see in each recording
is kept in the cache, so that association and linking run again in seconds.
"""
