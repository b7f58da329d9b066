"""A row per box, written and read: JSON Lines and CSV; supervision's CSV and JSON, written."""

import csv
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from tracker.core.atomic import replacing
from tracker.core.errors import SourceError
from tracker.core.foreign import read_text, understanding
from tracker.formats.parsed import FoundBox, FoundCamera, ParsedImport, named_cameras
from tracker.formats.people import write_table
from tracker.formats.rounding import corners_of
from tracker.results.record import Corners, parse_record, to_json
from tracker.results.result import PersonBox, Result
from tracker.results.tracks_file import TRACKS, Camera, Models
from tracker.results.tracks_json import (
    SCORE_DIGITS,
    TIME_DIGITS,
    camera_record,
    model_of,
    models_record,
    place_record,
)

SIDES = ("x_min", "y_min", "x_max", "y_max")
CSV_COLUMNS = (
    "camera", "frame", "time_s", *SIDES, "class_id", "confidence", "tracker_id", "global_id",
    "observed",
)  # fmt: skip
CSV_NEEDS = ("camera", "frame", *SIDES, "tracker_id")
# supervision's sinks put their own seven first and all others after them by name.
SUPERVISION_COLUMNS = (
    *SIDES, "class_id", "confidence", "tracker_id", "camera", "frame", "global_id", "observed",
    "time_s",
)  # fmt: skip
PERSON_CLASS = 0


class TableHead(Struct, omit_defaults=True):
    """What a table of boxes says of itself: models and cameras as in tracks.json."""

    schema: Literal["reid-track/1"]
    rows: Literal["boxes"] | None = None
    frame_base: int | None = None
    models: Models | None = None
    cameras: list[Camera] = []


class BoxRow(Struct, omit_defaults=True, kw_only=True):
    """A box, rounded as every table has it; a line of JSON Lines."""

    camera: str
    frame: int
    time_s: float
    track_id: int
    global_id: int
    xyxy: Corners
    score: float
    observed: bool
    place_m: tuple[float, float] | UnsetType | None = UNSET


def box_rows(result: Result, camera: str) -> Iterator[BoxRow]:
    """Yield the boxes of one camera."""
    for row in result.rows(camera):
        yield BoxRow(
            camera=camera, frame=row.frame, time_s=round(row.time_s, TIME_DIGITS),
            track_id=row.track_id, global_id=row.global_id, xyxy=corners_of(row),
            score=round(row.score, SCORE_DIGITS), observed=row.observed,
            place_m=UNSET if row.place_m is None else place_record(row.place_m),
        )  # fmt: skip


def write_jsonl(result: Result, path: Path) -> None:
    """Write one JSON object per box, after a first line that says what the file is."""
    with replacing(path) as temporary, temporary.open("wb") as out:
        out.write(to_json(table_head(result, rows="boxes", frame_base=0)) + b"\n")
        for camera in result.cameras:
            out.writelines(to_json(row) + b"\n" for row in box_rows(result, camera.name))


def table_head(result: Result, **rows: Any) -> TableHead:
    """Return what a table of a result says first, beside what is said of its rows."""
    cameras = [camera_record(result, camera) for camera in result.cameras]
    return TableHead(TRACKS, models=models_record(result), cameras=cameras, **rows)


def write_csv(result: Result, path: Path) -> None:
    """Write one row per box, with the column names that supervision's CSV files have."""
    write_table(path, CSV_COLUMNS, (cells.values() for cells in _cells(result, CSV_COLUMNS)))


def write_supervision(result: Result, path: Path) -> None:
    """Write what supervision's CSVSink would; its JSONSink where the name ends in ``.json``."""
    rows = _cells(result, SUPERVISION_COLUMNS)
    if path.suffix.lower() != ".json":
        write_table(path, SUPERVISION_COLUMNS, (cells.values() for cells in rows))
        return
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        out.write("[")
        for number, cells in enumerate(rows):
            text = json.dumps(cells | {"observed": bool(cells["observed"])}, ensure_ascii=False)
            out.write((",\n" if number else "\n") + text)
        out.write("\n]\n")


def all_rows(result: Result) -> Iterator[tuple[str, PersonBox]]:
    """Yield the boxes of all cameras, each with its camera's name."""
    for camera in result.cameras:
        for row in result.rows(camera.name):
            yield camera.name, row


def _cells(result: Result, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for camera in result.cameras:
        for row in box_rows(result, camera.name):
            cells = {
                **dict(zip(SIDES, row.xyxy, strict=True)), "camera": row.camera,
                "frame": row.frame, "time_s": row.time_s, "class_id": PERSON_CLASS,
                "confidence": row.score, "tracker_id": row.track_id, "global_id": row.global_id,
                "observed": int(row.observed),
            }  # fmt: skip
            yield {name: cells[name] for name in columns}


def read_jsonl(path: Path) -> ParsedImport:
    """Read JSON Lines as ``--format jsonl`` writes them.

    Raises:
        SourceError: Missing, or not in that format; the message names the line.
    """
    with understanding(path, "reid-track jsonl"):
        first, *lines = read_text(path, "reid-track jsonl").encode().splitlines() or [b""]
        head = parse_record(first, TableHead, f"{path}, first line", "reid-track jsonl")
        boxes = [
            found_box(parse_record(line, BoxRow, f"{path}, line {number}", "box"))
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


def found_box(row: BoxRow) -> FoundBox:
    """Return what a row says."""
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
