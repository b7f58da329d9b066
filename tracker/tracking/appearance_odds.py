"""How much a similarity of looks speaks for one person, learned from the recording itself.

Two boxes in one frame are surely two people, and the two halves of one fragment are surely one. So
each recording shows how alike strangers are in its light and clothes, and how steady one person
is. Where it shows too little, a prior stands in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import IntArray, Visit

PRIOR_PAIRS = 60  # what the prior counts for, in pairs
FEWEST_VIEWS = 8  # of a fragment whose halves are compared
AGEING = 0.06  # how much less a person is like themselves at another time than in the next second
ELSEWHERE = 0.05  # and how much less in another camera's light
TYPICAL_VIEWS = 6.0  # with so many views the evidence of a pair counts half
MOST_PAIRS = 100_000  # of strangers that are compared
STRONGEST = 8.0  # log odds; no two looks prove more


@dataclass(frozen=True, slots=True)
class AppearanceOdds:
    """Normal distributions of the cosine similarity of two looks; see `look`.

    The defaults are of OSNet x0.25 MSMT17 on street footage.
    """

    same_mean: float = 0.87
    same_std: float = 0.065
    other_mean: float = 0.56
    other_std: float = 0.10

    def log_odds(self, similarity: Floats, views: Floats) -> Floats:
        """Return how much more likely one person is than two, as natural logarithm.

        Args:
            similarity: Cosine similarities of looks, any shape.
            views: The smaller number of views of each pair, same shape; few views prove little.
        """
        capped = np.minimum(similarity, self.same_mean)  # more alike than usual is no less the same
        same = ((capped - self.same_mean) / self.same_std) ** 2
        other = ((capped - self.other_mean) / self.other_std) ** 2
        odds = np.log(self.other_std / self.same_std) + (other - same) / 2
        weight = views / (views + TYPICAL_VIEWS)
        return np.asarray(np.clip(odds, -STRONGEST, STRONGEST) * weight)

    def related(self, similarity: Floats, *, elsewhere: bool = False) -> Floats:
        """Put similarities on a scale from 0, as alike as strangers, to 1, as one person.

        Args:
            similarity: Cosine similarities of looks, any shape.
            elsewhere: Whether they were seen by different cameras, in different light.
        """
        one = self.same_mean - (ELSEWHERE if elsewhere else 0.0)
        return np.asarray((similarity - self.other_mean) / (one - self.other_mean))


def look(visit: Visit) -> Floats:
    """Return the mean embedding (512,) at unit length; zero if there are no views.

    Scaling the mean back to unit length makes visits comparable: one seen from many sides is
    less like anything, itself included, and its mean is shorter by as much. On Market-1501,
    PETS and a hand-off through a door one threshold then serves; for plain means of all pairs
    of views the best ones lie 0.12 apart.
    """
    return _unit(visit.embeddings.sum(axis=0, dtype=np.float64))


def learn_appearance_odds(
    fragments: Sequence[Visit], prior: AppearanceOdds | None = None
) -> AppearanceOdds:
    """Fit the distributions to fragments of one or more cameras."""
    prior = prior or AppearanceOdds()
    seen = [p for p in fragments if len(p.embeddings) >= FEWEST_VIEWS]
    if not seen:
        return prior
    looks = np.array([look(p) for p in seen])
    one, other = _together(seen)
    strangers = np.array([looks[i] @ looks[j] for i, j in zip(one, other, strict=True)])
    itself = np.array([_half(p, 0) @ _half(p, 1) for p in seen]) - AGEING
    other_mean, other_std = _fit(strangers, prior.other_mean, prior.other_std)
    same_mean, same_std = _fit(itself, prior.same_mean, prior.same_std)
    return AppearanceOdds(same_mean, same_std, other_mean, other_std)


def _together(fragments: Sequence[Visit]) -> tuple[IntArray, IntArray]:
    """Return the numbers (P,) and (P,) of those that share an instant of one camera, pair by pair.

    Of very many pairs every so-manieth is taken.
    """
    camera = np.unique([p.camera for p in fragments], return_inverse=True)[1]
    start, end = (np.array([getattr(p, name) for p in fragments]) for name in ("start_s", "end_s"))
    order = np.lexsort((start, camera))
    last = np.empty(len(order), np.int64)
    for number in np.unique(camera):
        here = np.flatnonzero(camera[order] == number)
        last[here] = here[0] + np.searchsorted(start[order[here]], end[order[here]], side="right")
    count = last - np.arange(len(order)) - 1
    one = np.repeat(np.arange(len(order)), count)
    other = one + 1 + np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    step = max(1, len(one) // MOST_PAIRS)
    return order[one[::step]], order[other[::step]]


def _fit(values: Floats, mean: float, std: float) -> tuple[float, float]:
    """Return the mean and deviation of the values, with the prior as `PRIOR_PAIRS` more."""
    count = len(values)
    total = count + PRIOR_PAIRS
    fitted = (PRIOR_PAIRS * mean + float(values.sum())) / total
    spread = PRIOR_PAIRS * (std**2 + (mean - fitted) ** 2) + float(((values - fitted) ** 2).sum())
    return fitted, float(np.sqrt(spread / total))


def _half(fragment: Visit, which: int) -> Floats:
    middle = len(fragment.embeddings) // 2
    views = fragment.embeddings[middle:] if which else fragment.embeddings[:middle]
    return _unit(views.sum(axis=0, dtype=np.float64))


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))
