"""A row per box, written: JSON Lines, CSV, and supervision's CSV and JSON."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from tracker.core.atomic import replacing
from tracker.formats.rounding import corners_of
from tracker.results.record import Corners, to_json
from tracker.results.result import PersonBox, Result
from tracker.results.tracks_file import TRACKS, Camera, Models
from tracker.results.tracks_json import (
    SCORE_DIGITS,
    TIME_DIGITS,
    camera_record,
    models_record,
    place_record,
)

CSV_COLUMNS = (
    "camera", "frame", "time_s", "x_min", "y_min", "x_max", "y_max", "class_id", "confidence",
    "tracker_id", "global_id", "observed",
)  # fmt: skip
# supervision's sinks put their own seven first and all others after them by name.
SUPERVISION_COLUMNS = (
    "x_min", "y_min", "x_max", "y_max", "class_id", "confidence", "tracker_id",
    "camera", "frame", "global_id", "observed", "time_s",
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
    """A line of JSON Lines."""

    camera: str
    frame: int
    time_s: float
    track_id: int
    global_id: int
    xyxy: Corners
    score: float
    observed: bool
    place_m: tuple[float, float] | UnsetType | None = UNSET


def write_jsonl(result: Result, path: Path) -> None:
    """Write one JSON object per box, after a first line that says what the file is."""
    with replacing(path) as temporary, temporary.open("wb") as out:
        out.write(to_json(table_head(result, rows="boxes", frame_base=0)) + b"\n")
        for camera, row in all_rows(result):
            out.write(to_json(_box_row(camera, row)) + b"\n")


def table_head(result: Result, **rows: Any) -> TableHead:
    """Return what a table of a result says first, beside what is said of its rows."""
    cameras = [camera_record(result, camera) for camera in result.cameras]
    return TableHead(TRACKS, models=models_record(result), cameras=cameras, **rows)


def write_csv(result: Result, path: Path) -> None:
    """Write one row per box, with the column names that supervision's CSV files have."""
    _write_table(result, path, CSV_COLUMNS)


def write_supervision(result: Result, path: Path) -> None:
    """Write what supervision's CSVSink would; its JSONSink where the name ends in ``.json``."""
    if path.suffix.lower() != ".json":
        _write_table(result, path, SUPERVISION_COLUMNS)
        return
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        out.write("[")
        for number, (camera, row) in enumerate(all_rows(result)):
            cells = _cells(camera, row)
            record = {name: cells[name] for name in SUPERVISION_COLUMNS}
            text = json.dumps(record | {"observed": row.observed}, ensure_ascii=False)
            out.write((",\n" if number else "\n") + text)
        out.write("\n]\n")


def all_rows(result: Result) -> Iterator[tuple[str, PersonBox]]:
    """Yield the boxes of all cameras, each with its camera's name."""
    for camera in result.cameras:
        for row in result.rows(camera.name):
            yield camera.name, row


def _write_table(result: Result, path: Path, columns: tuple[str, ...]) -> None:
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        for camera, row in all_rows(result):
            cells = _cells(camera, row)
            writer.writerow([cells[name] for name in columns])


def _cells(camera: str, row: PersonBox) -> dict[str, Any]:
    sides = zip(("x_min", "y_min", "x_max", "y_max"), corners_of(row), strict=True)
    return {
        **dict(sides),
        "camera": camera,
        "frame": row.frame,
        "time_s": round(row.time_s, TIME_DIGITS),
        "class_id": PERSON_CLASS,
        "confidence": round(row.score, SCORE_DIGITS),
        "tracker_id": row.track_id,
        "global_id": row.global_id,
        "observed": int(row.observed),
    }


def _box_row(camera: str, row: PersonBox) -> BoxRow:
    return BoxRow(
        camera=camera, frame=row.frame, time_s=round(row.time_s, TIME_DIGITS),
        track_id=row.track_id, global_id=row.global_id, xyxy=corners_of(row),
        score=round(row.score, SCORE_DIGITS), observed=row.observed,
        place_m=UNSET if row.place_m is None else place_record(row.place_m),
    )  # fmt: skip
