"""Which track gets which detection: minimum-cost assignment, and the matching cascade."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from tracker.core.boxes import Floats

Pair = tuple[int, int]  # (row of the tracks, row of the detections)
CostOf = Callable[[Sequence[int], Sequence[int]], Floats]

_FORBIDDEN = 1e5  # larger than any sum of allowed costs that could make up for it


def assign(cost: Floats, max_cost: float) -> list[Pair]:
    """Match rows to columns at the least total cost, none dearer than `max_cost`.

    Args:
        cost: (T, D), each row and column used at most once; infinity forbids a pair. Not changed.
        max_cost: Largest cost of a pair.

    Returns:
        (row, column) pairs in order of rows; as many as are allowed together.
    """
    allowed = cost <= max_cost
    rows, columns = linear_sum_assignment(np.where(allowed, cost, _FORBIDDEN))
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if allowed[r, c]]


def match(
    cost_of: CostOf, tracks: Sequence[int], detections: Sequence[int], max_cost: float
) -> list[Pair]:
    """Assign a selection of tracks to a selection of detections.

    Args:
        cost_of: Gives the (T, D) costs of the selected tracks and detections.
        tracks: Numbers of the tracks that take part.
        detections: Numbers of the detections that take part.
        max_cost: Largest cost of a pair.

    Returns:
        Pairs of the numbers given.
    """
    if not tracks or not detections:
        return []
    pairs = assign(cost_of(tracks, detections), max_cost)
    return [(tracks[r], detections[c]) for r, c in pairs]


def match_cascade(
    cost_of: CostOf,
    tracks: Sequence[int],
    detections: Sequence[int],
    max_cost: float,
    *,
    age: Sequence[float],
) -> list[Pair]:
    """Assign recently seen tracks before those unseen for longer.

    A long unseen track has a wide motion gate and would take detections from tracks that know
    better. Source: the DeepSORT paper, section 2.3 and listing 1.

    Args:
        cost_of: As for `match`.
        tracks: As for `match`.
        detections: As for `match`.
        max_cost: As for `match`.
        age: For each of `tracks`, how long it has been unseen.
    """
    pairs: list[Pair] = []
    free = list(detections)
    for level in sorted(set(age)):
        peers = [t for t, a in zip(tracks, age, strict=True) if a == level]
        found = match(cost_of, peers, free, max_cost)
        taken = {d for _, d in found}
        free = [d for d in free if d not in taken]
        pairs += found
    return pairs
