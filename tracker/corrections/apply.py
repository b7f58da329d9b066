"""Apply corrections to a tracks.json: people to merge, visits to take out, names.

Works on the file's content as `json.loads` gives it, and leaves the content that it was given
alone. Holds always: every track is in exactly one person, nobody is in one camera twice at one
instant, an id is never used for a second person.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations, pairwise
from typing import Any

from tracker.core.errors import ConfigError
from tracker.core.types import VisitKey
from tracker.corrections.records import (
    RECORDS,
    Confirm,
    Correction,
    Merge,
    Name,
    Split,
    from_records,
    ids_in,
)
from tracker.results.saved_tracks import (
    Content,
    SavedVisit,
    by_time,
    link_end,
    name_of,
    people_of,
    visit_entry,
)

BY_PERSON = "person"  # who made a link, where it was not the program
LONGEST_NAME = 80
_FEWEST = 2  # people that can be merged


def corrected(content: Content, corrections: Sequence[Correction]) -> Content:
    """Apply corrections one after the other.

    Args:
        content: A tracks.json.
        corrections: The ids are those that hold when the correction's turn comes.

    Returns:
        A new tracks.json with these corrections after those that it had.

    Raises:
        ConfigError: Unknown people or visits, or somebody would be in one camera twice at once.
        SourceError: The content is no whole tracks.json.
    """
    book = _Book(content)
    for correction in corrections:
        if isinstance(correction, Merge):
            book.merge(correction)
        elif isinstance(correction, Split):
            book.split(correction)
        elif isinstance(correction, Confirm):
            book.confirm(correction)
        else:
            book.name(correction)
    return book.content()


class _Book:
    """The people of a file while corrections are made."""

    def __init__(self, content: Content) -> None:
        self._before = content
        self._people = people_of(content)
        self._names = {p["global_id"]: p["name"] for p in content["identities"] if p.get("name")}
        self._links: list[dict[str, Any]] = list(content["links"])
        self._made = from_records(content.get(RECORDS, []), "this tracks.json")
        self._used = {*self._people, *chain.from_iterable(map(ids_in, self._made))}

    def merge(self, correction: Merge) -> None:
        """Give the visits of several people to the one with the smallest id."""
        ids = tuple(dict.fromkeys(correction.ids))
        what = f"merge {','.join(map(str, correction.ids))}"
        if len(ids) < _FEWEST:
            raise ConfigError(f"{what}: names one person; give two or more, such as 3,7")
        for one in ids:
            self._require_person(one, what)
        for one, other in combinations(ids, 2):
            for a, b in _at_once(self._people[one], self._people[other]):
                raise ConfigError(
                    f"{what}: {a} of person {one} ({a.enter_s:g}-{a.leave_s:g} s) and {b} of "
                    f"person {other} ({b.enter_s:g}-{b.leave_s:g} s) share an instant; nobody is "
                    "in one camera twice at once"
                )
        together = list(chain.from_iterable(self._people.pop(i) for i in ids))
        names = [self._names.pop(i) for i in sorted(ids) if i in self._names]
        if names:
            self._names[min(ids)] = names[0]
        self._settle(min(ids), together)
        self._made.append(replace(correction, ids=ids))

    def split(self, correction: Split) -> None:
        """Take visits out of a person and make them a new one."""
        visits = tuple(dict.fromkeys(correction.visits))
        old = correction.global_id
        what = f"split {old}:{','.join(map(name_of, correction.visits))}"
        self._require_person(old, what)
        self._require_visits(old, visits, what)
        new = correction.new_global_id
        if new is None:
            new = max(self._used) + 1
        elif new in self._used:
            raise ConfigError(f"{what}: the new id {new} is or was somebody else's")
        taken = [v for v in self._people[old] if v.key in visits]
        self._people[old] = [v for v in self._people[old] if v.key not in visits]
        self._used.add(new)
        self._settle(new, taken)
        self._made.append(replace(correction, visits=visits, new_global_id=new))

    def confirm(self, correction: Confirm) -> None:
        """Mark a link as right."""
        ends = {correction.first, correction.second}
        for place, link in enumerate(self._links):
            if {link_end(link, "first"), link_end(link, "second")} == ends:
                self._links[place] = link | {"confirmed": True}
                self._made.append(correction)
                return
        between = " and ".join(map(name_of, (correction.first, correction.second)))
        raise ConfigError(f"confirm: there is no link between {between}")

    def name(self, correction: Name) -> None:
        """Give a person a name, or take it away."""
        self._require_person(correction.global_id, f"name '{correction.name}'")
        name = " ".join(correction.name.split())
        if len(name) > LONGEST_NAME:
            raise ConfigError(f"a name may have {LONGEST_NAME} letters, but this has {len(name)}")
        self._names.pop(correction.global_id, None)
        if name:
            self._names[correction.global_id] = name
        self._made.append(replace(correction, name=name))

    def content(self) -> Content:
        """Return the file's content as it is now."""
        person_of = self._person_of()
        before = {person["global_id"]: person for person in self._before["identities"]}
        people = [
            _identity(i, v, self._names.get(i), before.get(i))
            for i, v in sorted(self._people.items())
        ]
        tracks = [
            t | {"global_id": person_of[t["camera"], t["track_id"]]} for t in self._before["tracks"]
        ]
        changed = {"identities": people, "links": self._links, "tracks": tracks}
        records = {RECORDS: [c.record() for c in self._made]} if self._made else {}
        return self._before | changed | records

    def _settle(self, number: int, visits: list[SavedVisit]) -> None:
        """Make these visits one person, and give each but the first a reason if it has none."""
        visits = self._people[number] = sorted(visits, key=by_time)
        own = {visit.key for visit in visits}
        person_of = self._person_of()
        links = [
            _owned(link, person_of) if own & _named_in(link) else link
            for link in self._links
            if not own & _named_in(link) or _within(link, person_of)
        ]
        explained = {link_end(link, "second") for link in links}
        links += [_said(number, a, b) for a, b in pairwise(visits) if b.key not in explained]
        enter_s = {v.key: v.enter_s for v in chain.from_iterable(self._people.values())}
        seconds = [link_end(link, "second") for link in links]
        order = sorted(
            range(len(links)), key=lambda place: (enter_s[seconds[place]], seconds[place])
        )
        self._links = [links[place] for place in order]

    def _person_of(self) -> dict[VisitKey, int]:
        return {v.key: number for number, visits in self._people.items() for v in visits}

    def _require_person(self, number: int, what: str) -> None:
        if number not in self._people:
            known = sorted(self._people)
            raise ConfigError(f"{what}: there is no person {number}; there are {_listed(known)}")

    def _require_visits(self, number: int, visits: Sequence[VisitKey], what: str) -> None:
        person_of = self._person_of()
        own = [v.key for v in self._people[number]]
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


