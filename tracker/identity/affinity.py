"""What speaks for and against two visits being one person."""

import math
from collections.abc import Sequence

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.config import LinkConfig
from tracker.core.types import BoolArray, IntArray, Visit
from tracker.identity.k_reciprocal import averaged, jaccard, neighbourhoods
from tracker.tracking.appearance_odds import AppearanceOdds, learn_appearance_odds, look

STANDING_SLACK = 0.5  # own heights that a box's centre may jump without any walking
K1, K2 = 6, 3  # neighbours that may be mutual, and those over which is averaged
SHARE = 0.5  # of common neighbours in the affinity; the rest is similarity
ONE_PERSON = 0.5  # least affinity of one person's visits
VISITS_EACH = 6  # visits per person, where nothing tells how many people there are
CROWD = 40  # visits from which on most pairs are strangers, whoever they are
_ENDS = ("start_s", "end_s")


def affinities(visits: Sequence[Visit], likeness: AppearanceOdds) -> Floats:
    """Return how much two visits are one person's, (N, N) float32: 0 strangers, 1 as one person.

    Half of it is similarity, on the scale of the recording; half is having the same neighbours.
    One threshold then serves for 2 people and for 150 (`docs/linking.md`), which no threshold of
    the similarity does: the more strangers, the more alike some are by chance.
    """
    related = relatedness(visits, likeness)
    least = least_related(at_least(visits))
    order = _nearest(related, max(K1, K2) + 1)
    near = np.take_along_axis(related, order, axis=1) >= least
    near[:, 0] = True
    reach = near.sum(axis=1)
    weights = neighbourhoods(1 - related, order, K1, reach)
    weights = averaged(weights, order[:, :K2], np.minimum(reach, K2))
    shared = jaccard(weights, len(visits))
    shared *= SHARE  # in place: for 10,000 visits each of these matrices takes 400 MB
    related *= 1 - SHARE
    related += shared
    return related


def similarities(visits: Sequence[Visit]) -> Floats:
    """Return the cosine similarities (N, N) float32 of the visits' looks; 0 without views."""
    looks = np.array([look(v) for v in visits], np.float32)
    return looks @ looks.T


def relatedness(visits: Sequence[Visit], likeness: AppearanceOdds) -> Floats:
    """Return similarities (N, N) float32, scaled: 0 as alike as strangers, 1 as one person."""
    camera = np.unique([v.camera for v in visits], return_inverse=True)[1]
    related = similarities(visits)
    for number in np.unique(camera):
        here = np.flatnonzero(camera == number)
        for others, elsewhere in ((here, False), (np.flatnonzero(camera != number), True)):
            block = np.ix_(here, others)
            related[block] = likeness.related(related[block], elsewhere=elsewhere)
    np.fill_diagonal(related, 1)
    return related


def scale_of(visits: Sequence[Visit]) -> AppearanceOdds:
    """Learn what similarities mean in this recording; in a crowd most pairs are strangers."""
    prior = AppearanceOdds()
    known = [v for v in visits if len(v.embeddings)]
    if len(known) >= CROWD:
        step = max(1, len(known) // 1000)
        looks = np.array([look(v) for v in known[::step]])
        pairs = (looks @ looks.T)[np.triu_indices(len(looks), k=1)]
        low, middle = np.quantile(pairs, [0.16, 0.5])
        prior = AppearanceOdds(other_mean=float(middle), other_std=float(max(middle - low, 0.01)))
    return learn_appearance_odds(known, prior)


def least_related(people: float) -> float:
    """Return the relatedness from which two visits may be one person's; more people, more.

    >>> [round(least_related(n), 2) for n in (1, 2, 4, 8, 16, 1000)]
    [0.4, 0.4, 0.48, 0.57, 0.65, 0.65]
    """
    return 0.4 + 0.25 * min((math.log2(max(people, 2)) - 1) / 3, 1)


def at_least(visits: Sequence[Visit]) -> float:
    """Return how many people there are at least, as far as times and numbers tell."""
    return max(_most_at_once(visits), len(visits) / VISITS_EACH)


def impossible(visits: Sequence[Visit], config: LinkConfig) -> BoolArray:
    """Tell which pairs cannot be one person, (N, N) bool, symmetric, True on the diagonal.

    Nobody is at two places in one camera at one instant, nor walks between two of them faster
    than a person can.
    """
    count = len(visits)
    excluded = np.eye(count, dtype=bool)
    for camera in sorted({t.camera for t in visits}):
        here = np.array([n for n, t in enumerate(visits) if t.camera == camera])
        excluded[np.ix_(here, here)] |= _apart([visits[n] for n in here], config)
    return excluded


def _apart(visits: Sequence[Visit], config: LinkConfig) -> BoolArray:
    start_s, end_s = (np.array([getattr(t, name) for t in visits]) for name in _ENDS)
    entered, left = (
        np.array([t.xyxy[i] for t in visits], np.float64).reshape(-1, 4) for i in (0, -1)
    )
    centre_in, centre_out = ((b[:, :2] + b[:, 2:]) / 2 for b in (entered, left))
    height_in, height_out = (b[:, 3] - b[:, 1] for b in (entered, left))
    gap_s = start_s[None] - end_s[:, None]  # from leaving (row) to entering again (column)
    offset = np.linalg.norm(centre_out[:, None] - centre_in[None], axis=2)
    heights = np.maximum(np.maximum(height_out[:, None], height_in[None]), 1)
    too_fast = (gap_s > 0) & (offset / heights > config.max_speed * gap_s + STANDING_SLACK)
    at_once = (gap_s <= 0) & (gap_s.T <= 0)
    return np.asarray(at_once | too_fast | too_fast.T)


def _nearest(related: Floats, count: int) -> IntArray:
    """Return the nearest items of each, (N, count): itself first, ties by number."""
    count = min(count, len(related))
    order = np.empty((len(related), count), np.int64)
    for number, row in enumerate(related):
        chosen = np.argpartition(-row, count - 1)[:count]
        chosen = chosen[np.lexsort((chosen, -row[chosen]))]
        order[number] = [number, *(n for n in chosen if n != number)][:count]
    return order


def _most_at_once(visits: Sequence[Visit]) -> int:
    """Return the most visits to one camera at one instant: at least so many people there are."""
    most = 0
    for camera in {v.camera for v in visits}:
        start = np.sort([v.start_s for v in visits if v.camera == camera])
        end = np.sort([v.end_s for v in visits if v.camera == camera])
        present = np.arange(1, len(start) + 1) - np.searchsorted(end, start, side="left")
        most = max(most, int(present.max()))
    return most
