"""tracks.json, schema ``reid-track/1``: all that it says, and reading it."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from tracker.core.errors import SourceError
from tracker.results.corrections_file import Correction
from tracker.results.record import (
    CameraName,
    Corners,
    Count,
    Generator,
    Id,
    Length,
    Model,
    Name,
    Probability,
    Record,
    Text,
    VisitRef,
    about,
    name_of,
    read_record,
    write_in_lines,
)

TRACKS: Literal["reid-track/1"] = "reid-track/1"
BY_PERSON: Literal["person"] = "person"  # who made a link, where it was not the program


class Models(Record):
    """The models of the run; without ReID there is none."""

    detector: Model
    reid: Model | None


class Camera(Record):
    """A camera as it was read."""

    name: CameraName
    source: Text
    width: Annotated[int, Meta(ge=1)]
    height: Annotated[int, Meta(ge=1)]
    fps: Annotated[float, Meta(gt=0)]
    frames: Annotated[Count, about("Frames of the source that were read.")]
    offset_s: Annotated[
        float, about("When its first frame was taken, on the run's clock; may be negative.")
    ]
    calibrated: Annotated[bool, about("Whether its boxes have places on the ground.")]
    dropped: Annotated[
        Count | UnsetType, about("Of a live source: frames that came too fast to be processed.")
    ] = UNSET
    outages: Annotated[
        Count | UnsetType, about("Of a live source: how often it was lost and tried again.")
    ] = UNSET


class PersonVisit(VisitRef):
    """One visit of a person to one camera, in seconds."""

    enter_s: float
    leave_s: float


class Transition(Record):
    """From one camera to another; in overlapping views one may enter before leaving."""

    left: str = field(name="from")
    entered: str = field(name="to")
    leave_s: float
    enter_s: float


class Person(Record, kw_only=True):
    """A person with all visits and changes of camera in order of time."""

    global_id: Id
    name: Annotated[Name | UnsetType, about("There where a person gave one.")] = UNSET
    first_time_s: float
    last_time_s: float
    tracks: Annotated[list[PersonVisit], Meta(min_length=1)]
    transitions: list[Transition]


class MergedId(Record):
    """An id that was given up while the recording went on: at that time it became `into`."""

    time_s: float
    global_id: Id
    into: Id


class RunnerUp(VisitRef):
    """The visit of somebody else that fitted best."""

    probability: Probability | UnsetType = UNSET


class Link(Record):
    """Why a visit was given to the person of an earlier one."""

    global_id: Id
    first: Annotated[VisitRef, about("The earlier visit that the later one is most like.")]
    second: VisitRef
    probability: Annotated[Probability, about("Of the two being one person.")]
    similarity: Annotated[
        float | None, about("Cosine of the mean looks; null where a person made the link.")
    ]
    gap_s: Annotated[float, about("From leaving to entering; negative where both were in view.")]
    distance_m: Annotated[Length | None, about("On the ground, where both cameras are calibrated.")]
    runner_up: RunnerUp | None
    by: Annotated[Literal["person"] | UnsetType, about("There where a person made the link.")] = (
        UNSET
    )
    confirmed: Annotated[bool, about("True where a person said that it is right.")] = False

    @property
    def vouched(self) -> bool:
        """Whether a person made it or said that it is right."""
        return self.by == BY_PERSON or self.confirmed

    def named(self) -> Iterator[VisitRef]:
        """Yield the visits that it names."""
        yield self.first
        yield self.second
        if self.runner_up is not None:
            yield self.runner_up


class Suggestion(Record):
    """Two visits that may be one person's, but rather are not, so that no link was made."""

    first: VisitRef
    second: VisitRef
    probability: Probability
    similarity: Annotated[float, about("Cosine of the mean looks.")]


class Box(Record):
    """One box of a track."""

    frame: Count
    time_s: float
    xyxy: Corners
    score: Annotated[
        Length, about("The detector's; of an unobserved box, that of the last detection before it.")
    ]
    observed: Annotated[bool, about("False for an interpolated box.")]
    place_m: Annotated[
        tuple[float, float] | UnsetType | None,
        about("Of the feet, in metres, where calibrated; null beyond the horizon or if hidden."),
    ] = UNSET


