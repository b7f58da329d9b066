"""What a person said of a result: corrections, and corrections.json that keeps them.

corrections.json has the schema ``reid-track-corrections/1``.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from tracker.core.atomic import replacing
from tracker.core.errors import SourceError
from tracker.core.names import PRINTABLE
from tracker.results.record import (
    Corners,
    Count,
    Id,
    Name,
    Record,
    Sha256,
    VisitRef,
    about,
    read_record,
    to_json,
)

FILE_NAME = "corrections.json"
CORRECTIONS: Literal["reid-track-corrections/1"] = "reid-track-corrections/1"


class Split(Record):
    """These visits of a person are somebody else's: of the new id, else of the next free one."""

    global_id: Id
    visits: Annotated[tuple[VisitRef, ...], Meta(min_length=1)]
    new_global_id: Id | None = None


class Cut(Record):
    """From this frame on a visit is another visit, of another person: this one, else a new one."""

    visit: VisitRef
    frame: Count
    global_id: Id | None = None
    new_track_id: Id | None = None


class Swap(Record):
    """From this frame on each of two visits to a camera has the boxes of the other."""

    first: VisitRef
    second: VisitRef
    frame: Count


class Apart(Record):
    """These two visits, of two people, are surely not one person's."""

    first: VisitRef
    second: VisitRef


class Confirm(Record):
    """The link between these two visits is right."""

    first: VisitRef
    second: VisitRef


class Naming(Record):
    """What a person is called; empty where the name was taken away."""

    global_id: Id
    name: Annotated[str, Meta(pattern=PRINTABLE, max_length=200)]


class Correction(Record):
    """One thing that a person said: exactly one of the first nine; who and when go together."""

    merge: Annotated[
        Annotated[tuple[Id, ...], Meta(min_length=2)] | UnsetType,
        about("Global ids of one person, who keeps the smallest."),
    ] = UNSET
    split: Split | UnsetType = UNSET
    confirm: Confirm | UnsetType = UNSET
    name: Naming | UnsetType = UNSET
    cut: Cut | UnsetType = UNSET
    swap: Swap | UnsetType = UNSET
    apart: Apart | UnsetType = UNSET
    nobody: Annotated[
        Annotated[tuple[VisitRef, ...], Meta(min_length=1)] | UnsetType,
        about("Visits that are no person's: a coat, a picture, a lamp."),
    ] = UNSET
    restore: Annotated[
        Annotated[tuple[VisitRef, ...], Meta(min_length=1)] | UnsetType,
        about("Visits that were said to be nobody's, and are somebody's after all."),
    ] = UNSET
    who: str | UnsetType = UNSET
    when: Annotated[str | UnsetType, about("ISO 8601, with its zone.")] = UNSET

    def __post_init__(self) -> None:
        """Refuse what says nothing, or several things."""
        said = [name for name in self.__struct_fields__ if name not in ("who", "when")]
        if sum(bool(getattr(self, name)) for name in said) != 1:
            raise ValueError(f"Expected one of {', '.join(said)}")
        if (self.who is UNSET) != (self.when is UNSET):
            raise ValueError("Expected `who` and `when` together")

    @property
    def signed(self) -> tuple[str, str] | None:
        """Who said it and when; None where nobody signed, so that nothing belongs together."""
        return (self.who, self.when) if self.who and self.when else None

    @property
    def ids(self) -> set[int]:
        """The people that it speaks of."""
        found = set(self.merge or ())
        if self.split:
            found |= {self.split.global_id, self.split.new_global_id or self.split.global_id}
        if self.cut and self.cut.global_id:
            found.add(self.cut.global_id)
        return found | ({self.name.global_id} if self.name else set())


class KnownVisit(VisitRef):
    """A visit of the run that was corrected, and where it was, so that another run finds it."""

    frames: Annotated[tuple[Count, ...], Meta(min_length=1, description="Numbers in the source.")]
    xyxy: Annotated[tuple[Corners, ...], about("A box for each frame.")]

    def __post_init__(self) -> None:
        """Refuse frames without a box."""
        if len(self.frames) != len(self.xyxy):
            raise ValueError(f"Expected {len(self.frames)} boxes, got {len(self.xyxy)}")


class NamedVisit(Record):
    """A visit of somebody who has a name."""

    visit: Count
    name: Name


class KnownPlaces(Record):
    """What is sure, for other runs over the same videos; numbers are places in visits."""

    visits: tuple[KnownVisit, ...]
    same: Annotated[
        tuple[Annotated[tuple[Count, ...], Meta(min_length=2)], ...],
        about("Visits of one person each."),
    ]
    different: Annotated[tuple[tuple[Count, Count], ...], about("Pairs of visits of two people.")]
    names: tuple[NamedVisit, ...]
    nobody: Annotated[tuple[Count, ...], about("Visits that are no person's.")] = ()

    def __post_init__(self) -> None:
        """Refuse numbers of visits that are not there."""
        numbers = {n for group in (*self.same, *self.different, self.nobody) for n in group}
        if max(numbers | {n.visit for n in self.names}, default=-1) >= len(self.visits):
            raise ValueError(f"Expected numbers of {len(self.visits)} visits")


NOTHING_KNOWN = KnownPlaces((), (), (), ())


class CorrectionsFile(Record):
    """What a person said of a result.

    Corrections in order, to be repeated on the same result; and what they make sure, by places, for
    other runs over the same videos.
    """

    schema: Literal["reid-track-corrections/1"]
    tracks_sha256: Annotated[Sha256, about("Of the tracks.json that was corrected.")]
    corrections: tuple[Correction, ...]
    carried: Annotated[
        KnownPlaces, about("What was sure before, by corrections of an earlier run.")
    ]
    sure: Annotated[KnownPlaces, about("What is sure after all of it.")]
    undone: Annotated[
        tuple[Correction, ...], about("What was taken back, the next to be made again last.")
    ] = ()


def read_corrections_file(path: Path) -> CorrectionsFile:
    """Read a corrections.json.

    Raises:
        SourceError: Missing, of another version, or not whole; see `read_record`.
    """
    return read_record(path, CorrectionsFile, FILE_NAME)


def write_corrections_file(content: CorrectionsFile, path: Path) -> None:
    """Write a corrections.json, one correction a line.

    Raises:
        OutputError: It cannot be written.
    """
    values = {name: to_json(getattr(content, name)) for name in content.__struct_fields__}
    for name in ("corrections", "undone"):
        said = b",\n".join(map(to_json, getattr(content, name)))
        values[name] = b"[\n" + said + b"\n]" if said else b"[]"
    lines = (f'"{name}": '.encode() + value for name, value in values.items())
    with replacing(path) as temporary:
        temporary.write_bytes(b"{" + b",\n".join(lines) + b"}\n")


class _Corrected(Struct):
    """Any file that may have corrections."""

    corrections: tuple[Correction, ...] | UnsetType = UNSET


def read_corrections(path: Path) -> tuple[Correction, ...]:
    """Read a list of corrections, or those that a tracks.json or corrections.json has on record.

    Raises:
        SourceError: Missing, or no such list; see `read_record`.
    """
    kind: Any = tuple[Correction, ...] | _Corrected
    found = read_record(path, kind, "corrections")
    said = found.corrections if isinstance(found, _Corrected) else found
    if said is UNSET:
        raise SourceError(f'{path} has no list of corrections, such as [{{"merge": [3, 7]}}]')
    return tuple(said)
