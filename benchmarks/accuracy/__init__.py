"""How well do we and others follow people, given the very same boxes and looks?

    python -m benchmarks.accuracy [--ablation] [--cross-validate] [--markdown FILE]

Reads research data that is not part of this repository; `make bench-accuracy` runs everything.
"""
