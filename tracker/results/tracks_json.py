"""From a result to the records of tracks.json, and of a track back to its visit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import UNSET

from tracker.core.ground import Places
from tracker.core.types import (
    CameraInfo,
    Identity,
    Link,
    Visit,
    global_ids,
    no_embeddings,
)
from tracker.results import tracks_file as file
from tracker.results.record import GENERATOR, Model, VisitRef, rounded, write_in_lines
from tracker.results.result import ModelUse, Result

PIXEL_DIGITS, SCORE_DIGITS, TIME_DIGITS, METRE_DIGITS = 2, 4, 6, 3


def write_tracks_json(result: Result, path: Path) -> None:
    """Write a run's tracks and identities, one track a line, in bounded memory.

    Raises:
        OutputError: The file cannot be written.
    """
    links, tracks = _lists(result)
    write_in_lines(path, _head(result), links=links, tracks=tracks)


def content_of(result: Result) -> file.TracksFile:
    """Return what a result's tracks.json says."""
    head, (links, tracks) = _head(result), _lists(result)
    said = {name: getattr(head, name) for name in head.__struct_fields__}
    return file.TracksFile(**said, links=list(links), tracks=list(tracks))


def _head(result: Result) -> file.TracksHead:
    return file.TracksHead(
        file.TRACKS, GENERATOR, models_record(result),
        [camera_record(result, camera) for camera in result.cameras],
        [_person(person) for person in result.identities],
        [file.MergedId(_time(m.time_s), m.gone, m.kept) for m in result.merges],
        start=result.start.isoformat() if result.start else UNSET,
        suggestions=tuple(map(_suggestion, result.suggestions)),
    )  # fmt: skip


def _lists(result: Result) -> tuple[Iterator[file.Link], Iterator[file.Track]]:
    person_of = global_ids(result.identities)
    links = (link_record(x, person_of[x.second]) for x in result.links)
    tracks = (track_record(t, person_of[t.key], result.places(t)) for t in result.visits())
    return links, tracks


def model_record(model: ModelUse) -> Model:
    """Return a model as files have it."""
    return Model(model.name, model.sha256)


def models_record(result: Result) -> file.Models:
    """Return a result's models as files have them."""
    return file.Models(
        model_record(result.detector), model_record(result.reid) if result.reid else None
    )


def model_of(model: Model | None) -> ModelUse | None:
    """Return a model that a file names."""
    return ModelUse(model.name, model.sha256) if model else None


def camera_record(result: Result, camera: CameraInfo) -> file.Camera:
    """Return one of a result's cameras as the file has it."""
    live = {"dropped": camera.dropped, "outages": camera.outages} if camera.live else {}
    return file.Camera(
        camera.name, camera.source, camera.width, camera.height, camera.fps, camera.frames or 0,
        camera.offset_s, result.calibrated(camera), **live,
    )  # fmt: skip


def _person(person: Identity) -> file.Person:
    visits = [file.PersonVisit(*v.key, _time(v.start_s), _time(v.end_s)) for v in person.visits]
    return file.person_with(visits, person.global_id, person.name or UNSET)


def link_record(link: Link, global_id: int) -> file.Link:
    """Return a link of this person as the file has it."""
    return file.Link(global_id=global_id, **reason(link), confirmed=link.confirmed)


def _suggestion(link: Link) -> file.Suggestion:
    ends = VisitRef(*link.first), VisitRef(*link.second)
    return file.Suggestion(*ends, _score(link.probability), _score(link.similarity))


def reason(link: Link) -> dict[str, Any]:
    """Return the parts of a link that all files have, by their names."""
    rival = None
    if link.runner_up is not None and link.runner_up_probability is not None:
        rival = file.RunnerUp(*link.runner_up, _score(link.runner_up_probability))
    return {
        "first": VisitRef(*link.first),
        "second": VisitRef(*link.second),
        "probability": _score(link.probability),
        "similarity": _score(link.similarity),
        "gap_s": _time(link.gap_s),
        "distance_m": None if link.distance_m is None else round(link.distance_m, METRE_DIGITS),
        "runner_up": rival,
    }


def _score(value: float) -> float:
    return round(value, SCORE_DIGITS)


def place_record(place: Places) -> tuple[float, float] | None:
    """Return a place (2,) as it is written: metres, None if it is unknown."""
    if np.isnan(place).any():
        return None
    x, y = (round(v, METRE_DIGITS) for v in place.tolist())
    return x, y


def track_record(visit: Visit, global_id: int, places: Places | None) -> file.Track:
    """Return a visit of this person as the file has it."""
    frames = visit.frame.tolist()
    boxes = list(_boxes(visit, places))
    return file.Track(*visit.key, global_id, frames[0], frames[-1], boxes)


def _boxes(visit: Visit, places: Places | None) -> Iterator[file.Box]:
    columns = zip(
        visit.frame.tolist(), visit.time_s.tolist(), visit.xyxy.tolist(), visit.score.tolist(),
        visit.observed.tolist(), strict=True,
    )  # fmt: skip
    for row, (frame, time_s, xyxy, score, observed) in enumerate(columns):
        placed = {} if places is None else {"place_m": place_record(places[row])}
        yield file.Box(
            frame, _time(time_s), rounded(xyxy, PIXEL_DIGITS), _score(score), observed, **placed
        )  # fmt: skip


def visit_of(track: file.Track) -> Visit:
    """Return a track of a file as the visit that it was, without embeddings."""
    boxes = track.boxes
    return Visit(
        track.camera, track.track_id,
        np.array([b.frame for b in boxes], np.int64),
        np.array([b.time_s for b in boxes], np.float64),
        np.array([b.xyxy for b in boxes], np.float32),
        np.array([b.score for b in boxes], np.float32),
        np.array([b.observed for b in boxes], np.bool_),
        no_embeddings(),
    )  # fmt: skip


def places_of(track: file.Track) -> Places | None:
    """Return where a track's boxes stand, (K, 2) in metres, NaN if unknown; None uncalibrated."""
    places = [box.place_m for box in track.boxes]
    if UNSET in places:
        return None
    return np.array([place or (np.nan, np.nan) for place in places], np.float64)


def _time(seconds: float) -> float:
    return round(seconds, TIME_DIGITS)
