"""A row per box, read: JSON Lines and CSV."""

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracker.core.errors import SourceError
from tracker.formats.file_result import model_of
from tracker.formats.parsed import Found, FoundBox, FoundCamera, named_cameras
from tracker.results.tracks_json import SCHEMA

CSV_NEEDS = ("camera", "frame", "x_min", "y_min", "x_max", "y_max", "tracker_id")


def read_jsonl(path: Path) -> Found:
    """Read JSON Lines as ``--format jsonl`` writes them.

    Raises:
        SourceError: Missing, or not in that format; the message names the line.
    """
    lines = read_text(path).splitlines()
    head = _parse(path, 1, lines[0] if lines else "")
    if not isinstance(head, dict) or head.get("schema") != SCHEMA or head.get("rows") != "boxes":
        raise SourceError(f"{path} is no reid-track jsonl: its first line does not say '{SCHEMA}'")
    boxes = []
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            try:
                boxes.append(_box(_parse(path, number, line)))
            except (KeyError, TypeError, ValueError) as error:
                raise bad_line(path, number, error) from error
    models = head.get("models", {})
    cameras = [camera_from(entry) for entry in head.get("cameras", [])]
    return Found(
        cameras or named_cameras(box.camera for box in boxes), boxes,
        model_of(models.get("detector")), model_of(models.get("reid")),
    )  # fmt: skip


def read_csv(path: Path) -> Found:
    """Read a table with the columns of ``--format csv`` or of supervision's files.

    Raises:
        SourceError: Missing, without the columns needed, or a cell is wrong.
    """
    table = csv.DictReader(read_text(path).splitlines())
    missing = [name for name in CSV_NEEDS if name not in (table.fieldnames or [])]
    if missing:
        raise SourceError(f"{path} has no column {', '.join(missing)}")
    boxes = []
    try:
        for number, row in enumerate(table, start=2):
            try:
                boxes.append(_box_of_cells(row))
            except (TypeError, ValueError) as error:
                raise bad_line(path, number, error) from error
    except csv.Error as error:
        raise SourceError(f"{path} is no CSV file: {error}") from error
    return Found(named_cameras(box.camera for box in boxes), boxes)


def read_text(path: Path) -> str:
    """Read a text file.

    Raises:
        SourceError: It is missing or no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error


def bad_line(path: Path, number: int, error: Exception) -> SourceError:
    """Word what is wrong with a line."""
    return SourceError(f"{path}, line {number}: {type(error).__name__} {error}")


def camera_from(entry: Mapping[str, Any]) -> FoundCamera:
    """Return a camera that is described as in tracks.json."""
    return FoundCamera(
        str(entry["name"]), str(entry["source"]), int(entry["width"]), int(entry["height"]),
        float(entry["fps"]), int(entry["frames"]), float(entry["offset_s"]),
    )  # fmt: skip


def _parse(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise bad_line(path, number, error) from error


def _box(record: Mapping[str, Any]) -> FoundBox:
    x1, y1, x2, y2 = map(float, record["xyxy"])
    place = record.get("place_m", ()) or (math.nan, math.nan)
    return FoundBox(
        str(record["camera"]), int(record["track_id"]), int(record["global_id"]),
        int(record["frame"]), (x1, y1, x2, y2), float(record["time_s"]), float(record["score"]),
        bool(record["observed"]),
        (float(place[0]), float(place[1])) if "place_m" in record else None,
    )  # fmt: skip


def _box_of_cells(row: Mapping[str, str]) -> FoundBox:
    person, time_s = row.get("global_id"), row.get("time_s")
    return FoundBox(
        row["camera"], int(row["tracker_id"]), int(person) if person else None, int(row["frame"]),
        (float(row["x_min"]), float(row["y_min"]), float(row["x_max"]), float(row["y_max"])),
        float(time_s) if time_s else None, float(row.get("confidence") or 1.0),
        (row.get("observed") or "1").lower() in {"1", "true"},
    )  # fmt: skip