class Track(VisitRef):
    """One visit of a person to one camera's view, box by box."""

    global_id: Id
    first_frame: Count
    last_frame: Count
    boxes: Annotated[list[Box], Meta(min_length=1)]


class TracksHead(Record):
    """All of a tracks.json that is short."""

    schema: Literal["reid-track/1"]
    generator: Generator
    models: Models
    cameras: Annotated[list[Camera], Meta(min_length=1)]
    identities: list[Person]
    merges: Annotated[
        list[MergedId],
        about("Ids given up while the recording went on; all ids in this file are the later ones."),
    ]
    start: Annotated[
        str | UnsetType, about("The wall clock at the run's zero, ISO 8601; if it is known.")
    ] = UNSET
    corrections: Annotated[
        tuple[Correction, ...], about("What a person corrected, in order; already applied.")
    ] = ()
    suggestions: Annotated[
        tuple[Suggestion, ...],
        about("Links that were less likely right than wrong, so that they were not made."),
    ] = ()


class TracksFile(TracksHead, kw_only=True):
    """People in the videos of one or several cameras.

    Frames count from 0 in the source, times are seconds on the run's common clock, boxes are pixels
    of the pictures as they are shown: upright, with square pixels. A track is one visit of a
    person to one camera's view; an identity is the person.
    """

    links: Annotated[
        list[Link], about("One for every visit of a person but the first, or fewer after a split.")
    ]
    tracks: list[Track]

    def visits(self) -> dict[int, list[PersonVisit]]:
        """Return the visits of each person in order of time."""
        return {p.global_id: sorted(p.tracks, key=by_time) for p in self.identities}


def by_time(visit: PersonVisit) -> tuple[float, str, int]:
    """Sort visits by the time at which they begin."""
    return visit.enter_s, visit.camera, visit.track_id


def person_with(visits: list[PersonVisit], global_id: int, name: str | UnsetType = UNSET) -> Person:
    """Describe the person of these visits, which are in order of time."""
    changes = ((a, b) for a, b in pairwise(visits) if a.camera != b.camera)
    return Person(
        global_id=global_id, name=name, first_time_s=min(v.enter_s for v in visits),
        last_time_s=max(v.leave_s for v in visits), tracks=visits,
        transitions=[Transition(a.camera, b.camera, a.leave_s, b.enter_s) for a, b in changes],
    )  # fmt: skip


def read_tracks(path: Path) -> TracksFile:
    """Read a tracks.json; a file of 200 MB is read in seconds and takes 0.9 GB of memory.

    Raises:
        SourceError: Missing, of another version, or not whole; see `read_record`.
    """
    content = read_record(path, TracksFile, "tracks.json")
    problem = next(_contradictions(content), None)
    if problem:
        raise SourceError(f"{path} is no whole tracks.json: {problem}")
    return content


def _contradictions(content: TracksFile) -> Iterator[str]:
    """Yield what cannot be, though each part of the file is as it should be."""
    person_of = {t.key: t.global_id for t in content.tracks}
    visits = [(v.key, p.global_id) for p in content.identities for v in p.tracks]
    if len(person_of) < len(content.tracks) or sorted(visits) != sorted(person_of.items()):
        yield "its identities do not have all tracks once"
    for link in content.links:
        for visit in link.named():
            if visit.key not in person_of:
                yield f"a link names {name_of(visit.key)}, which it lacks"
    for camera in {t.camera for t in content.tracks} - {c.name for c in content.cameras}:
        yield f"a track is in camera '{camera}', which it lacks"


def write_tracks(content: TracksFile, path: Path) -> None:
    """Write a tracks.json, one link and one track a line.

    Raises:
        OutputError: The file cannot be written.
    """
    head = TracksHead(*(getattr(content, name) for name in TracksHead.__struct_fields__))
    write_in_lines(path, head, links=content.links, tracks=content.tracks)
