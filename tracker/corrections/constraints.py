"""What corrections make sure, in a form that another run over the same videos can use."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any

from tracker.core.types import VisitKey
from tracker.corrections.anchors import Anchor, anchor_from_record, anchor_of, found_again
from tracker.corrections.records import Confirm, Correction, Merge, Split
from tracker.identity.constraints import SurePairs
from tracker.results.saved_tracks import Content, people_of

Pair = frozenset[VisitKey]


@dataclass(frozen=True, slots=True)
class Known:
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
class KnownPlaces:
    """The same with the places of the visits; numbers are places in `visits`."""

    visits: tuple[Anchor, ...] = ()
    same: tuple[tuple[int, ...], ...] = ()
    different: tuple[tuple[int, int], ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return it as corrections.json keeps it."""
        return {
            "visits": [anchor.record() for anchor in self.visits],
            "same": [list(group) for group in self.same],
            "different": [list(pair) for pair in self.different],
            "names": [{"visit": visit, "name": name} for visit, name in self.names.items()],
        }

    def in_tracks(self, tracks: Iterable[Anchor]) -> tuple[Known, int]:
        """Say it of another run's tracks; also return how many visits were not found again.

        What turned out contradictory, since a track of that run follows two people who are known
        to be different, is left out.
        """
        found = found_again(self.visits, tracks)
        same = _groups(
            Pair(pair)
            for group in self.same
            for pair in combinations(dict.fromkeys(k for n in group for k in found[n]), 2)
        )
        group_of = {key: number for number, group in enumerate(same) for key in group}
        different = {
            Pair((a, b))
            for one, other in self.different
            for a, b in product(found[one], found[other])
            if a != b and group_of.get(a, a) != group_of.get(b, b)
        }
        names = {key: name for n, name in self.names.items() for key in found[n]}
        return Known(same, _sorted_pairs(different), names), sum(not keys for keys in found)


def known_places_from_record(record: Mapping[str, Any]) -> KnownPlaces:
    """Read what `KnownPlaces.record` returns; raises as wrong JSON does."""
    visits = tuple(map(anchor_from_record, record["visits"]))
    known = KnownPlaces(
        visits,
        tuple(tuple(map(int, group)) for group in record["same"]),
        tuple((int(one), int(other)) for one, other in record["different"]),
        {int(entry["visit"]): str(entry["name"]) for entry in record["names"]},
    )
    numbers = {n for g in (*known.same, *known.different, tuple(known.names)) for n in g}
    if not all(0 <= n < len(visits) for n in numbers):
        raise ValueError("a visit that is not there")
    return known


def known_after(before: Known, content: Content, corrections: Sequence[Correction]) -> Known:
    """Return what is sure after corrections; later ones count more than earlier ones.

    Args:
        before: What was sure before them.
        content: The tracks.json on which they were made, without them.
        corrections: As they were made: every split with its new id.
    """
    people = {number: [v.key for v in own] for number, own in people_of(content).items()}
    names = {i: before.names[k] for i, own in people.items() for k in own if k in before.names}
    names |= {p["global_id"]: p["name"] for p in content["identities"] if p.get("name")}
    same = {Pair(pair) for group in before.same for pair in combinations(group, 2)}
    different = {Pair(pair) for pair in before.different}
    for correction in corrections:
        if isinstance(correction, Merge):
            together = [key for i in correction.ids for key in people.pop(i)]
            people[min(correction.ids)] = together
            own = {Pair(pair) for pair in combinations(together, 2)}
            same, different = same | own, different - own
            merged = [names.pop(i) for i in sorted(correction.ids) if i in names]
            names |= {min(correction.ids): merged[0]} if merged else {}
        elif isinstance(correction, Split) and correction.new_global_id is not None:
            taken = list(correction.visits)
            rest = [k for k in people[correction.global_id] if k not in correction.visits]
            people[correction.global_id], people[correction.new_global_id] = rest, taken
            across = {Pair(pair) for pair in product(taken, rest)}
            same = (same - across) | {Pair(pair) for pair in combinations(taken, 2)}
            different |= across
        elif isinstance(correction, Confirm):
            same.add(Pair((correction.first, correction.second)))
        elif not isinstance(correction, Split):
            names.pop(correction.global_id, None)
            names |= {correction.global_id: correction.name} if correction.name else {}
    called = {key: names[i] for i, own in people.items() if i in names for key in own}
    return Known(_groups(same), _sorted_pairs(different), called)


def with_places(known: Known, content: Content) -> KnownPlaces:
    """Add where the visits were, from the tracks.json that they are of."""
    keys = {k for group in (*known.same, *known.different, tuple(known.names)) for k in group}
    visits = [anchor_of(t) for t in content["tracks"] if (t["camera"], int(t["track_id"])) in keys]
    place = {anchor.key: n for n, anchor in enumerate(visits)}
    return KnownPlaces(
        tuple(visits),
        tuple(tuple(place[key] for key in group) for group in known.same),
        tuple((place[one], place[other]) for one, other in known.different),
        {place[key]: name for key, name in known.names.items()},
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
