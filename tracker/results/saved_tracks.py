"""A tracks.json as it lies in a file: read again, and written with changes."""

import json
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from tracker.core.atomic import replacing
from tracker.core.errors import SourceError
from tracker.core.types import VisitKey
from tracker.results.tracks_json import SCHEMA, in_lines

Content = dict[str, Any]  # as `json.loads` gives it


@dataclass(frozen=True, slots=True)
class SavedVisit:
    """One visit of a person to one camera, in seconds."""

    camera: str
    track_id: int
    enter_s: float
    leave_s: float

    @property
    def key(self) -> VisitKey:
        """Camera and track_id."""
        return self.camera, self.track_id

    def __str__(self) -> str:
        return name_of(self.key)


def name_of(key: VisitKey) -> str:
    """Name a visit as ``--split`` takes it: ``cam2/12``."""
    return f"{key[0]}/{key[1]}"


def read_saved(path: Path) -> Content:
    """Read a tracks.json.

    Raises:
        SourceError: Missing, or not a tracks.json.
    """
    content = read_json(path, "tracks.json")
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise SourceError(f"{path} is no tracks.json: its schema is not '{SCHEMA}'")
    return content


def read_json(path: Path, what: str) -> Any:
    """Read a JSON file; `what` it should be is for the message.

    Raises:
        SourceError: Missing, or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read as {what}: {_why(path, what, error)}") from error


def _why(path: Path, what: str, error: Exception) -> str:
    """Say what is wrong with a file, and what was perhaps meant."""
    if path.is_dir():
        return f"it is a folder; give {path / what}" if (path / what).exists() else "it is a folder"
    if isinstance(error, UnicodeDecodeError):
        return "it is no text"
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def write_saved(content: Content, path: Path) -> None:
    """Write a tracks.json, one link and one track a line, as the first run wrote it.

    Raises:
        OutputError: The file cannot be written.
    """
    head = {name: value for name, value in content.items() if name not in ("links", "tracks")}
    pieces = in_lines(head, links=content["links"], tracks=content["tracks"])
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        out.writelines(pieces)


def people_of(content: Content) -> dict[int, list[SavedVisit]]:
    """Return the visits of each person in order of time.

    Raises:
        SourceError: The content is no whole tracks.json.
    """
    try:
        people = {
            int(person["global_id"]): sorted(
                (
                    SavedVisit(
                        v["camera"], int(v["track_id"]), float(v["enter_s"]), float(v["leave_s"])
                    )
                    for v in person["tracks"]
                ),
                key=by_time,
            )
            for person in content["identities"]
        }
        tracks = sorted((t["camera"], int(t["track_id"])) for t in content["tracks"])
        linked = {key for link in content["links"] for key in _visits_in(link)}
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(
            f"this tracks.json is not whole: {type(error).__name__} {error}"
        ) from error
    if tracks != sorted(v.key for v in chain.from_iterable(people.values())):
        raise SourceError(
            "this tracks.json is not whole: its identities do not have all tracks once"
        )
    if not linked <= set(tracks):
        raise SourceError("this tracks.json is not whole: its links name tracks that it lacks")
    return people


def _visits_in(link: dict[str, Any]) -> list[VisitKey]:
    """Return the visits that a link names; fails where it lacks what a link has."""
    _ = link["global_id"], float(link["probability"])
    ends = ("first", "second") if link["runner_up"] is None else ("first", "second", "runner_up")
    return [link_end(link, end) for end in ends]


def link_end(link: dict[str, Any], end: str) -> VisitKey:
    """Return the visit at the ``first`` or ``second`` end of a link."""
    return link[end]["camera"], int(link[end]["track_id"])


def visit_entry(key: VisitKey) -> dict[str, Any]:
    """Return a visit as the file names it."""
    return {"camera": key[0], "track_id": key[1]}


def by_time(visit: SavedVisit) -> tuple[float, str, int]:
    """Sort visits by the time at which they begin."""
    return visit.enter_s, visit.camera, visit.track_id
