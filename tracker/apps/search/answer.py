"""From what was found to what is printed, see `tracker.results.search_file`."""

from collections.abc import Sequence

from tracker.apps.search.query import Photo, Query
from tracker.apps.search.ranking import RankedPerson, Scored
from tracker.apps.search.scope import SearchScope
from tracker.apps.search.visits import Run
from tracker.results.identities_json import ReidModel
from tracker.results.record import GENERATOR, rounded
from tracker.results.search_file import (
    SEARCH,
    FoundPerson,
    FoundVisit,
    QueryPerson,
    QueryPhoto,
    Searched,
    SearchFile,
    SearchQuery,
)
from tracker.results.tracks_json import PIXEL_DIGITS, SCORE_DIGITS, TIME_DIGITS, model_record


def report(query: Query, places: SearchScope, people: Sequence[RankedPerson]) -> SearchFile:
    """Return who was searched for, where, and the people found, best first."""
    person = query.person
    return SearchFile(
        SEARCH, GENERATOR, ReidModel(model_record(places.reid)),
        SearchQuery(
            [_photo(photo) for photo in query.photos],
            QueryPerson(str(person[0]), person[1]) if person else None,
        ),
        Searched(places.runs, places.visits),
        [_person(found) for found in people],
    )  # fmt: skip


def _photo(photo: Photo) -> QueryPhoto:
    part = None if photo.xyxy is None else rounded(photo.xyxy.tolist(), PIXEL_DIGITS)
    return QueryPhoto(str(photo.path), part, photo.people)


def _person(found: RankedPerson) -> FoundPerson:
    run = found.visits[0][1].run
    return FoundPerson(
        _similarity(found.similarity), str(found.person[0]), found.person[1],
        run.start.isoformat() if run.start else None,
        [_visit(run, scored) for scored in found.visits],
    )  # fmt: skip


def _visit(run: Run, scored: Scored) -> FoundVisit:
    similarity, visit = scored
    return FoundVisit(
        visit.camera, visit.track_id, round(visit.enter_s, TIME_DIGITS),
        round(visit.leave_s, TIME_DIGITS), _clock(run, visit.enter_s), _clock(run, visit.leave_s),
        _similarity(similarity), str(visit.crop),
    )  # fmt: skip


def _clock(run: Run, time_s: float) -> str | None:
    at = run.clock_at(time_s)
    return at.isoformat(timespec="milliseconds") if at else None


def _similarity(value: float) -> float:
    return round(min(max(value, -1.0), 1.0), SCORE_DIGITS)
