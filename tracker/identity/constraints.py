"""Pairs of visits about which a person has said whether they are one person's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import BoolArray, Link, Visit, VisitKey

SURE_AFFINITY = 10.0  # far above what looks give, so that sure pairs are joined first


@dataclass(frozen=True, slots=True)
class SurePairs:
    """What is known for sure.

    Attributes:
        same: Groups of visits of one person each; no visit is in two groups.
        different: Pairs of visits of two people.
    """

    same: tuple[tuple[VisitKey, ...], ...] = ()
    different: tuple[tuple[VisitKey, VisitKey], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.same or self.different)

    def apply(
        self, visits: Sequence[Visit], affinity: Floats, excluded: BoolArray
    ) -> tuple[Floats, BoolArray]:
        """Return affinities and exclusions (N, N) in which the sure pairs are settled.

        A person's word counts more than speed and travel times, but nobody is in one camera twice
        at one instant; whoever is excluded from one visit of a group is from all of them.
        """
        place = {visit.key: n for n, visit in enumerate(visits)}
        affinity, excluded = affinity.copy(), excluded.copy()
        for one, other in self.different:
            if one in place and other in place:
                a, b = place[one], place[other]
                excluded[a, b] = excluded[b, a] = True
        for group in self.same:
            members = np.array([place[key] for key in group if key in place], np.int64)
            if len(members):
                affinity[np.ix_(members, members)] = SURE_AFFINITY
                excluded[np.ix_(members, members)] = _at_once([visits[m] for m in members])
        return affinity, excluded

    def preferred(self, visits: Sequence[Visit], affinity: Floats) -> Floats:
        """Return affinities in which the reason for a visit is one that a person has given."""
        if not self.same:
            return affinity
        settled, _ = self.apply(visits, affinity, np.zeros(affinity.shape, bool))
        return np.minimum(settled, 1)

    @property
    def visits(self) -> frozenset[VisitKey]:
        """All visits that are known to be somebody's."""
        return frozenset(key for group in self.same for key in group)

    def vouch(self, links: Sequence[Link]) -> list[Link]:
        """Return the links with those confirmed that a person has vouched for."""
        group_of = {key: number for number, group in enumerate(self.same) for key in group}
        return [
            replace(link, confirmed=group_of.get(link.first, -1) == group_of.get(link.second, -2))
            for link in links
        ]


def _at_once(visits: Sequence[Visit]) -> BoolArray:
    """Tell which pairs share an instant in one camera (N, N), True on the diagonal."""
    start_s = np.array([v.start_s for v in visits])
    end_s = np.array([v.end_s for v in visits])
    camera = np.array([v.camera for v in visits])
    together = (start_s[:, None] <= end_s) & (start_s <= end_s[:, None])
    return np.asarray(together & (camera[:, None] == camera))
