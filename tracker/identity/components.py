"""Which visits have to be decided on together: all others cannot be one person with them."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tracker.core.boxes import Floats
from tracker.core.types import IntArray, Visit
from tracker.identity.affinity import ONE_PERSON, TOGETHER, Likeness

STEP = 0.05  # by which the affinity asked for grows, where too many visits hang together
WINDOW_S = 300.0  # visits whose places may be compared are gathered for so long

Pairs = tuple[IntArray, IntArray, Floats]  # (P,) visits, (P,) others, (P,) affinity


def components(likeness: Likeness, least: float, more: Sequence[Pairs] = ()) -> list[IntArray]:
    """Return sets of visits, each ascending, between which no pair has the least affinity.

    Groups of average linkage lie within them, since a mean of affinities is no larger than the
    largest. So many visits cost hardly more than few. Where more than `TOGETHER` hang together,
    only those do that have more affinity.

    Args:
        likeness: Of N visits.
        least: Affinity that one person's visits have.
        more: Pairs that something else than looks speaks for.
    """
    count = len(likeness.looks)
    one, other, affinity = (np.concatenate(c) for c in zip(_alike(likeness), *more, strict=True))
    found: list[IntArray] = []
    waiting = [(np.arange(count), least)]
    while waiting:
        members, asked = waiting.pop()
        here = np.zeros(count, bool)
        here[members] = True
        chosen = (affinity >= asked) & here[one] & here[other]
        graph = coo_array((affinity[chosen], (one[chosen], other[chosen])), (count, count))
        label = connected_components(graph, directed=False)[1][members]
        order = np.argsort(label, kind="stable")
        parts = np.split(members[order], np.flatnonzero(np.diff(label[order])) + 1)
        found += [part for part in parts if len(part) <= TOGETHER]
        waiting += [(part, asked + STEP) for part in parts if len(part) > TOGETHER]
    return sorted(found, key=lambda part: int(part[0]))


def _alike(likeness: Likeness) -> Pairs:
    """Return who is near to whom, and how much they are one person."""
    one = np.repeat(np.arange(len(likeness.nearest)), likeness.nearest.shape[1])
    return one, likeness.nearest.ravel(), likeness.near.ravel()


def similar(likeness: Likeness, least: float) -> Pairs:
    """Return the pairs of so much similarity; their affinity tells by how much they have more."""
    similarity = np.concatenate([
        likeness.similarity(np.array([n]), row)[0] for n, row in enumerate(likeness.nearest)
    ])  # fmt: skip
    one, other, _ = _alike(likeness)
    alike = similarity >= least
    return one[alike], other[alike], ONE_PERSON + similarity[alike] - least


def in_view_together(visits: Sequence[Visit]) -> Iterator[IntArray]:
    """Yield sets of visits, ascending, so that any two that share an instant are in one of them.

    Args:
        visits: In order of appearance.
    """
    start, end = (np.array([getattr(v, name) for v in visits]) for name in ("start_s", "end_s"))
    for begin in np.arange(start.min(initial=0), start.max(initial=0) + 1, WINDOW_S):
        yield np.flatnonzero((start < begin + WINDOW_S) & (end >= begin))
