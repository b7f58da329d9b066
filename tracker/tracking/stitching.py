"""The second pass over one camera's recording: put the fragments of each visit together.

Source of the idea: Huang, Wu, Nevatia, "Robust Object Tracking by Hierarchical Association of
Detection Responses", ECCV 2008: fragments are joined by global assignment in rounds, over longer
and longer gaps, so that the sure joins of one round are the evidence of the next. The evidence
here is a sum of log odds, one person against two: by looks (`likeness`) and by motion.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tracker.core.boxes import Floats
from tracker.core.types import EMBEDDING_SIZE, IntArray, Visit
from tracker.tracking.appearance_odds import AppearanceOdds, look
from tracker.tracking.camera_path import CameraPath
from tracker.tracking.fragment import concatenate
from tracker.tracking.gap_filling import insert
from tracker.tracking.motion_odds import Ends, motion_odds

ROUNDS_S = (1.0, 3.0, 10.0)  # longest gap joined in each round
ROUNDS_BY_MOTION_S = (2.0,)  # without looks: who is gone for longer is lost
PRIOR = 1.0  # log odds against a join before any evidence
PRIOR_BY_MOTION = 0.0  # less without looks, which speak for the right join by about as much
FEWEST_VIEWS = 2  # of a fragment that takes part in the rounds; others fill the gaps afterwards
EDGE = 6.0  # pixels: a box so near to the picture's edge is leaving or entering
EDGE_GAP_S = 0.5  # who was away from edge to edge for longer left the view: two visits

BLOCK = 1 << 15  # pairs whose looks are compared at once: 256 MB

Pairs = tuple[IntArray, IntArray]


def rejoin(
    fragments: Sequence[Visit], size: tuple[int, int], likeness: AppearanceOdds | None,
    path: CameraPath | None = None,
) -> list[Visit]:  # fmt: skip
    """Return whole visits, numbered from 1 by the time at which they begin.

    Holds always: no visit has two boxes in one frame, every fragment is in one visit.

    Args:
        fragments: Of one camera.
        size: Width and height of its picture in pixels.
        likeness: What a similarity says here; None to go by motion alone.
        path: How the camera moved, if it did; places are then compared as if it had stood still.
    """
    path = path or CameraPath(size)
    rounds = ROUNDS_BY_MOTION_S if likeness is None else ROUNDS_S
    seen = [p for p in fragments if likeness is None or len(p.embeddings) >= FEWEST_VIEWS]
    visits = sorted((path.steady(p) for p in seen), key=_order)
    for longest_s in rounds:
        pairs = _candidates(visits, size, path, longest_s)
        odds = _by_motion(visits, pairs)
        if likeness is None:
            odds -= PRIOR_BY_MOTION
        else:
            odds += _by_looks(visits, pairs, likeness) - PRIOR
        visits = _join(visits, pairs, odds)
    if likeness is not None:
        hidden = [path.steady(p) for p in fragments if len(p.embeddings) < FEWEST_VIEWS]
        visits = insert(visits, hidden, likeness, PRIOR)
    return [concatenate([path.seen(v)], number) for number, v in enumerate(visits, 1)]


def _candidates(
    visits: Sequence[Visit], size: tuple[int, int], path: CameraPath, longest_s: float
) -> Pairs:
    """Return who may go on as whom: (P,) earlier and (P,) later numbers.

    `visits` are sorted by their start.
    """
    start = np.array([v.start_s for v in visits])
    end = np.array([v.end_s for v in visits])
    first = np.searchsorted(start, end, side="right")
    last = np.searchsorted(start, end + longest_s, side="right")
    count = last - first
    earlier = np.repeat(np.arange(len(visits)), count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    later = np.repeat(first, count) + offset
    leaves = np.array(
        [_at_edge(path.seen_box(int(v.frame[-1]), v.xyxy[-1]), size) for v in visits], bool
    )
    enters = np.array(
        [_at_edge(path.seen_box(int(v.frame[0]), v.xyxy[0]), size) for v in visits], bool
    )
    away = start[later] - end[earlier] > EDGE_GAP_S
    possible = ~(leaves[earlier] & enters[later] & away)
    return earlier[possible], later[possible]


def _by_looks(visits: Sequence[Visit], pairs: Pairs, likeness: AppearanceOdds) -> Floats:
    looks = np.array([look(v) for v in visits]).reshape(-1, EMBEDDING_SIZE)
    views = np.array([len(v.embeddings) for v in visits], np.float64)
    similarity = np.empty(len(pairs[0]))
    for i in range(0, len(similarity), BLOCK):
        earlier, later = pairs[0][i : i + BLOCK], pairs[1][i : i + BLOCK]
        similarity[i : i + BLOCK] = np.einsum("pe,pe->p", looks[earlier], looks[later])
    return likeness.log_odds(similarity, np.minimum(views[pairs[0]], views[pairs[1]]))


def _by_motion(visits: Sequence[Visit], pairs: Pairs) -> Floats:
    tails, heads = Ends.of(visits, last=True), Ends.of(visits, last=False)
    return motion_odds(tails[pairs[0]], heads[pairs[1]])


def _join(visits: Sequence[Visit], pairs: Pairs, odds: Floats) -> list[Visit]:
    """Join the pairs that are together most likely, each visit to one before and one after."""
    good = odds > 0
    earlier, later, odds = pairs[0][good], pairs[1][good], odds[good]
    after = _assign(len(visits), earlier, later, odds)
    continued = set(after.values())
    joined = []
    for number in range(len(visits)):
        if number not in continued:
            chain = [number]
            while chain[-1] in after:
                chain.append(after[chain[-1]])
            joined.append(concatenate([visits[i] for i in chain], visits[number].track_id))
    return sorted(joined, key=_order)


def _assign(count: int, earlier: IntArray, later: IntArray, odds: Floats) -> dict[int, int]:
    """Return who goes on as whom; parts of the recording that share no pair are solved apart."""
    graph = coo_array((odds, (earlier, later + count)), shape=(2 * count, 2 * count))
    part = connected_components(graph, directed=False)[1][earlier]
    after = {}
    for number in np.unique(part):
        chosen = part == number
        rows, row = np.unique(earlier[chosen], return_inverse=True)
        columns, column = np.unique(later[chosen], return_inverse=True)
        gain = np.zeros((len(rows), len(columns)))
        gain[row, column] = odds[chosen]
        for r, c in zip(*linear_sum_assignment(gain, maximize=True), strict=True):
            if gain[r, c] > 0:
                after[int(rows[r])] = int(columns[c])
    return after


def _at_edge(xyxy: Floats, size: tuple[int, int]) -> bool:
    """Tell whether a box touches the left, right or lower edge, where people leave the view."""
    return bool(xyxy[0] <= EDGE or xyxy[2] >= size[0] - EDGE or xyxy[3] >= size[1] - EDGE)


def _order(visit: Visit) -> tuple[float, int]:
    return visit.start_s, visit.track_id
