"""Apply corrections to a tracks.json: people to merge, visits to take out or to cut, names.

What a correction means stands here: for the people, for the reasons of their links, and for what it
makes sure in other runs. Holds always: every track is in exactly one person, nobody is in one
camera twice at one instant, an id is never used for a second person.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from itertools import chain, combinations
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from tracker.core.errors import ConfigError
from tracker.core.types import VisitKey
from tracker.corrections.checks import at_once, listed, require_apart
from tracker.corrections.constraints import KnownPairs, SaidPairs
from tracker.corrections.pieces import uncut
from tracker.corrections.reasons import links_without, settled_links
from tracker.results.corrections_file import Apart, Confirm, Correction, Cut, Naming, Split, Swap
from tracker.results.record import VisitRef, name_of
from tracker.results.tracks_file import (
    Person,
    PersonVisit,
    Track,
    TracksFile,
    by_time,
    person_with,
)

LONGEST_NAME = 80
_FEWEST = 2  # people that can be merged


def corrected(content: TracksFile, corrections: Iterable[Correction]) -> TracksFile:
    """Return a new tracks.json with corrections after those that it had; see `Corrected.with_`."""
    return Corrected(content).with_(corrections).content()


class Corrected:
    """A result under corrections; it does not change, corrections make another one.

    Args:
        content: The result.
        known: What is sure of it already.
    """

    def __init__(self, content: TracksFile, known: KnownPairs | None = None) -> None:
        known = known or KnownPairs()
        self._before = content
        self.people = content.visits()
        self.made: tuple[Correction, ...] = ()  # here, beside those that the result had
        self._names = {p.global_id: p.name for p in content.identities if p.name}
        self._carried = {
            i: known.names[v.key]
            for i, own in self.people.items() for v in own if v.key in known.names
        }  # fmt: skip
        self._links = content.links
        self.pieces = uncut(content)
        self._nobody: dict[VisitKey, int] = {}  # visits that are no person's, and whose they were
        self._sure = SaidPairs.of(known)
        self._used = {*self.people, *chain.from_iterable(c.ids for c in content.corrections)}

    def with_(self, corrections: Iterable[Correction]) -> "Corrected":
        """Apply corrections one after the other.

        Args:
            corrections: The ids are those that hold when the correction's turn comes.

        Raises:
            ConfigError: Unknown people or visits, or somebody would be in one camera twice at once.
        """
        now = copy(self)
        now.people, now._used, now._nobody = dict(self.people), set(self._used), dict(self._nobody)
        now._names, now._carried = dict(self._names), dict(self._carried)
        for correction in corrections:
            now.made = (*now.made, now._apply(correction))
        return now

    def _apply(self, correction: Correction) -> Correction:
        """Make a correction; return it as it is put on record."""
        acts: dict[str, Callable[[Any], Any]] = {
            "merge": self._merge, "split": self._split, "cut": self._cut, "swap": self._swap,
            "confirm": self._confirm, "apart": self._part, "name": self._name,
            "nobody": self._remove, "restore": self._restore,
        }  # fmt: skip
        [(kind, said)] = [(k, getattr(correction, k)) for k in acts if getattr(correction, k)]
        made = acts[kind](said)
        return correction if made is None else replace(correction, **{kind: made})

    def _merge(self, said: Sequence[int]) -> tuple[int, ...]:
        """Give the visits of several people to the one with the smallest id."""
        ids = tuple(dict.fromkeys(said))
        what = f"merge {','.join(map(str, said))}"
        if len(ids) < _FEWEST:
            raise ConfigError(f"{what}: names one person; give two or more, such as 3,7")
        for one in ids:
            self._require_person(one, what)
        for one, other in combinations(ids, 2):
            require_apart(what, one, other, self.people[one], self.people[other])
        together = list(chain.from_iterable(self.people.pop(i) for i in ids))
        for names in (self._names, self._carried):
            found = [names.pop(i) for i in sorted(ids) if i in names]
            names.update({min(ids): found[0]} if found else {})
        self._sure = self._sure.joined(v.key for v in together)
        self._settle(min(ids), together)
        return ids

    def _split(self, split: Split) -> Split:
        """Take visits out of a person and make them a new one."""
        keys = tuple(dict.fromkeys(v.key for v in split.visits))
        old = split.global_id
        what = f"split {old}:{','.join(map(str, split.visits))}"
        self._require_person(old, what)
        self._require_visits(old, keys, what)
        new = split.new_global_id or self.free_id
        if new in self._used:
            raise ConfigError(f"{what}: the new id {new} is or was somebody else's")
        taken = [v for v in self.people[old] if v.key in keys]
        rest = self.people[old] = [v for v in self.people[old] if v.key not in keys]
        self._used.add(new)
        self._sure = self._sure.parted([v.key for v in taken], [v.key for v in rest])
        self._settle(new, taken)
        return Split(old, tuple(VisitRef(*key) for key in keys), new)

    def _cut(self, said: Cut) -> Cut:
        """Make the rest of a visit another visit, of another person."""
        key, what = said.visit.key, f"cut {said.visit}"
        old = self._person_with(key, what)
        number = said.new_track_id or self.pieces.free_number(key[0])
        pieces = self.pieces.cut(key, said.frame, number)
        taken, rest = pieces.visit((key[0], number)), pieces.visit(key)
        new = said.global_id or self.free_id
        theirs = self.people.get(new, [])
        if not theirs and new in self._used:
            raise ConfigError(f"{what}: there is no person {new} any more")
        require_apart(what, old, new, [taken], [rest] if new == old else theirs)
        self.pieces = pieces
        self._used.add(new)
        self.people[old] = [rest if v.key == key else v for v in self.people[old]]
        self._sure = self._sure.parted([taken.key], [key])
        if new != old:
            self._sure = self._sure.joined([taken.key, *(v.key for v in theirs)])
        self._settle(old, self.people[old])
        self._settle(new, [*self.people.get(new, []), taken])
        return Cut(said.visit, said.frame, new, number)

    def _swap(self, said: Swap) -> None:
        """Give each of two visits the other's boxes from a frame on."""
        keys, what = (said.first.key, said.second.key), f"swap {said.first} and {said.second}"
        one, other = (self._person_with(key, what) for key in keys)
        pieces = self.pieces.swap(*keys, said.frame)
        new = {key: pieces.visit(key) for key in keys}
        for person, key in zip((one, other), keys, strict=True):
            rest = [v for v in self.people[person] if v.key not in keys]
            require_apart(what, person, person, [new[key]], rest)
        self.pieces = pieces
        self._sure = self._sure.parted([keys[0]], [keys[1]])
        for person in {one, other}:
            self._settle(person, [new.get(v.key, v) for v in self.people[person]])

    def _part(self, said: Apart) -> None:
        """Take note that two visits are surely two people's."""
        one, other, what = said.first.key, said.second.key, f"apart {said.first} and {said.second}"
        if self._person_with(one, what) == self._person_with(other, what):
            raise ConfigError(f"{what}: they are one person's now; split them")
        self._sure = self._sure.parted([one], [other])

    def _remove(self, visits: Sequence[VisitRef]) -> None:
        """Take visits out that are no person's."""
        for key in [visit.key for visit in visits]:
            person = self._person_with(key, "nobody")
            self._nobody[key] = person
            self.people[person] = [v for v in self.people[person] if v.key != key]
            if not self.people[person]:
                del self.people[person]
        self._links = links_without(self._links, {visit.key for visit in visits})

    def _restore(self, visits: Sequence[VisitRef]) -> None:
        """Give visits back that are somebody's after all."""
        for key in [visit.key for visit in visits]:
            if key not in self._nobody:
                raise ConfigError(f"restore {name_of(key)}: it was not taken out")
            person, visit = self._nobody.pop(key), self.pieces.visit(key)
            theirs = self.people.get(person, [])
            if any(at_once([visit], theirs)):
                person, theirs = self.free_id, []
                self._used.add(person)
            self._settle(person, [*theirs, visit])

    def _confirm(self, said: Confirm) -> None:
        """Mark a link as right."""
        ends = {said.first.key, said.second.key}
        joining = [n for n, x in enumerate(self._links) if {x.first.key, x.second.key} == ends]
        if not joining:
            raise ConfigError(f"confirm: there is no link between {said.first} and {said.second}")
        self._links = list(self._links)
        self._links[joining[0]] = replace(self._links[joining[0]], confirmed=True)
        self._sure = self._sure.joined(ends)

    def _name(self, said: Naming) -> Naming:
        """Give a person a name, or take it away."""
        self._require_person(said.global_id, f"name '{said.name}'")
        name = " ".join(said.name.split())
        if len(name) > LONGEST_NAME:
            raise ConfigError(f"a name may have {LONGEST_NAME} letters, but this has {len(name)}")
        self._carried.pop(said.global_id, None)
        self._names.pop(said.global_id, None)
        self._names |= {said.global_id: name} if name else {}
        return replace(said, name=name)

    def content(self) -> TracksFile:
        """Return the result as it is now; who did not change stays word for word."""
        person_of, cameras = self._person_of(), [c.name for c in self._before.cameras]

        def order(item: tuple[VisitKey, Track]) -> tuple[int, int]:
            return cameras.index(item[0][0]), item[0][1]

        before = {person.global_id: person for person in self._before.identities}
        people = [
            person_with(own, i, self._names.get(i, UNSET)) for i, own in sorted(self.people.items())
        ]
        return replace(
            self._before,
            identities=[before[p.global_id] if _same(p, before) else p for p in people],
            links=self._links,
            tracks=[
                replace(t, global_id=person_of[key])
                for key, t in sorted(self.pieces.tracks.items(), key=order)
                if key in person_of
            ],
            corrections=(*self._before.corrections, *self.made),
            suggestions=tuple(
                s
                for s in self._before.suggestions
                if s.first.key in person_of
                and s.second.key in person_of
                and person_of[s.first.key] != person_of[s.second.key]
                and frozenset((s.first.key, s.second.key)) not in self._sure.different
            ),
        )

    @property
    def free_id(self) -> int:
        """The id that the next person who splits off would have."""
        return max(self._used) + 1

    def known(self) -> KnownPairs:
        """Return what is sure by now; later corrections count more than earlier ones."""
        names = self._carried | self._names
        called = {v.key: names[i] for i, own in self.people.items() if i in names for v in own}
        return self._sure.known(called, frozenset(self._nobody))

    def _settle(self, number: int, visits: Sequence[PersonVisit]) -> None:
        """Make these visits one person, and give each but the first a reason if it has none."""
        visits = self.people[number] = sorted(visits, key=by_time)
        links = settled_links(self._links, number, visits, self._person_of())
        enter_s = {v.key: v.enter_s for v in chain.from_iterable(self.people.values())}
        self._links = sorted(links, key=lambda x: (enter_s[x.second.key], x.second.key))

    def _person_of(self) -> dict[VisitKey, int]:
        return {v.key: number for number, visits in self.people.items() for v in visits}

    def _person_with(self, key: VisitKey, what: str) -> int:
        person_of = self._person_of()
        if key not in person_of:
            raise ConfigError(f"{what}: nobody has a visit {name_of(key)}")
        return person_of[key]

    def _require_person(self, number: int, what: str) -> None:
        if number not in self.people:
            known = listed(sorted(self.people))
            raise ConfigError(f"{what}: there is no person {number}; there are {known}")

    def _require_visits(self, number: int, visits: Sequence[VisitKey], what: str) -> None:
        person_of = self._person_of()
        own = [v.key for v in self.people[number]]
        for key in visits:
            if key not in person_of:
                raise ConfigError(
                    f"{what}: there is no visit {name_of(key)}; person {number} has "
                    f"{listed(map(name_of, own))}"
                )
            if person_of[key] != number:
                raise ConfigError(f"{what}: {name_of(key)} is a visit of person {person_of[key]}")
        if not visits or len(visits) == len(own):
            raise ConfigError(
                f"{what}: takes {'all' if visits else 'none'} of the visits of person {number}; "
                "name some of them"
            )


def _same(person: Person, before: Mapping[int, Person]) -> bool:
    old = before.get(person.global_id)
    return old is not None and (old.tracks, old.name) == (person.tracks, person.name)
