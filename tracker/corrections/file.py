"""corrections.json, schema ``reid-track-corrections/1``: what was said of one result, on record."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.core.atomic import replacing
from tracker.core.errors import SourceError
from tracker.corrections.constraints import KnownPlaces, known_places_from_record
from tracker.corrections.records import RECORDS, Correction, from_records
from tracker.results.saved_tracks import read_json

SCHEMA = "reid-track-corrections/1"
FILE_NAME = "corrections.json"


@dataclass(frozen=True, slots=True)
class CorrectionsFile:
    """The content of a corrections.json.

    Attributes:
        tracks_sha256: Of the tracks.json that was corrected.
        corrections: In order.
        carried: What was sure before, from the corrections of an earlier run.
        sure: What is sure after all of it.
    """

    tracks_sha256: str
    corrections: Sequence[Correction]
    carried: KnownPlaces
    sure: KnownPlaces


def read_corrections_file(path: Path) -> CorrectionsFile:
    """Read a corrections.json.

    Raises:
        SourceError: Missing, or not such a file.
    """
    found = read_json(path, FILE_NAME)
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise SourceError(
            f"{path} is no {FILE_NAME} of 'reid-track review': its schema is not '{SCHEMA}'"
        )
    try:
        return CorrectionsFile(
            str(found["tracks_sha256"]),
            from_records(found[RECORDS], str(path)),
            known_places_from_record(found["carried"]),
            known_places_from_record(found["sure"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(f"{path} is not whole: {type(error).__name__} {error}") from error


def write_corrections_file(content: CorrectionsFile, path: Path) -> None:
    """Write a corrections.json, one correction and one visit a line.

    Raises:
        OutputError: It cannot be written.
    """
    head = {"schema": SCHEMA, "tracks_sha256": content.tracks_sha256}
    lists = {RECORDS: [c.record() for c in content.corrections]}
    tail = {"carried": content.carried.record(), "sure": content.sure.record()}
    with replacing(path) as temporary:
        temporary.write_text(_text(head | lists | tail), encoding="utf-8")


def _text(content: dict[str, Any]) -> str:
    lines = []
    for name, value in content.items():
        if isinstance(value, list) and value:
            rows = ",\n".join(json.dumps(item, ensure_ascii=False) for item in value)
            lines.append(f"{json.dumps(name)}: [\n{rows}\n]")
        else:
            lines.append(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    return "{" + ",\n".join(lines) + "}\n"
