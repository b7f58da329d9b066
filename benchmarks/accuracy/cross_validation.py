"""Do the second pass's few numbers hold on a sequence that did not choose them?

For each sequence, the numbers are chosen that are best on the others, and scored on it. Often
several combinations are equally good there; then all of them count, and none is preferred.
"""

import itertools
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from importlib import import_module
from unittest.mock import patch

import numpy as np

from benchmarks.accuracy.ours import Followed, follow
from benchmarks.accuracy.recording import Recording
from benchmarks.accuracy.scoring import Judge
from benchmarks.accuracy.sequences import Answer
from benchmarks.accuracy.tables import markdown

CHOICES = {
    "tracker.tracking.stitching.PRIOR": (0.5, 1.0, 1.5),
    "tracker.tracking.motion_odds.PLACE_STD": (0.15, 0.25),
    "tracker.tracking.motion_odds.PLACE_STD_PER_S": (0.3, 0.45),
    "tracker.tracking.appearance_odds.TYPICAL_VIEWS": (3.0, 6.0, 9.0),
}

HEAD = (
    "left out", "best on the others", "their mean figure on it", "range", "the default's",
    "best of all on it",
)  # fmt: skip
MEANS = (2, 4, 5)  # columns of it
SAME = 0.005  # points on which figures do not differ

Point = tuple[float, ...]  # a value for each of CHOICES
Figures = Mapping[Point, Mapping[str, float]]  # by point and sequence; see `Judge.mean`


def cross_validate(judge: Judge, recordings: Mapping[str, Recording]) -> str:
    """Write a row for each sequence that was left out."""
    followed = {name: follow(recording) for name, recording in recordings.items()}
    default = _default()
    figure: dict[Point, dict[str, float]] = {}
    for point in _points(default):
        print(f"cross-validation: {_words(point)}", file=sys.stderr)
        figure[point] = {n: judge.mean(n, settled_with(point, f)) for n, f in followed.items()}
    rows = [_row(figure, name, default) for name in recordings]
    means = [f"{np.mean([float(row[column]) for row in rows]):.1f}" for column in MEANS]
    rows.append(["mean", "", means[0], "", *means[1:]])
    return f"The default is {_words(default)} for {_names()}.\n\n{markdown(HEAD, rows)}"


def _row(figure: Figures, left_out: str, default: Point) -> list[str]:
    """Score the best on the others, the default, and the best on the sequence itself."""
    others = {p: np.mean([v for n, v in f.items() if n != left_out]) for p, f in figure.items()}
    best = max(others.values())
    on_it = [figure[p][left_out] for p, value in others.items() if value > best - SAME]
    figures = (figure[default][left_out], max(f[left_out] for f in figure.values()))
    chosen = f"{len(on_it)} of {len(figure)}"
    spread = f"{min(on_it):.1f} to {max(on_it):.1f}"
    return [left_out, chosen, f"{np.mean(on_it):.1f}", spread, *(f"{f:.1f}" for f in figures)]


def settled_with(point: Point, followed: Followed) -> Answer:
    """Run the second pass with other numbers."""
    with ExitStack() as stack:
        for name, value in zip(CHOICES, point, strict=True):
            stack.enter_context(patch(name, value))
        return followed.settled()


def _default() -> Point:
    parts = (name.rsplit(".", 1) for name in CHOICES)
    return tuple(getattr(import_module(module), constant) for module, constant in parts)


def _points(default: Point) -> Iterable[Point]:
    """Return all combinations, the default's values among them."""
    values = [sorted({*v, d}) for v, d in zip(CHOICES.values(), default, strict=True)]
    return itertools.product(*values)


def _words(point: Point) -> str:
    return ", ".join(f"{value:g}" for value in point)


def _names() -> str:
    return ", ".join(name.rsplit(".", 1)[1] for name in CHOICES)
