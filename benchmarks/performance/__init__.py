"""How fast the whole pipeline is, beside its own detector alone and beside other trackers.

    make bench
    python -m benchmarks.performance [SECTION ...] [--shared ../shared]

Sections: pipeline, peers, cameras, embedding, memory, startup; all but memory by default, which
takes a quarter of an hour. `association_speed.py` and `link_scale.py` measure those parts. Every
figure that counts is a ratio of two that were taken in turn in the same run.
"""
