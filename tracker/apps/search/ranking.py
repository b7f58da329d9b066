"""Rank people: a person is as similar as the most similar of their visits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tracker.apps.search.visits import PersonKey, SeenVisit
from tracker.core.types import FloatArray

Scored = tuple[float, SeenVisit]  # cosine similarity to the query
_MORE = 4  # visits of one person may fill the first places, so more are asked for


class Collection(Protocol):
    """Visits that can be searched: those of a run, or an index on disk."""

    def nearest(self, query: FloatArray, count: int) -> list[Scored]:
        """Return the `count` visits most similar to `query` (512,), best first."""
        ...

    def of_person(self, person: PersonKey, query: FloatArray) -> list[Scored]:
        """Return all visits of a person, with their similarity."""
        ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class RankedPerson:
    """A person and all visits in order of time."""

    similarity: float
    person: PersonKey
    visits: list[Scored]


def rank_people(
    collections: Sequence[Collection], query: FloatArray, top: int, *,
    least: float = -1.0, without: PersonKey | None = None,
) -> list[RankedPerson]:  # fmt: skip
    """Return the `top` most similar people, exactly: as if every visit had been compared.

    Args:
        collections: Where to search.
        query: (512,) of unit length.
        top: How many people.
        least: Leave out who is less similar.
        without: Leave out this person, whom the query shows.
    """
    best: list[tuple[float, PersonKey, Collection]] = []
    for collection in collections:
        for similarity, person in _best_people(collection, query, top, without):
            if similarity >= least:
                best.append((similarity, person, collection))
    best.sort(key=lambda found: (-found[0], found[1]))
    return [
        RankedPerson(similarity, person, sorted(collection.of_person(person, query), key=_by_time))
        for similarity, person, collection in best[:top]
    ]


def _best_people(
    collection: Collection, query: FloatArray, top: int, without: PersonKey | None
) -> list[tuple[float, PersonKey]]:
    count = top * _MORE
    while True:
        best: dict[PersonKey, float] = {}
        for similarity, visit in collection.nearest(query, count):
            best.setdefault(visit.person, similarity)
        if without:
            best.pop(without, None)
        if len(best) >= top or count >= len(collection):
            return [(similarity, person) for person, similarity in list(best.items())[:top]]
        count *= _MORE


def _by_time(scored: Scored) -> tuple[float, str, int]:
    visit = scored[1]
    return visit.enter_s, visit.camera, visit.track_id
