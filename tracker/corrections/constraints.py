"""What corrections make sure, in a form that another run over the same videos can use."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations, product

from tracker.core.types import VisitKey
from tracker.corrections.anchors import Anchor, anchor_of_known, found_again, known_visit
from tracker.corrections.pieces import Pieces
from tracker.identity.constraints import SurePairs
from tracker.results.corrections_file import KnownPlaces, NamedVisit

Pair = frozenset[VisitKey]


@dataclass(frozen=True, slots=True)
class KnownPairs:
    """What is sure of a run's visits.

    Attributes:
        same: Groups of visits of one person each.
        different: Pairs of visits of two people.
        names: People who have one, by any of their visits.
        nobody: Visits that are no person's.
    """

    same: tuple[tuple[VisitKey, ...], ...] = ()
    different: tuple[tuple[VisitKey, VisitKey], ...] = ()
    names: Mapping[VisitKey, str] = field(default_factory=dict)
    nobody: frozenset[VisitKey] = frozenset()

    @property
    def pairs(self) -> SurePairs:
        """What linking takes of it."""
        return SurePairs(self.same, self.different)


@dataclass(frozen=True, slots=True)
class SaidPairs:
    """Pairs of visits that are one person's, and pairs that are two people's, as they were said."""

    same: frozenset[Pair]
    different: frozenset[Pair]

    @classmethod
    def of(cls, known: KnownPairs) -> "SaidPairs":
        """Return all pairs of what is known."""
        same = chain.from_iterable(combinations(group, 2) for group in known.same)
        return cls(frozenset(map(Pair, same)), frozenset(map(Pair, known.different)))

    def joined(self, keys: Iterable[VisitKey]) -> "SaidPairs":
        """Add that all of these are one person's."""
        own = set(map(Pair, combinations(keys, 2)))
        return SaidPairs(self.same | own, self.different - own)

    def parted(self, taken: Sequence[VisitKey], rest: Sequence[VisitKey]) -> "SaidPairs":
        """Add that the ones are one person's, but nobody's of the rest."""
        across = set(map(Pair, product(taken, rest)))
        same = (self.same - across).union(map(Pair, combinations(taken, 2)))
        return SaidPairs(same, self.different | across)

    def known(self, names: Mapping[VisitKey, str], nobody: frozenset[VisitKey]) -> KnownPairs:
        """Return them in groups, without what is nobody's, with the names of people."""
        same, different = ([p for p in x if not p & nobody] for x in (self.same, self.different))
        return KnownPairs(_groups(same), _sorted_pairs(different), names, nobody)


def known_in(places: KnownPlaces, tracks: Iterable[Anchor]) -> tuple[KnownPairs, int]:
    """Say what is known of another run's tracks; and how many visits were not found again.

    What turned out contradictory, since a track of that run follows two people who are known to be
    different, is left out.
    """
    found = found_again([anchor_of_known(visit) for visit in places.visits], tracks)
    times = Counter(
        chain.from_iterable(found)
    )  # a track that follows two known visits is neither's
    pieces = ([key for key in keys if times[key] == 1] for keys in found)
    groups = ([k for n in group for k in found[n]] for group in places.same)
    same = _groups(
        Pair(pair)
        for keys in chain(groups, pieces)
        for pair in combinations(dict.fromkeys(keys), 2)
    )
    group_of = {key: number for number, group in enumerate(same) for key in group}
    different = {
        Pair((a, b))
        for one, other in places.different
        for a, b in product(found[one], found[other])
        if a != b and group_of.get(a, a) != group_of.get(b, b)
    }
    names = {key: named.name for named in places.names for key in found[named.visit]}
    nobody = frozenset(key for number in places.nobody for key in found[number])
    known = KnownPairs(same, _sorted_pairs(different), names, nobody)
    return known, sum(not keys for keys in found)


def known_here(places: KnownPlaces) -> KnownPairs:
    """Return what is sure by the visits' own keys, in the very result that it was said of."""
    keys = [visit.key for visit in places.visits]
    return KnownPairs(
        tuple(tuple(keys[n] for n in group) for group in places.same),
        tuple((keys[one], keys[other]) for one, other in places.different),
        {keys[named.visit]: named.name for named in places.names},
        frozenset(keys[number] for number in places.nobody),
    )


def with_places(known: KnownPairs, pieces: Pieces) -> KnownPlaces:
    """Add where the visits were, from the tracks that they are of."""
    groups = (*known.same, *known.different, tuple(known.names), tuple(known.nobody))
    keys = {k for group in groups for k in group}
    found = (track for key, track in pieces.tracks.items() if key in keys)
    visits = tuple(known_visit(t, [p.first for p in pieces.of(t.key)]) for t in found)
    place = {visit.key: n for n, visit in enumerate(visits)}
    return KnownPlaces(
        visits,
        tuple(tuple(place[key] for key in group) for group in known.same),
        tuple((place[one], place[other]) for one, other in known.different),
        tuple(
            NamedVisit(n, known.names[v.key]) for n, v in enumerate(visits) if v.key in known.names
        ),
        tuple(n for n, v in enumerate(visits) if v.key in known.nobody),
    )


def _groups(pairs: Iterable[Pair]) -> tuple[tuple[VisitKey, ...], ...]:
    """Join pairs that share a visit into groups."""
    group_of: dict[VisitKey, set[VisitKey]] = {}
    for pair in pairs:
        joined: set[VisitKey] = set(pair).union(*(group_of.get(key, set()) for key in pair))
        for key in joined:
            group_of[key] = joined
    distinct = {id(group): tuple(sorted(group)) for group in group_of.values()}
    return tuple(sorted(distinct.values()))


def _sorted_pairs(pairs: Iterable[Pair]) -> tuple[tuple[VisitKey, VisitKey], ...]:
    ends = (sorted(pair) for pair in pairs)
    return tuple(sorted((one, other) for one, other in ends))
