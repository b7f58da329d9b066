"""tracks.json, schema ``reid-track/1``."""

import json
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from tracker import __version__
from tracker.core.atomic import replacing
from tracker.core.ground import Places
from tracker.core.types import CameraInfo, Identity, Link, Visit, global_ids, transitions
from tracker.results.result import ModelUse, Result

SCHEMA = "reid-track/1"
PIXEL_DIGITS, SCORE_DIGITS, TIME_DIGITS, METRE_DIGITS = 2, 4, 6, 3


def load_schema(name: str = "tracks.schema.json") -> dict[str, Any]:
    """Return the JSON Schema that every tracks.json fulfils, or that of another file."""
    text = files("tracker.results").joinpath(name).read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def write_tracks_json(result: Result, path: Path) -> None:
    """Write a run's tracks and identities, one track a line, in bounded memory.

    Raises:
        OutputError: The file cannot be written.
    """
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        out.writelines(_pieces(result))


def _pieces(result: Result) -> Iterator[str]:
    head = {
        "schema": SCHEMA,
        "generator": {"name": "reid-track", "version": __version__},
        "models": {"detector": model_entry(result.detector), "reid": model_entry(result.reid)},
        "cameras": [camera_entry(result, c) for c in result.cameras],
        "identities": [_identity(person) for person in result.identities],
        "merges": [
            {"time_s": _time(m.time_s), "global_id": m.gone, "into": m.kept} for m in result.merges
        ],
        **suggestion_entries(result.suggestions),
    }
    person_of = global_ids(result.identities)
    links = (link_entry(x, person_of[x.second]) for x in result.links)
    tracks = (track_entry(t, person_of[t.key], result.places(t)) for t in result.visits())
    yield from in_lines(head, links=links, tracks=tracks)


def in_lines(head: dict[str, Any], **lists: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the text of a file: what comes first, then the lists, a line for each item."""
    yield _dump(head)[:-1]
    for name, items in lists.items():
        yield f',\n"{name}": ['
        yield from _joined(map(_dump, items), ",")
        yield "\n]"
    yield "}\n"


def _joined(items: Iterator[str], separator: str) -> Iterator[str]:
    first = next(items, None)
    if first is not None:
        yield from chain(("\n" + first,), (f"{separator}\n{item}" for item in items))


def model_entry(model: ModelUse | None) -> dict[str, Any] | None:
    """Return a model as the file has it."""
    return {"name": model.name, "sha256": model.sha256} if model else None


def camera_entry(result: Result, camera: CameraInfo) -> dict[str, Any]:
    """Return one of a result's cameras as the file has it."""
    return {
        "name": camera.name, "source": camera.source, "width": camera.width,
        "height": camera.height, "fps": camera.fps, "frames": camera.frames,
        "offset_s": camera.offset_s, "calibrated": result.calibrated(camera),
        **({"dropped": camera.dropped, "outages": camera.outages} if camera.live else {}),
    }  # fmt: skip


def _identity(person: Identity) -> dict[str, Any]:
    return {
        "global_id": person.global_id,
        **({"name": person.name} if person.name else {}),
        "first_time_s": _time(min(t.start_s for t in person.visits)),
        "last_time_s": _time(max(t.end_s for t in person.visits)),
        "tracks": [
            {**_key(t.key), "enter_s": _time(t.start_s), "leave_s": _time(t.end_s)}
            for t in person.visits
        ],
        "transitions": [_transition(a, b) for a, b in transitions(person)],
    }


def _transition(left: Visit, entered: Visit) -> dict[str, Any]:
    return {
        "from": left.camera,
        "to": entered.camera,
        "leave_s": _time(left.end_s),
        "enter_s": _time(entered.start_s),
    }


def link_entry(link: Link, global_id: int) -> dict[str, Any]:
    """Return a link of this person as the file has it."""
    rival = None
    if link.runner_up is not None and link.runner_up_probability is not None:
        rival = _key(link.runner_up) | {"probability": _score(link.runner_up_probability)}
    return {
        "global_id": global_id,
        "first": _key(link.first),
        "second": _key(link.second),
        "probability": _score(link.probability),
        "similarity": _score(link.similarity),
        "gap_s": _time(link.gap_s),
        "distance_m": None if link.distance_m is None else round(link.distance_m, METRE_DIGITS),
        "runner_up": rival,
        **({"confirmed": True} if link.confirmed else {}),
    }


def suggestion_entries(suggestions: Sequence[Link]) -> dict[str, list[dict[str, Any]]]:
    """Return the links that were not made, as the file has them; nothing where there are none.

    They have no global_id, since their visits are of two people.
    """
    named = ("first", "second", "probability", "similarity")
    rows = [{name: link_entry(x, 0)[name] for name in named} for x in suggestions]
    return {"suggestions": rows} if rows else {}


def _key(key: tuple[str, int]) -> dict[str, Any]:
    return {"camera": key[0], "track_id": key[1]}


def _score(value: float) -> float:
    return round(value, SCORE_DIGITS)


def place_record(place: Places) -> list[float] | None:
    """Return a place (2,) as it is written: metres, None if it is unknown."""
    return None if np.isnan(place).any() else [round(v, METRE_DIGITS) for v in place.tolist()]


def track_entry(t: Visit, global_id: int, places: Places | None) -> dict[str, Any]:
    """Return a visit of this person as the file has it."""
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
