"""Visits that take turns are one person.

Whose looks change, from the front to the back say, may be followed as two people, each seen while
the other is not. Looks then speak against a join, time and place for it: two people who are there
at once are seen at once now and then, and one does not begin again and again where the other ends.
"""

from collections.abc import Iterable, Sequence
from itertools import islice, takewhile

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import Visit
from tracker.tracking.fragment import concatenate

FEWEST_TURNS = 3
GAP_S = 1.0  # at most, from one's last box to the other's next
APART, APART_PER_S = 0.2, 0.8  # own heights that it may be away, and more for each second
LEAST_NEAR = 0.9  # share of all turns that must be so near
MOST_AT_ONCE = 0.01  # share of the shorter one's frames that show both


def join_turns(visits: Sequence[Visit]) -> list[Visit]:
    """Join visits of one camera, sorted by start, that take turns; no frame has two boxes."""
    left = list(visits)
    number = 0
    while number < len(left):
        visit = left[number]
        other = _other_half(visit, islice(left, number + 1, None))
        if other is None:
            number += 1
        else:
            left[number] = _both(visit, other)
            left = [v for v in left if v is not other]
    return left


def _other_half(visit: Visit, later: Iterable[Visit]) -> Visit | None:
    """Return who takes turns with a visit, of those that begin later, in this order."""
    meeting = takewhile(lambda v: v.start_s <= visit.end_s, later)
    return next((v for v in meeting if takes_turns(visit, v)), None)


def takes_turns(one: Visit, other: Visit) -> bool:
    """Tell whether two visits go on as each other, again and again, and are never seen at once."""
    if one.end_s < other.start_s or other.end_s < one.start_s:
        return False
    at_once = len(np.intersect1d(one.frame, other.frame))
    if at_once > MOST_AT_ONCE * min(len(one.frame), len(other.frame)):
        return False
    time_s = np.concatenate([one.time_s, other.time_s])
    order = np.argsort(time_s, kind="stable")
    second = order >= len(one.frame)
    turn = np.flatnonzero(second[1:] != second[:-1])
    boxes = np.concatenate([one.xyxy, other.xyxy])[order]
    gap_s = np.diff(time_s[order])[turn]
    near = (gap_s <= GAP_S) & (_apart(boxes[turn], boxes[turn + 1]) <= APART + APART_PER_S * gap_s)
    return len(turn) >= FEWEST_TURNS and bool(near.mean() >= LEAST_NEAR)


def _apart(boxes: Floats, others: Floats) -> Floats:
    """Return how far the middles of boxes (N, 4) lie apart, in the greater height."""
    height = np.maximum(boxes[:, 3] - boxes[:, 1], others[:, 3] - others[:, 1])
    middle = (boxes[:, :2] + boxes[:, 2:] - others[:, :2] - others[:, 2:]) / 2
    return np.asarray(np.linalg.norm(middle, axis=1) / np.maximum(height, 1))


def _both(one: Visit, other: Visit) -> Visit:
    """Put two visits together; where both have a box, the first one's counts."""
    both = concatenate([one, other], one.track_id)
    return both.rows(np.unique(both.frame, return_index=True)[1])
