"""Visits that a box too many broke in two are one person.

Now and then a detector frames one person twice for some frames, or once alone and once with
whoever stands beside. Two tracks then compete for that person, one ends on the second box and the
other goes on; since both were in view at once they can never be linked.
"""

from collections.abc import Iterable, Sequence
from itertools import islice, takewhile

import numpy as np

from tracker.core import boxes
from tracker.core.types import Visit
from tracker.tracking.appearance_odds import AppearanceOdds, look
from tracker.tracking.fragment import concatenate
from tracker.tracking.motion_odds import Ends, motion_odds

LONGEST_S = 1.5  # who is seen twice for longer is two people
INSIDE = 0.7  # of the smaller box lies in the other one
MOSTLY = 0.7  # of the frames in common must show it so


def join_doubled(visits: Sequence[Visit], likeness: AppearanceOdds | None) -> list[Visit]:
    """Join visits of one camera, sorted by start, of which one begins as the other's double.

    The surer of two boxes stays, so that no frame has two of one visit.

    Args:
        visits: After the pieces were put together.
        likeness: What a similarity says here; None to go by motion alone.
    """
    left = list(visits)
    number = 0
    while number < len(left):
        visit = left[number]
        found = _rest_of(visit, islice(left, number + 1, None), likeness)
        if found is None:
            number += 1
        else:
            other, left[number] = found
            left = [v for v in left if v is not other]
    return left


def _rest_of(
    visit: Visit, later: Iterable[Visit], likeness: AppearanceOdds | None
) -> tuple[Visit, Visit] | None:
    """Return the visit that goes on as this one, and both as one; None if there is none."""
    for other in takewhile(lambda v: v.start_s <= visit.end_s, later):
        parts = _without_double(visit, other)
        if parts is not None and _odds(*parts, likeness) > 0:
            return other, concatenate(parts, visit.track_id)
    return None


def _without_double(one: Visit, two: Visit) -> tuple[Visit, Visit] | None:
    """Return both visits without what they share; None where that is no double."""
    in_one, in_two = one.frame >= two.frame[0], two.frame <= one.frame[-1]
    if in_one.all() or in_two.all() or one.end_s - two.start_s > LONGEST_S:
        return None
    both, first, second = np.intersect1d(one.frame, two.frame, return_indices=True)
    inside = boxes.shared_part(one.xyxy[first], two.xyxy[second]).diagonal() > INSIDE
    if not len(both) or inside.mean() < MOSTLY:
        return None
    if one.score[first].mean() < two.score[second].mean():
        return one.rows(~in_one), two
    return one, two.rows(~in_two)


def _odds(one: Visit, two: Visit, likeness: AppearanceOdds | None) -> float:
    """Return the log odds of one visit going on as the other."""
    motion = float(motion_odds(Ends.of([one], last=True), Ends.of([two], last=False))[0])
    if likeness is None:
        return motion
    views = np.array(min(len(one.embeddings), len(two.embeddings)))
    return motion + float(likeness.log_odds(np.array(look(one) @ look(two)), views))
