"""Two tracks of one person for a moment, where one ends as another one takes over at its place.

The few boxes that both have would make it impossible that the two are one person.
"""

from collections.abc import Sequence

import numpy as np

from tracker.core import boxes
from tracker.core.types import Visit

BOTH_S = 0.5  # at most, that both go on,
ONE_PLACE = 0.3  # with so much overlap (IoU) on average; in a single frame, with any


def handed_over(visits: Sequence[Visit]) -> list[Visit]:
    """Return one camera's visits, each ended as soon as another one takes over from it."""
    order = sorted(range(len(visits)), key=lambda number: visits[number].start_s)
    ended = list(visits)
    for place, number in enumerate(order):
        first = visits[number]
        for other in order[place + 1 :]:
            second = visits[other]
            if second.start_s > first.end_s:
                break
            if _takes_over(first, second):
                ended[number] = ended[number].rows(ended[number].time_s < second.start_s)
    return ended


def _takes_over(first: Visit, second: Visit) -> bool:
    in_turn = first.start_s < second.start_s <= first.end_s < second.end_s
    if not in_turn or first.end_s - second.start_s > BOTH_S:
        return False
    _, here, there = np.intersect1d(first.frame, second.frame, return_indices=True)
    a, b = first.xyxy[here].astype(np.float64), second.xyxy[there].astype(np.float64)
    overlap = boxes.iou(a, b).diagonal()
    return len(overlap) == 1 or (len(overlap) > 1 and float(overlap.mean()) >= ONE_PLACE)
