"""What all files share: typed records, how they are read and written, and what many of them say.

What a file may say stands once, in msgspec structs: readers and writers use them, and the JSON
Schemas in docs/schemas are made of them. Checking costs nothing beside parsing.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

from tracker import __version__
from tracker.core.atomic import replacing
from tracker.core.errors import SourceError
from tracker.core.foreign import read_bytes
from tracker.core.names import CAMERA_NAME, PRINTABLE
from tracker.core.types import VisitKey

T = TypeVar("T")

Text = Annotated[str, Meta(pattern=PRINTABLE)]  # without terminal codes
Name = Annotated[str, Meta(pattern=PRINTABLE, min_length=1, max_length=200)]
CameraName = Annotated[str, Meta(pattern=CAMERA_NAME)]
MOST = 2**53 - 1  # the largest whole number that all programs read from JSON (RFC 8259, section 6)
Id = Annotated[int, Meta(ge=1, le=MOST)]
Count = Annotated[int, Meta(ge=0, le=MOST)]
Length = Annotated[float, Meta(ge=0)]
Probability = Annotated[float, Meta(ge=0, le=1)]
Corners = tuple[float, float, float, float]  # left, top, right, bottom in pixels of the source
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


def about(text: str) -> Meta:
    """Describe a key of a record, for the JSON Schema."""
    return Meta(description=text)


class Record(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A JSON object with exactly these keys; a key that has a default is left out where it has it.

    Nobody changes a record: results share them. None holds what holds it, so Python need not search
    them for cycles.
    """


class Generator(Record):
    """The program that wrote the file."""

    name: Literal["reid-track"]
    version: str


GENERATOR = Generator("reid-track", __version__)


class Model(Record):
    """A model that took part."""

    name: Name
    sha256: Annotated[
        Sha256 | None, about("Of the file or of a folder's files; null where boxes were replayed.")
    ]


class VisitRef(Record):
    """Names a visit: the camera, and the track there."""

    camera: str
    track_id: Id

    @property
    def key(self) -> VisitKey:
        """Camera and track_id."""
        return self.camera, self.track_id

    def __str__(self) -> str:
        return name_of(self.key)


def rounded(xyxy: Iterable[float], digits: int) -> Corners:
    """Return a box (4,) as files have it."""
    left, top, right, bottom = (round(value, digits) for value in xyxy)
    return left, top, right, bottom


def name_of(key: VisitKey) -> str:
    """Name a visit as ``--split`` takes it: ``cam2/12``."""
    return f"{key[0]}/{key[1]}"


def read_record(path: Path, kind: type[T], what: str) -> T:
    """Read a JSON file.

    Args:
        path: The file.
        kind: What it must be.
        what: What users call that, for the message.

    Raises:
        SourceError: Missing, of another version, or it lacks or has what it should not; the
            message names the place, such as ``$.tracks[3].boxes[0]``.
    """
    return parse_record(read_bytes(path, what), kind, str(path), what)


def parse_record(data: bytes, kind: type[T], where: str, what: str) -> T:
    """Take a record from JSON; `where` it stands is for the message, see `read_record`."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        raise SourceError(_wording(kind, where, what, problem, place.strip("`") or "$")) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{where} cannot be read as {what}: {error}") from error


def _wording(kind: type[T], where: str, what: str, problem: str, place: str) -> str:
    if "matching regex" in problem:
        problem = "expected a text without control signs, and no name that leads out of its folder"
    schema = get_type_hints(kind).get("schema") if isinstance(kind, type) else None
    other = place == "$" and ("`schema`" in problem or "Expected `object`" in problem)
    if schema is not None and (other or place == "$.schema"):
        return f"{where} is no {what}: its schema is not '{get_args(schema)[0]}'"
    return f"{where} is no whole {what}: {problem[0].lower()}{problem[1:]}, at {place}"


def to_json(value: object) -> bytes:
    """Write records and plain data as one line of JSON, with blanks after commas and colons."""
    return msgspec.json.format(msgspec.json.encode(value), indent=0)


def write_in_lines(path: Path, head: object, **lists: Iterable[object]) -> None:
    """Write a JSON object in bounded memory: `head`, then the lists, a line for each item.

    Raises:
        OutputError: The file cannot be written.
    """
    with replacing(path) as temporary, temporary.open("wb") as out:
        out.write(to_json(head)[:-1])
        for name, items in lists.items():
            out.write(f',\n"{name}": ['.encode())
            separator = b"\n"
            for item in items:
                out.write(separator + to_json(item))
                separator = b",\n"
            out.write(b"\n]")
        out.write(b"}\n")


def schema_of(kind: Any, title: str) -> dict[str, Any]:
    """Return the JSON Schema of a record, or of a union of records."""
    schema = msgspec.json.schema(kind)
    for part in schema["$defs"].values():
        if "description" in part:  # a docstring
            part["description"] = " ".join(part["description"].split())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title} | schema
