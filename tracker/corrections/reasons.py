"""The links of a result whose people a person has changed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from tracker.core.types import VisitKey
from tracker.results.record import VisitRef
from tracker.results.tracks_file import BY_PERSON, Link, PersonVisit
from tracker.results.tracks_json import TIME_DIGITS


def settled_links(
    links: Iterable[Link], number: int, visits: Sequence[PersonVisit],
    person_of: Mapping[VisitKey, int],
) -> list[Link]:  # fmt: skip
    """Return the links after these visits, in order of time, have become one person.

    Those with others are gone; each visit but the first has a reason, if none of the program's
    then that a person said so.
    """
    own = {visit.key for visit in visits}
    left = []
    for link in links:
        touched = any(visit.key in own for visit in link.named())
        if not touched:
            left.append(link)
        elif person_of[link.first.key] == person_of[link.second.key]:
            left.append(_owned(link, person_of))
    explained = {link.second.key for link in left}
    return left + [_said(number, a, b) for a, b in pairwise(visits) if b.key not in explained]


def links_without(links: Iterable[Link], gone: Collection[VisitKey]) -> list[Link]:
    """Return the links without those of visits that are gone, nor these as runners-up."""
    return [
        replace(x, runner_up=None) if x.runner_up and x.runner_up.key in gone else x
        for x in links
        if x.first.key not in gone and x.second.key not in gone
    ]


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
