"""A row per box, read: JSON Lines and CSV."""

import csv
import math
from collections.abc import Mapping
from pathlib import Path

from msgspec import UNSET

from tracker.core.errors import SourceError
from tracker.core.foreign import read_text, understanding
from tracker.formats.lines import BoxRow, TableHead
from tracker.formats.parsed import FoundBox, FoundCamera, ParsedImport, named_cameras
from tracker.results.record import parse_record
from tracker.results.tracks_json import model_of

CSV_NEEDS = ("camera", "frame", "x_min", "y_min", "x_max", "y_max", "tracker_id")


def read_jsonl(path: Path) -> ParsedImport:
    """Read JSON Lines as ``--format jsonl`` writes them.

    Raises:
        SourceError: Missing, or not in that format; the message names the line.
    """
    with understanding(path, "reid-track jsonl"):
        first, *lines = read_text(path, "reid-track jsonl").encode().splitlines() or [b""]
        head = parse_record(first, TableHead, f"{path}, first line", "reid-track jsonl")
        boxes = [
            _box(parse_record(line, BoxRow, f"{path}, line {number}", "box"))
            for number, line in enumerate(lines, start=2)
            if line.strip()
        ]
        return found(head, boxes)


def found(head: TableHead, boxes: list[FoundBox]) -> ParsedImport:
    """Return what a table of boxes says; where it names no cameras the boxes do."""
    cameras = [
        FoundCamera(c.name, c.source, c.width, c.height, c.fps, c.frames, c.offset_s)
        for c in head.cameras
    ] or named_cameras(box.camera for box in boxes)
    models = head.models
    if models is None:
        return ParsedImport(cameras, boxes)
    return ParsedImport(cameras, boxes, model_of(models.detector), model_of(models.reid))


def read_csv(path: Path) -> ParsedImport:
    """Read a table with the columns of ``--format csv`` or of supervision's files.

    Raises:
        SourceError: Missing, without the columns needed, or a cell is wrong.
    """
    with understanding(path, "CSV"):
        table = csv.DictReader(read_text(path, "CSV").splitlines())
        missing = [name for name in CSV_NEEDS if name not in (table.fieldnames or [])]
        if missing:
            raise SourceError(f"{path} has no column {', '.join(missing)}")
        boxes = []
        for number, row in enumerate(table, start=2):
            with understanding(f"{path}, line {number}", "box"):
                boxes.append(_box_of_cells(row))
        return ParsedImport(named_cameras(box.camera for box in boxes), boxes)


def _box(row: BoxRow) -> FoundBox:
    place = row.place_m or (math.nan, math.nan)
    return FoundBox(
        row.camera, row.track_id, row.global_id, row.frame, row.xyxy, row.time_s,
        row.score, row.observed, None if row.place_m is UNSET else place,
    )  # fmt: skip


def _box_of_cells(row: Mapping[str, str]) -> FoundBox:
    person, time_s = row.get("global_id"), row.get("time_s")
    return FoundBox(
        row["camera"], int(row["tracker_id"]), int(person) if person else None, int(row["frame"]),
        (float(row["x_min"]), float(row["y_min"]), float(row["x_max"]), float(row["y_max"])),
        float(time_s) if time_s else None, float(row.get("confidence") or 1.0),
        (row.get("observed") or "1").lower() in {"1", "true"},
    )  # fmt: skip