def _at_once(
    one: Sequence[SavedVisit], other: Sequence[SavedVisit]
) -> Iterator[tuple[SavedVisit, SavedVisit]]:
    """Yield the visits to one camera that share an instant."""
    for a in one:
        for b in other:
            if a.camera == b.camera and a.enter_s <= b.leave_s and b.enter_s <= a.leave_s:
                yield a, b


def _named_in(link: dict[str, Any]) -> set[VisitKey]:
    ends = ("first", "second") if link["runner_up"] is None else ("first", "second", "runner_up")
    return {link_end(link, end) for end in ends}


def _within(link: dict[str, Any], person_of: dict[VisitKey, int]) -> bool:
    return person_of[link_end(link, "first")] == person_of[link_end(link, "second")]


def _owned(link: dict[str, Any], person_of: dict[VisitKey, int]) -> dict[str, Any]:
    """Return a link with its person; a runner-up who is that person is none any more."""
    person = person_of[link_end(link, "second")]
    rival = link["runner_up"]
    if rival is not None and person_of[link_end(link, "runner_up")] == person:
        rival = None
    return link | {"global_id": person, "runner_up": rival}


def _said(number: int, first: SavedVisit, second: SavedVisit) -> dict[str, Any]:
    """Return a link that a person made."""
    return {
        "global_id": number,
        "first": visit_entry(first.key),
        "second": visit_entry(second.key),
        "probability": 1.0,
        "similarity": None,
        "gap_s": round(second.enter_s - first.leave_s, 6),
        "distance_m": None,
        "runner_up": None,
        "by": BY_PERSON,
    }


def _identity(
    number: int, visits: list[SavedVisit], name: str | None, before: dict[str, Any] | None
) -> dict[str, Any]:
    """Describe a person; one who did not change stays word for word."""
    entries = [visit_entry(v.key) | {"enter_s": v.enter_s, "leave_s": v.leave_s} for v in visits]
    if before is not None and before["tracks"] == entries and before.get("name") == name:
        return before
    return {
        "global_id": number,
        **({"name": name} if name else {}),
        "first_time_s": min(v.enter_s for v in visits),
        "last_time_s": max(v.leave_s for v in visits),
        "tracks": entries,
        "transitions": [
            {"from": a.camera, "to": b.camera, "leave_s": a.leave_s, "enter_s": b.enter_s}
            for a, b in pairwise(visits)
            if a.camera != b.camera
        ],
    }


def _listed(items: Iterable[object]) -> str:
    """Name the first dozen."""
    words = [str(item) for item in items]
    return ", ".join(words[:12]) + (f" and {len(words) - 12} more" if len(words) > 12 else "")  # noqa: PLR2004
