"""Decide who a visitor is while the recording goes on."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tracker.associate.likeness import Likeness, look
from tracker.boxes import FloatArray
from tracker.config import LinkConfig
from tracker.link.evidence import least_related
from tracker.link.identities import Key, Linked, appearance_order
from tracker.link.reasons import probability_at_once
from tracker.types import Identity, Link, Merge, Tracklet

HASTE = 0.1  # relatedness asked for beyond the usual from the first crops, which may be cut off
REVIEW_S = (1.0, 2.0, 4.0, 8.0)  # ages at which a visit is looked at again
LOOKS_EACH, MOST_LOOKS = 16, 4000  # visits remembered of a person, and of all: 8 MB


@dataclass(slots=True)
class _Seen:
    """A visit as far as it went; `end_s` is infinite while it goes on."""

    camera: str
    look: FloatArray
    start_s: float
    end_s: float = math.inf


_Person = dict[Key, _Seen]


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """Where a person was; `end_s` is infinite for a visit that was not concluded yet."""

    visit: Key
    end_s: float


class OnlineIdentities:
    """Gives each new visit a person at once; what turns out to be one person is merged later.

    Used where frames cannot be looked at twice. A visit goes to the most similar person who is
    not in that camera now, or to a new one. When more of it was seen, its person may prove to be
    an earlier one: then the earlier number stays, and the merge is recorded, never silent.
    """

    def __init__(self, config: LinkConfig, scale: Likeness | None = None) -> None:
        self._config = config
        self._scale = scale or Likeness()
        self._person_of: dict[Key, int] = {}
        self._people: dict[int, _Person] = {}
        self._last = 0
        self._links: list[Link] = []
        self._merges: list[Merge] = []
        self._told = [0, 0]  # how many links and merges were asked for as news
        self._forgotten = 0

    def person_of(self, camera: str, track_id: int) -> int | None:
        """Return the person of a visit, None if it was not introduced yet."""
        return self._person_of.get((camera, track_id))

    @property
    def count(self) -> int:
        """How many people there are so far."""
        return len(self._people) + self._forgotten

    def enter_s(self, key: Key) -> float:
        """Return when a visit began."""
        return self._people[self._person_of[key]][key].start_s

    def before(self, key: Key) -> SeenBefore | None:
        """Return where the person of a visit was last before it; None for a new person."""
        mine = self._people[self._person_of[key]]
        seen = mine[key]
        earlier = [(s.end_s, s.start_s, k) for k, s in mine.items() if s.start_s < seen.start_s]
        last = max(earlier, default=None)
        return SeenBefore(last[2], last[0]) if last else None

    def new_links(self) -> list[Link]:
        """Return the links that were made since this was last asked."""
        news, self._told[0] = self._links[self._told[0] :], len(self._links)
        return news

    def new_merges(self) -> list[Merge]:
        """Return the merges that were made since this was last asked."""
        news, self._told[1] = self._merges[self._told[1] :], len(self._merges)
        return news

    def take_reasons(self) -> tuple[list[Link], list[Merge]]:
        """Give away all links and merges so far."""
        taken = self._links, self._merges
        self._links, self._merges, self._told = [], [], [0, 0]
        return taken

    def forget_oldest(self, each: int = LOOKS_EACH, most: int = MOST_LOOKS) -> None:
        """Bound what is remembered: the latest visits of each person, and the latest people.

        Who was forgotten gets a new number on return. Visits that go on are never forgotten.
        """
        for person in self._people.values():
            self._drop(person, len(person) - each)
        count = sum(map(len, self._people.values()))
        for number in sorted(self._people, key=lambda p: _last_end_s(self._people[p])):
            if count <= most:
                return
            person = self._people[number]
            if not math.isinf(_last_end_s(person)):
                count -= len(person)
                self._drop(person, len(person))
                del self._people[number]
                self._forgotten += 1

    def _drop(self, person: _Person, count: int) -> None:
        over = sorted(
            (k for k in person if not math.isinf(person[k].end_s)), key=lambda k: person[k].end_s
        )
        for key in over[: max(count, 0)]:
            del person[key], self._person_of[key]

    def introduce(self, visit: Tracklet) -> int:
        """Find the person of a newly confirmed visit, from its boxes and embeddings so far."""
        newcomer = {visit.key: _Seen(visit.camera, look(visit), visit.start_s)}
        ranked = self._ranked(newcomer, self._people)
        if ranked and ranked[0][0] > HASTE:
            person = ranked[0][1]
            self._note(visit, newcomer, [p for _, p in ranked[:2]])
        else:
            self._last += 1
            person = self._last
        self._person_of[visit.key] = person
        self._people.setdefault(person, {}).update(newcomer)
        return person

    def review(self, visit: Tracklet) -> None:
        """Look again at a visit of which more was seen; merge its person with an earlier one."""
        person = self._person_of[visit.key]
        self._people[person][visit.key].look = look(visit)
        mine = self._people[person]
        ranked = self._ranked(mine, [p for p in self._people if p != person])
        if not ranked or ranked[0][0] <= 0:
            return
        other = ranked[0][1]
        self._note(visit, mine, [p for _, p in ranked[:2]])
        kept, gone = sorted((person, other))
        self._merges.append(Merge(visit.end_s, gone, kept))
        self._people[kept].update(self._people.pop(gone))
        self._person_of.update(dict.fromkeys(self._people[kept], kept))

    def conclude(self, visit: Tracklet) -> None:
        """Take in all of a visit that is over."""
        self.review(visit)
        self._people[self._person_of[visit.key]][visit.key].end_s = visit.end_s

    def linked(self, visits: Sequence[Tracklet]) -> Linked:
        """Return the people with all their visits so far, and why each belongs to them."""
        people = {person: Identity(person) for person in sorted(self._people)}
        for visit in sorted(visits, key=appearance_order):
            people[self._person_of[visit.key]].tracklets.append(visit)
        known = {visit.key for visit in visits}
        links = [x for x in self._links if x.first in known and x.second in known]
        found = [person for person in people.values() if person.tracklets]
        return Linked(found, links, list(self._merges))

    def _ranked(self, mine: _Person, others: Iterable[int]) -> list[tuple[float, int]]:
        """Return who else it may be: by how much they pass, and their numbers; best first."""
        shares = [
            (self._share(mine, self._people[p]), p)
            for p in others
            if _can_be_one(mine, self._people[p])
        ]
        return sorted((s for s in shares if s[0] > -math.inf), key=lambda s: (-s[0], s[1]))

    def _share(self, mine: _Person, theirs: _Person) -> float:
        """Return by how much the looks of two pass for one person's; negative if not."""
        given = self._config.gallery_threshold
        least = least_related(len(self._people)) if given is None else given
        return self._mean(mine, theirs, related=given is None) - least

    def _mean(self, mine: _Person, theirs: _Person, *, related: bool = True) -> float:
        """Return the mean relatedness, or similarity, of two people's visits; -inf if unknown."""
        values = [
            self._scale.related(a.look @ b.look, elsewhere=a.camera != b.camera)
            if related
            else a.look @ b.look
            for a in mine.values()
            for b in theirs.values()
            if a.look.any() and b.look.any()
        ]
        return float(np.mean(values)) if values else -math.inf

    def _note(self, visit: Tracklet, mine: _Person, people: Sequence[int]) -> None:
        """Note why a visit was given the first of the people; the second is the runner-up."""
        seen = mine[visit.key].look
        nearest = [_most_alike(self._people[p], seen) for p in people]
        odds = [probability_at_once(self._mean(mine, self._people[p])) for p in people]
        first = self._people[people[0]][nearest[0]]
        self._links.append(
            Link(
                first=nearest[0],
                second=visit.key,
                probability=odds[0],
                similarity=float(first.look @ seen),
                gap_s=visit.start_s - min(first.end_s, visit.start_s),  # 0: was still there
                second_enters_s=visit.start_s,
                runner_up=nearest[1] if nearest[1:] else None,
                runner_up_probability=odds[1] if odds[1:] else None,
            )
        )


def _last_end_s(person: _Person) -> float:
    return max(seen.end_s for seen in person.values())


def _can_be_one(mine: _Person, theirs: _Person) -> bool:
    """Tell whether no camera has seen both at one instant."""
    return not any(
        a.camera == b.camera and a.start_s <= b.end_s and b.start_s <= a.end_s
        for a in mine.values()
        for b in theirs.values()
    )


def _most_alike(person: _Person, seen: FloatArray) -> Key:
    return max(person, key=lambda key: float(person[key].look @ seen))
