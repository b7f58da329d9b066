"""What speaks for and against two visits being one person."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from tracker.core.boxes import Floats
from tracker.core.config import LinkConfig
from tracker.core.types import BoolArray, IntArray, Visit
from tracker.identity.k_reciprocal import averaged, jaccard, neighbourhoods
from tracker.identity.neighbours import nearest_looks
from tracker.tracking.appearance_odds import AppearanceOdds, learn_appearance_odds, look

STANDING_SLACK = 0.5  # own heights that a box's centre may jump without any walking
K1, K2 = 6, 3  # neighbours that may be mutual, and those over which is averaged
SHARE = 0.5  # of common neighbours in the affinity; the rest is similarity
ONE_PERSON = 0.5  # least affinity of one person's visits
TOGETHER = 2_000  # visits up to which each is weighed against all others
CANDIDATES, KEPT = 56, 28  # of more: similar looks that are compared, and the most related of these
VISITS_EACH = 6  # visits per person, where nothing tells how many people there are
CROWD = 40  # visits from which on most pairs are strangers, whoever they are
_ENDS = ("start_s", "end_s")


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike N visits look, on the scale of their recording.

    Half of an affinity is similarity; half is having the same neighbours. One threshold then
    serves for 2 people and for 150 (`docs/linking.md`), which no threshold of the similarity does:
    the more strangers, the more alike some are by chance.

    Attributes:
        looks: (N, 512) float32 of unit length, zero where there is no view.
        camera: (N,) int64, a number for each camera.
        scale: What similarities mean.
        shared: Sparse (N, N) in [0, 1], how much of their neighbourhoods is common.
        nearest: (N, K) int64, whose looks are nearest, each itself first.
        near: (N, K) float32, their affinity.
    """

    looks: Floats
    camera: IntArray
    scale: AppearanceOdds
    shared: csr_array
    nearest: IntArray
    near: Floats

    def similarity(self, rows: IntArray, others: IntArray) -> Floats:
        """Return cosine similarities (R, C) float32 of two sets of visits."""
        return np.asarray(self.looks[rows] @ self.looks[others].T)

    def affinity(self, rows: IntArray, others: IntArray) -> Floats:
        """Return how much visits are one person's, (R, C) float32: 0 strangers, 1 as one person.

        Args:
            rows: (R,) numbers.
            others: (C,) numbers, ascending.
        """
        related = _scaled(self.similarity(rows, others), self.camera[rows][:, None],
                          self.camera[others][None], self.scale)  # fmt: skip
        related[rows[:, None] == others[None]] = 1
        affinity = (1 - SHARE) * related
        start, end = self.shared.indptr[rows], self.shared.indptr[rows + 1]
        entry = np.concatenate([np.arange(*span) for span in zip(start, end, strict=True)])
        row, other = np.repeat(np.arange(len(rows)), end - start), self.shared.indices[entry]
        place = np.searchsorted(others, other).clip(max=len(others) - 1)
        inside = others[place] == other
        affinity[row[inside], place[inside]] += SHARE * self.shared.data[entry[inside]]
        return np.asarray(affinity, np.float32)


def similarities(visits: Sequence[Visit]) -> Floats:
    """Return the cosine similarities (N, N) float32 of the visits' looks; 0 without views."""
    looks = np.array([look(v) for v in visits], np.float32)
    return looks @ looks.T


def likeness_of(visits: Sequence[Visit]) -> Likeness:
    """Compare the looks of all visits."""
    scale = scale_of(visits)
    looks = np.array([look(v) for v in visits], np.float32)
    camera = np.asarray(np.unique([v.camera for v in visits], return_inverse=True)[1], np.int64)
    nearest, related = _most_related(looks, camera, scale)
    order = nearest[:, : max(K1, K2) + 1]
    reach = (related[:, : order.shape[1]] >= least_related(at_least(visits))).sum(axis=1)

    def apart(row: int, others: IntArray) -> Floats:
        found = _scaled(looks[others] @ looks[row], camera[row], camera[others], scale)
        return 1 - np.where(others == row, np.float32(1), found)

    weights = neighbourhoods(apart, order, K1, reach)
    weights = averaged(weights, order[:, :K2], np.minimum(reach, K2))
    shared = jaccard(weights, len(visits))
    near = (1 - SHARE) * related + SHARE * _entries(shared, nearest)
    return Likeness(looks, camera, scale, shared, nearest, near.astype(np.float32))


def _entries(matrix: csr_array, columns: IntArray) -> Floats:
    """Return the entries (N, K) of a sparse matrix (N, N) in these columns of each row."""
    count = len(columns)
    known = np.repeat(np.arange(count), np.diff(matrix.indptr)) * count + matrix.indices
    order = np.argsort(known)
    wanted = (np.arange(count)[:, None] * count + columns).ravel()
    place = order[np.searchsorted(known, wanted, sorter=order).clip(max=len(order) - 1)]
    return np.where(known[place] == wanted, matrix.data[place], 0).reshape(columns.shape)


def _most_related(
    looks: Floats, camera: IntArray, scale: AppearanceOdds
) -> tuple[IntArray, Floats]:
    """Return the most related visits of each, (N, K), and how much so: itself first, at infinity.

    Of many visits the most similar ones are looked at, since few others can be among them.
    """
    rows = np.arange(len(looks))
    if len(looks) <= TOGETHER:
        order, similarity = np.broadcast_to(rows, (len(rows), len(rows))), looks @ looks.T
    else:
        order = nearest_looks(looks, CANDIDATES)
        similarity = np.array([looks[found] @ looks[n] for n, found in enumerate(order)])
    related = _scaled(similarity, camera[:, None], camera[order], scale)
    related[order == rows[:, None]] = np.inf
    count = min(KEPT, related.shape[1])
    chosen = np.argpartition(-related, count - 1, axis=1)[:, :count]
    nearest, related = order[rows[:, None], chosen], related[rows[:, None], chosen]
    ranked = np.lexsort((nearest, -related), axis=1)
    return nearest[rows[:, None], ranked], related[rows[:, None], ranked]


def _scaled(similarity: Floats, camera: IntArray, other: IntArray, scale: AppearanceOdds) -> Floats:
    """Scale similarities of visits to cameras: 0 as alike as strangers, 1 as one person."""
    here, elsewhere = (scale.related(similarity, elsewhere=away) for away in (False, True))
    return np.asarray(np.where(camera == other, here, elsewhere), np.float32)


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


def _most_at_once(visits: Sequence[Visit]) -> int:
    """Return the most visits to one camera at one instant: at least so many people there are."""
    most = 0
    for camera in {v.camera for v in visits}:
        start = np.sort([v.start_s for v in visits if v.camera == camera])
        end = np.sort([v.end_s for v in visits if v.camera == camera])
        present = np.arange(1, len(start) + 1) - np.searchsorted(end, start, side="left")
        most = max(most, int(present.max()))
    return most
