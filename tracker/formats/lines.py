"""A row per box, written: JSON Lines, CSV, and supervision's CSV and JSON."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracker.core.atomic import replacing
from tracker.formats.rounding import corners_of
from tracker.results.result import PersonBox, Result
from tracker.results.tracks_json import (
    SCHEMA,
    SCORE_DIGITS,
    TIME_DIGITS,
    camera_entry,
    model_entry,
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


def write_jsonl(result: Result, path: Path) -> None:
    """Write one JSON object per box, after a first line that says what the file is."""
    models = {"detector": model_entry(result.detector), "reid": model_entry(result.reid)}
    cameras = [camera_entry(result, camera) for camera in result.cameras]
    head = {"schema": SCHEMA, "rows": "boxes", "frame_base": 0, "models": models}
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        out.write(json.dumps(head | {"cameras": cameras}, ensure_ascii=False) + "\n")
        for camera, row in all_rows(result):
            out.write(json.dumps(_record(camera, row), ensure_ascii=False) + "\n")


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


def _record(camera: str, row: PersonBox) -> dict[str, object]:
    return {
        "camera": camera,
        "frame": row.frame,
        "time_s": round(row.time_s, TIME_DIGITS),
        "track_id": row.track_id,
        "global_id": row.global_id,
        "xyxy": list(corners_of(row)),
        "score": round(row.score, SCORE_DIGITS),
        "observed": row.observed,
        **({} if row.place_m is None else {"place_m": place_record(row.place_m)}),
    }
