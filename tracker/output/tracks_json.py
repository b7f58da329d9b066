"""tracks.json, schema ``reid-track/1``."""

import json
from collections.abc import Iterator
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from tracker import __version__
from tracker.ground import Places
from tracker.output.atomic import replacing
from tracker.result import ModelUse, RunResult
from tracker.types import CameraInfo, Identity, Tracklet, global_ids

SCHEMA = "reid-track/1"
PIXEL_DIGITS, SCORE_DIGITS, TIME_DIGITS, METRE_DIGITS = 2, 4, 6, 3


def load_schema() -> dict[str, Any]:
    """Return the JSON Schema that every tracks.json fulfils."""
    text = files("tracker.output").joinpath("tracks.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def write_tracks_json(result: RunResult, path: Path) -> None:
    """Write a run's tracks and identities, one track a line, in bounded memory.

    Raises:
        OutputError: The file cannot be written.
    """
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        out.writelines(_pieces(result))


def _pieces(result: RunResult) -> Iterator[str]:
    head = {
        "schema": SCHEMA,
        "generator": {"name": "reid-track", "version": __version__},
        "models": {"detector": _model(result.detector), "reid": _model(result.reid)},
        "cameras": [_camera(c) for c in result.cameras],
        "identities": [_identity(person) for person in result.identities],
    }
    person_of = global_ids(result.identities)
    tracks = (_dump(_track(t, person_of[t.key], result.places(t))) for t in result.tracklets())
    yield _dump(head)[:-1] + ',\n"tracks": ['
    yield from _joined(tracks, ",")
    yield "\n]}\n"


def _joined(items: Iterator[str], separator: str) -> Iterator[str]:
    first = next(items, None)
    if first is not None:
        yield from chain(("\n" + first,), (f"{separator}\n{item}" for item in items))


def _model(model: ModelUse | None) -> dict[str, Any] | None:
    return {"name": model.name, "sha256": model.sha256} if model else None


def _camera(camera: CameraInfo) -> dict[str, Any]:
    return {
        "name": camera.name, "source": camera.source, "width": camera.width,
        "height": camera.height, "fps": camera.fps, "frames": camera.frames,
        "offset_s": camera.offset_s, "calibrated": camera.ground is not None,
    }  # fmt: skip


def _identity(person: Identity) -> dict[str, Any]:
    return {
        "global_id": person.global_id,
        "first_time_s": _time(min(t.start_s for t in person.tracklets)),
        "last_time_s": _time(max(t.end_s for t in person.tracklets)),
        "tracks": [{"camera": t.camera, "track_id": t.track_id} for t in person.tracklets],
    }


def place_record(place: Places) -> list[float] | None:
    """Return a place (2,) as it is written: metres, None if it is unknown."""
    return None if np.isnan(place).any() else [round(v, METRE_DIGITS) for v in place.tolist()]


def _track(t: Tracklet, global_id: int, places: Places | None) -> dict[str, Any]:
    where = [
        {} if places is None else {"place_m": place_record(places[i])} for i in range(len(t.frame))
    ]
    columns = zip(
        t.frame.tolist(), t.time_s.tolist(), t.xyxy.tolist(), t.score.tolist(),
        t.observed.tolist(), where, strict=True,
    )  # fmt: skip
    return {
        "camera": t.camera,
        "track_id": t.track_id,
        "global_id": global_id,
        "first_frame": int(t.frame[0]),
        "last_frame": int(t.frame[-1]),
        "boxes": [
            {
                "frame": frame,
                "time_s": _time(time_s),
                "xyxy": [round(value, PIXEL_DIGITS) for value in xyxy],
                "score": round(score, SCORE_DIGITS),
                "observed": observed,
                **place,
            }
            for frame, time_s, xyxy, score, observed, place in columns
        ],
    }


def _time(seconds: float) -> float:
    return round(seconds, TIME_DIGITS)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
