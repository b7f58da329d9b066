"""Apply corrections to a tracks.json: people to merge, visits to take out, names.

What a correction means stands here: for the people, for the reasons of their links, and for what it
makes sure in other runs. Holds always: every track is in exactly one person, nobody is in one
camera twice at one instant, an id is never used for a second person.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from itertools import chain, combinations, pairwise, product

from msgspec import UNSET
from msgspec.structs import replace

from tracker.core.errors import ConfigError
from tracker.core.types import VisitKey
from tracker.corrections.constraints import KnownPairs, SaidPairs
from tracker.results.corrections_file import Confirm, Correction, Naming, Split
from tracker.results.record import VisitRef, name_of
from tracker.results.tracks_file import (
    BY_PERSON,
    Link,
    Person,
    PersonVisit,
    TracksFile,
    by_time,
    person_with,
)
from tracker.results.tracks_json import TIME_DIGITS

LONGEST_NAME = 80
_FEWEST = 2  # people that can be merged
_LISTED = 12  # people or visits in a message


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
        now.people, now._used = dict(self.people), set(self._used)
        now._names, now._carried = dict(self._names), dict(self._carried)
        for correction in corrections:
            now.made = (*now.made, now._apply(correction))
        return now

    def _apply(self, correction: Correction) -> Correction:
        """Make a correction; return it as it is put on record."""
        if correction.merge:
            return replace(correction, merge=self._merge(correction.merge))
        if correction.split:
            return replace(correction, split=self._split(correction.split))
        if correction.confirm:
            self._confirm(correction.confirm)
            return correction
        assert correction.name
        return replace(correction, name=self._name(correction.name))

    def _merge(self, said: Sequence[int]) -> tuple[int, ...]:
        """Give the visits of several people to the one with the smallest id."""
        ids = tuple(dict.fromkeys(said))
        what = f"merge {','.join(map(str, said))}"
        if len(ids) < _FEWEST:
            raise ConfigError(f"{what}: names one person; give two or more, such as 3,7")
        for one in ids:
            self._require_person(one, what)
        for one, other in combinations(ids, 2):
            for a, b in _at_once(self.people[one], self.people[other]):
                raise ConfigError(
                    f"{what}: {a} of person {one} ({a.enter_s:g}-{a.leave_s:g} s) and {b} of "
                    f"person {other} ({b.enter_s:g}-{b.leave_s:g} s) share an instant; nobody is "
                    "in one camera twice at once"
                )
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
        person_of = self._person_of()
        before = {person.global_id: person for person in self._before.identities}
        people = [
            person_with(own, i, self._names.get(i, UNSET)) for i, own in sorted(self.people.items())
        ]
        return replace(
            self._before,
            identities=[before[p.global_id] if _same(p, before) else p for p in people],
            links=self._links,
            tracks=[replace(t, global_id=person_of[t.key]) for t in self._before.tracks],
            corrections=(*self._before.corrections, *self.made),
            suggestions=tuple(
                s
                for s in self._before.suggestions
                if person_of[s.first.key] != person_of[s.second.key]
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
        return self._sure.known(called)

    def _settle(self, number: int, visits: list[PersonVisit]) -> None:
        """Make these visits one person, and give each but the first a reason if it has none."""
        visits = self.people[number] = sorted(visits, key=by_time)
        own = {visit.key for visit in visits}
        person_of = self._person_of()
        links = [
            _owned(link, person_of) if own & _named_in(link) else link
            for link in self._links
            if not own & _named_in(link) or _within(link, person_of)
        ]
        explained = {link.second.key for link in links}
        links += [_said(number, a, b) for a, b in pairwise(visits) if b.key not in explained]
        enter_s = {v.key: v.enter_s for v in chain.from_iterable(self.people.values())}
        self._links = sorted(links, key=lambda x: (enter_s[x.second.key], x.second.key))

    def _person_of(self) -> dict[VisitKey, int]:
        return {v.key: number for number, visits in self.people.items() for v in visits}

    def _require_person(self, number: int, what: str) -> None:
        if number not in self.people:
            known = _listed(sorted(self.people))
            raise ConfigError(f"{what}: there is no person {number}; there are {known}")

    def _require_visits(self, number: int, visits: Sequence[VisitKey], what: str) -> None:
        person_of = self._person_of()
        own = [v.key for v in self.people[number]]
        for key in visits:
            if key not in person_of:
                raise ConfigError(
                    f"{what}: there is no visit {name_of(key)}; person {number} has "
                    f"{_listed(map(name_of, own))}"
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


def _at_once(
    one: Sequence[PersonVisit], other: Sequence[PersonVisit]
) -> Iterator[tuple[PersonVisit, PersonVisit]]:
    """Yield the visits to one camera that share an instant."""
    for a, b in product(one, other):
        if a.camera == b.camera and a.enter_s <= b.leave_s and b.enter_s <= a.leave_s:
            yield a, b


def _named_in(link: Link) -> set[VisitKey]:
    return {visit.key for visit in link.named()}


def _within(link: Link, person_of: Mapping[VisitKey, int]) -> bool:
    return person_of[link.first.key] == person_of[link.second.key]


def _owned(link: Link, person_of: Mapping[VisitKey, int]) -> Link:
    """Return a link with its person; a runner-up who is that person is none any more."""
    person = person_of[link.second.key]
    rival = link.runner_up
    if rival is not None and person_of[rival.key] == person:
        rival = None
    return replace(link, global_id=person, runner_up=rival)


def _said(number: int, first: PersonVisit, second: PersonVisit) -> Link:
    """Return a link that a person made."""
    gap_s = round(second.enter_s - first.leave_s, TIME_DIGITS)
    ends = VisitRef(*first.key), VisitRef(*second.key)
    return Link(number, *ends, 1.0, None, gap_s, None, None, by=BY_PERSON)


def _listed(items: Iterable[object]) -> str:
    words = [str(item) for item in items]
    more = len(words) - _LISTED
    return ", ".join(words[:_LISTED]) + (f" and {more} more" if more > 0 else "")
