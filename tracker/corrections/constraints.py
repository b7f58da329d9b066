"""What corrections make sure, in a form that another run over the same videos can use."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations, product

from tracker.core.types import VisitKey
from tracker.corrections.anchors import Anchor, anchor_of_known, found_again, known_visit
from tracker.identity.constraints import SurePairs
from tracker.results.corrections_file import KnownPlaces, NamedVisit
from tracker.results.tracks_file import TracksFile

Pair = frozenset[VisitKey]


@dataclass(frozen=True, slots=True)
class KnownPairs:
    """What is sure of a run's visits.

    Attributes:
        same: Groups of visits of one person each.
        different: Pairs of visits of two people.
        names: People who have one, by any of their visits.
    """

    same: tuple[tuple[VisitKey, ...], ...] = ()
    different: tuple[tuple[VisitKey, VisitKey], ...] = ()
    names: Mapping[VisitKey, str] = field(default_factory=dict)

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

    def known(self, names: Mapping[VisitKey, str]) -> KnownPairs:
        """Return them in groups, with the names of people."""
        return KnownPairs(_groups(self.same), _sorted_pairs(self.different), names)


def known_in(places: KnownPlaces, tracks: Iterable[Anchor]) -> tuple[KnownPairs, int]:
    """Say what is known of another run's tracks; and how many visits were not found again.

    What turned out contradictory, since a track of that run follows two people who are known to be
    different, is left out.
    """
    found = found_again([anchor_of_known(visit) for visit in places.visits], tracks)
    same = _groups(
        Pair(pair)
        for group in places.same
        for pair in combinations(dict.fromkeys(k for n in group for k in found[n]), 2)
    )
    group_of = {key: number for number, group in enumerate(same) for key in group}
    different = {
        Pair((a, b))
        for one, other in places.different
        for a, b in product(found[one], found[other])
        if a != b and group_of.get(a, a) != group_of.get(b, b)
    }
    names = {key: named.name for named in places.names for key in found[named.visit]}
    return KnownPairs(same, _sorted_pairs(different), names), sum(not keys for keys in found)


def known_here(places: KnownPlaces) -> KnownPairs:
    """Return what is sure by the visits' own keys, in the very result that it was said of."""
    keys = [visit.key for visit in places.visits]
    return KnownPairs(
        tuple(tuple(keys[n] for n in group) for group in places.same),
        tuple((keys[one], keys[other]) for one, other in places.different),
        {keys[named.visit]: named.name for named in places.names},
    )


def with_places(known: KnownPairs, content: TracksFile) -> KnownPlaces:
    """Add where the visits were, from the tracks.json that they are of."""
    keys = {k for group in (*known.same, *known.different, tuple(known.names)) for k in group}
    visits = tuple(known_visit(track) for track in content.tracks if track.key in keys)
    place = {visit.key: n for n, visit in enumerate(visits)}
    return KnownPlaces(
        visits,
        tuple(tuple(place[key] for key in group) for group in known.same),
        tuple((place[one], place[other]) for one, other in known.different),
        tuple(
            NamedVisit(n, known.names[v.key]) for n, v in enumerate(visits) if v.key in known.names
        ),
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
