"""Scores against a truth; the metrics themselves are the `trackeval` package's."""
