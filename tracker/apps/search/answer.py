"""What was found, as plain data: schema ``reid-track-search/1``."""

from collections.abc import Sequence
from typing import Any

from tracker import __version__
from tracker.apps.search.query import Photo, Query
from tracker.apps.search.ranking import Found, Scored
from tracker.apps.search.scope import Places
from tracker.apps.search.visits import Run
from tracker.results.tracks_json import (
    PIXEL_DIGITS,
    SCORE_DIGITS,
    TIME_DIGITS,
    load_schema,
    model_entry,
)

SCHEMA = "reid-track-search/1"


def load_search_schema() -> dict[str, Any]:
    """Return the JSON Schema that every report of a search fulfils."""
    return load_schema("search.schema.json")


def report(query: Query, places: Places, people: Sequence[Found]) -> dict[str, Any]:
    """Return who was searched for, where, and the people found, best first."""
    person = query.person
    return {
        "schema": SCHEMA,
        "generator": {"name": "reid-track", "version": __version__},
        "models": {"reid": model_entry(places.reid)},
        "query": {
            "photos": [_photo(photo) for photo in query.photos],
            "person": person and {"tracks_json": str(person[0]), "global_id": person[1]},
        },
        "searched": {"runs": places.runs, "visits": places.visits},
        "people": [_person(found) for found in people],
    }


def _photo(photo: Photo) -> dict[str, Any]:
    xyxy = None if photo.xyxy is None else [round(v, PIXEL_DIGITS) for v in photo.xyxy.tolist()]
    return {"path": str(photo.path), "xyxy": xyxy, "people": photo.people}


def _person(found: Found) -> dict[str, Any]:
    run = found.visits[0][1].run
    return {
        "similarity": _similarity(found.similarity),
        "tracks_json": str(found.person[0]),
        "global_id": found.person[1],
        "start": run.start.isoformat() if run.start else None,
        "visits": [_visit(run, scored) for scored in found.visits],
    }


def _visit(run: Run, scored: Scored) -> dict[str, Any]:
    similarity, visit = scored
    return {
        "camera": visit.camera,
        "track_id": visit.track_id,
        "enter_s": round(visit.enter_s, TIME_DIGITS),
        "leave_s": round(visit.leave_s, TIME_DIGITS),
        "enter": _clock(run, visit.enter_s),
        "leave": _clock(run, visit.leave_s),
        "similarity": _similarity(similarity),
        "crop": str(visit.crop),
    }


def _clock(run: Run, time_s: float) -> str | None:
    at = run.clock_at(time_s)
    return at.isoformat(timespec="milliseconds") if at else None


def _similarity(value: float) -> float:
    return round(min(max(value, -1.0), 1.0), SCORE_DIGITS)
