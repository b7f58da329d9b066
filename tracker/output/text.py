"""The line formats beside the JSON: MOTChallenge, JSON Lines, CSV."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from tracker.output.atomic import replacing
from tracker.output.tracks_json import (
    PIXEL_DIGITS,
    SCHEMA,
    SCORE_DIGITS,
    TIME_DIGITS,
    place_record,
)
from tracker.result import PersonBox, RunResult

MotId = Literal["track", "person"]
CSV_COLUMNS = (
    "camera", "frame", "time_s", "x_min", "y_min", "x_max", "y_max", "class_id", "confidence",
    "tracker_id", "global_id", "observed",
)  # fmt: skip
PERSON_CLASS = 0


def write_mot(result: RunResult, camera: str, path: Path, *, mot_id: MotId) -> None:
    """Write one camera's boxes as MOTChallenge text: frames from 1, one row per box."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        for row in result.rows(camera):
            x1, y1, x2, y2 = (float(v) for v in row.xyxy)
            number = row.global_id if mot_id == "person" else row.track_id
            out.write(
                f"{row.frame + 1},{number},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},"
                f"{row.score:.4f},-1,-1,-1\n"
            )


def write_jsonl(result: RunResult, path: Path) -> None:
    """Write one JSON object per box, after a first line that says what the file is."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        out.write(json.dumps({"schema": SCHEMA, "rows": "boxes", "frame_base": 0}) + "\n")
        for camera, row in _all_rows(result):
            out.write(json.dumps(_record(camera, row), ensure_ascii=False) + "\n")


def write_csv(result: RunResult, path: Path) -> None:
    """Write one row per box, with the column names that supervision's CSV files have."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(CSV_COLUMNS)
        for camera, row in _all_rows(result):
            corners = [round(float(value), PIXEL_DIGITS) for value in row.xyxy]
            place = [camera, row.frame, round(row.time_s, TIME_DIGITS), *corners]
            ids = [row.track_id, row.global_id, int(row.observed)]
            writer.writerow([*place, PERSON_CLASS, round(row.score, SCORE_DIGITS), *ids])


def _all_rows(result: RunResult) -> Iterator[tuple[str, PersonBox]]:
    for camera in result.cameras:
        for row in result.rows(camera.name):
            yield camera.name, row


def _record(camera: str, row: PersonBox) -> dict[str, object]:
    return {
        "camera": camera,
        "frame": row.frame,
        "time_s": round(row.time_s, TIME_DIGITS),
        "track_id": row.track_id,
        "global_id": row.global_id,
        "xyxy": [round(float(value), PIXEL_DIGITS) for value in row.xyxy],
        "score": round(row.score, SCORE_DIGITS),
        "observed": row.observed,
        **({} if row.place_m is None else {"place_m": place_record(row.place_m)}),
    }
