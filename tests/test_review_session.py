"""Corrections of a review: what belongs together is made and undone as one, and kept on disk."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from msgspec import convert, to_builtins

from tests.test_corrections import VISITS, write
from tracker.apps.review.session import OutdatedError, ReviewSession, Said
from tracker.core.errors import ConfigError, ReidTrackError
from tracker.corrections.apply import corrected
from tracker.results.corrections_file import Correction, read_corrections, read_corrections_file
from tracker.results.schemas import load_schema


@pytest.fixture
def tracks(tmp_path: Path) -> Path:
    return write(tmp_path / "tracks.json", VISITS)


@pytest.fixture
def session(tracks: Path) -> ReviewSession:
    return ReviewSession(tracks, "tester")


def people(session: ReviewSession) -> dict[int, list[str]]:
    return {number: [str(v) for v in own] for number, own in session.content.visits().items()}


def said(*records: dict[str, Any]) -> tuple[Said, ...]:
    """What the page sends."""
    return convert(records, tuple[Said, ...])


def kind(correction: Correction) -> str:
    return next(iter(to_builtins(correction)))


def move(global_id: int, to: int, *visits: tuple[str, int]) -> dict[str, Any]:
    entries = [{"camera": camera, "track_id": number} for camera, number in visits]
    return {"move": {"global_id": global_id, "to": to, "visits": entries}}


def test_a_move_is_made_and_undone_as_one(session: ReviewSession, tracks: Path) -> None:
    before, untouched = people(session), tracks.read_bytes()
    session.correct(said(move(1, 4, ("cam1", 4))), 0)
    assert people(session)[1] == ["cam1/1", "cam2/1"]
    assert people(session)[4] == ["cam1/3", "cam3/1", "cam1/4"]
    assert [kind(c) for c in session.corrections] == ["split", "merge"]
    session.undo(1)
    assert people(session) == before
    assert session.corrections == ()
    assert tracks.read_bytes() == untouched


def test_moving_all_visits_is_a_merge(session: ReviewSession) -> None:
    session.correct(said(move(3, 4, ("cam2", 2))), 0)
    assert people(session)[3] == ["cam2/2", "cam1/3", "cam3/1"]
    assert [c.merge for c in session.corrections] == [(3, 4)]


def test_a_move_that_ends_badly_changes_nothing(session: ReviewSession, tracks: Path) -> None:
    before = people(session)
    with pytest.raises(ConfigError, match="share an instant"):
        session.correct(said(move(1, 3, ("cam2", 1))), 0)
    assert people(session) == before
    assert session.revision == 0
    assert [p.name for p in tracks.parent.iterdir()] == ["tracks.json"]


@pytest.mark.parametrize("reopened", [False, True])
def test_undo_goes_back_step_by_step(session: ReviewSession, tracks: Path, reopened: bool) -> None:
    states = [people(session)]
    steps = [{"merge": [3, 4]}, {"name": {"global_id": 3, "name": "Cy"}}, move(1, 3, ("cam1", 4))]
    for revision, step in enumerate(steps):
        session.correct(said(step), revision)
        states.append(people(session))
    if reopened:  # then nothing is remembered
        session = ReviewSession(tracks, "another")
    while session.corrections:
        assert people(session) == states.pop()
        assert session.content == corrected(session.original, read_corrections(session.saved_in))
        session.undo(session.revision)
    assert people(session) == states[0]
    with pytest.raises(ConfigError, match="nothing to undo"):
        session.undo(session.revision)


def test_after_an_undo_other_corrections_follow(session: ReviewSession) -> None:
    session.correct(said({"merge": [3, 4]}), 0)
    session.undo(1)
    session.correct(said({"merge": [2, 4]}), 2)
    session.undo(3)
    session.correct(said({"name": {"global_id": 1, "name": "Al"}}), 4)
    assert [kind(c) for c in session.corrections] == ["name"]
    assert session.content == corrected(session.original, read_corrections(session.saved_in))


def test_who_is_behind_is_told(session: ReviewSession) -> None:
    session.correct(said({"merge": [3, 4]}), 0)
    with pytest.raises(OutdatedError, match="another window"):
        session.correct(said({"merge": [1, 2]}), 0)
    with pytest.raises(OutdatedError):
        session.undo(0)


def test_the_file_says_who_and_when_and_of_which_result(
    session: ReviewSession, tracks: Path
) -> None:
    session.correct(said({"merge": [3, 4]}), 0)
    session.correct(said({"name": {"global_id": 1, "name": "Al"}}, move(1, 3, ("cam1", 4))), 1)
    file = json.loads(session.saved_in.read_text())
    jsonschema.validate(file, load_schema("corrections"))
    assert session.saved_in.name == "corrections.json"
    assert file["corrections"][0]["who"] == "tester"
    assert file["corrections"][0]["when"].endswith("+00:00")
    assert len(read_corrections_file(session.saved_in).sure.visits) == 6
    other = tracks.with_name("other.json")
    other.write_bytes(tracks.read_bytes())
    beside = ReviewSession(other, "tester")
    assert beside.corrections == ()
    assert beside.saved_in.name == "other.corrections.json"


@pytest.mark.parametrize(
    "damage", ["{}", "[]", "not JSON", '{"schema": "reid-track-corrections/1"}']
)
def test_a_damaged_file_is_told_and_stays(tracks: Path, damage: str) -> None:
    file = tracks.with_name("corrections.json")
    file.write_text(damage)
    with pytest.raises(ReidTrackError, match=r"corrections\.json"):
        ReviewSession(tracks, "tester")
    assert file.read_text() == damage
