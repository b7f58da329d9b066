"""identities.json, schema ``reid-track-identities/1``: people in tracks that others cut out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from tracker.core.types import Link, VisitKey, global_ids
from tracker.identity.offline import Linked
from tracker.results.record import (
    GENERATOR,
    Generator,
    Id,
    Length,
    Model,
    Probability,
    Record,
    about,
    write_in_lines,
)
from tracker.results.result import ModelUse
from tracker.results.tracks_json import model_record, reason

IDENTITIES: Literal["reid-track-identities/1"] = "reid-track-identities/1"


class ReidModel(Record):
    """The model that compared people."""

    reid: Model


class NamedTrack(Record):
    """A track, called as its folder: a number where that is one, without leading zeros."""

    camera: str
    track_id: int | str


class NamedRival(NamedTrack):
    """The track of somebody else that fitted best."""

    probability: Probability


class NamedLink(Record):
    """Why a track was given to the person of another one."""

    global_id: Id
    first: Annotated[NamedTrack, about("The earlier track that the later one is most like.")]
    second: NamedTrack
    probability: Annotated[Probability, about("Of the two being one person.")]
    similarity: Annotated[float, about("Cosine of the mean looks.")]
    gap_s: Annotated[
        float | None, about("From leaving to entering; null where no times were given.")
    ]
    distance_m: Length | None
    runner_up: NamedRival | None


class NamedSuggestion(Record):
    """Two tracks that may be one person's, but rather are not, so that no link was made."""

    first: NamedTrack
    second: NamedTrack
    probability: Probability
    similarity: Annotated[float, about("Cosine of the mean looks.")]


class GroupedTracks(Record):
    """A person and all tracks of that person."""

    global_id: Id
    tracks: Annotated[list[NamedTrack], Meta(min_length=1)]


class IdentitiesHead(Record):
    """All of an identities.json that is short."""

    schema: Literal["reid-track-identities/1"]
    generator: Generator
    models: ReidModel
    suggestions: Annotated[
        tuple[NamedSuggestion, ...],
        about("Links that were less likely right than wrong, so that they were not made."),
    ] = ()


class IdentitiesFile(IdentitiesHead, kw_only=True):
    """People in tracks that somebody else cut out."""

    identities: list[GroupedTracks]
    links: Annotated[
        list[NamedLink],
        about("Why tracks were given to people: one for every track of a person but the first."),
    ]


def write_identities_json(
    linked: Linked, reid: ModelUse, path: Path, *, names: Mapping[VisitKey, str], timed: bool
) -> None:
    """Write which tracks are one person, and why.

    Args:
        linked: People whose visits' ids are ours, and why.
        reid: The model that compared them.
        path: The file.
        names: How the user calls each visit's track.
        timed: Whether the tracks' times were known; without them there are no gaps.

    Raises:
        OutputError: The file cannot be written.
    """
    person_of = global_ids(linked.identities)
    suggestions = tuple(_suggestion(link, names) for link in linked.suggestions)
    head = IdentitiesHead(IDENTITIES, GENERATOR, ReidModel(model_record(reid)), suggestions)
    identities = (
        GroupedTracks(p.global_id, [_named(t.key, names) for t in p.visits])
        for p in linked.identities
    )
    explained = (_link(link, person_of[link.second], names, timed=timed) for link in linked.links)
    write_in_lines(path, head, identities=identities, links=explained)


def own_name(name: str) -> int | str:
    """Return a track's name as a number if it is one and reads the same.

    >>> own_name("12"), own_name("012"), own_name("a12")
    (12, '012', 'a12')
    """
    return int(name) if name.isdecimal() and str(int(name)) == name else name


def _link(link: Link, global_id: int, names: Mapping[VisitKey, str], *, timed: bool) -> NamedLink:
    why = reason(link)
    rival = why["runner_up"]
    ends = {"first": _named(link.first, names), "second": _named(link.second, names)}
    if rival:
        named = _named(rival.key, names)
        ends["runner_up"] = NamedRival(named.camera, named.track_id, rival.probability)
    return NamedLink(global_id, **why | ends | ({} if timed else {"gap_s": None}))


def _suggestion(link: Link, names: Mapping[VisitKey, str]) -> NamedSuggestion:
    why = reason(link)
    ends = _named(link.first, names), _named(link.second, names)
    return NamedSuggestion(*ends, why["probability"], why["similarity"])


def _named(key: VisitKey, names: Mapping[VisitKey, str]) -> NamedTrack:
    return NamedTrack(key[0], own_name(names[key]))
