"""Corrections at the desk: what belongs together is made and undone as one, and kept on disk."""

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
def desk(tracks: Path) -> ReviewSession:
    return ReviewSession(tracks, "tester")


def people(desk: ReviewSession) -> dict[int, list[str]]:
    return {number: [str(v) for v in own] for number, own in desk.content.visits().items()}


def said(*records: dict[str, Any]) -> tuple[Said, ...]:
    """What the page sends."""
    return convert(records, tuple[Said, ...])


def kind(correction: Correction) -> str:
    return next(iter(to_builtins(correction)))


def move(global_id: int, to: int, *visits: tuple[str, int]) -> dict[str, Any]:
    entries = [{"camera": camera, "track_id": number} for camera, number in visits]
    return {"move": {"global_id": global_id, "to": to, "visits": entries}}


def test_a_move_is_made_and_undone_as_one(desk: ReviewSession, tracks: Path) -> None:
    before, untouched = people(desk), tracks.read_bytes()
    desk.correct(said(move(1, 4, ("cam1", 4))), 0)
    assert people(desk)[1] == ["cam1/1", "cam2/1"]
    assert people(desk)[4] == ["cam1/3", "cam3/1", "cam1/4"]
    assert [kind(c) for c in desk.corrections] == ["split", "merge"]
    desk.undo(1)
    assert people(desk) == before
    assert desk.corrections == ()
    assert tracks.read_bytes() == untouched


def test_moving_all_visits_is_a_merge(desk: ReviewSession) -> None:
    desk.correct(said(move(3, 4, ("cam2", 2))), 0)
    assert people(desk)[3] == ["cam2/2", "cam1/3", "cam3/1"]
    assert [c.merge for c in desk.corrections] == [(3, 4)]


def test_a_move_that_ends_badly_changes_nothing(desk: ReviewSession, tracks: Path) -> None:
    before = people(desk)
    with pytest.raises(ConfigError, match="share an instant"):
        desk.correct(said(move(1, 3, ("cam2", 1))), 0)
    assert people(desk) == before
    assert desk.revision == 0
    assert [p.name for p in tracks.parent.iterdir()] == ["tracks.json"]


@pytest.mark.parametrize("reopened", [False, True])
def test_undo_goes_back_step_by_step(desk: ReviewSession, tracks: Path, reopened: bool) -> None:
    states = [people(desk)]
    steps = [{"merge": [3, 4]}, {"name": {"global_id": 3, "name": "Cy"}}, move(1, 3, ("cam1", 4))]
    for revision, step in enumerate(steps):
        desk.correct(said(step), revision)
        states.append(people(desk))
    if reopened:  # then nothing is remembered
        desk = ReviewSession(tracks, "another")
    while desk.corrections:
        assert people(desk) == states.pop()
        assert desk.content == corrected(desk.original, read_corrections(desk.saved_in))
        desk.undo(desk.revision)
    assert people(desk) == states[0]
    with pytest.raises(ConfigError, match="nothing to undo"):
        desk.undo(desk.revision)


def test_after_an_undo_other_corrections_follow(desk: ReviewSession) -> None:
    desk.correct(said({"merge": [3, 4]}), 0)
    desk.undo(1)
    desk.correct(said({"merge": [2, 4]}), 2)
    desk.undo(3)
    desk.correct(said({"name": {"global_id": 1, "name": "Al"}}), 4)
    assert [kind(c) for c in desk.corrections] == ["name"]
    assert desk.content == corrected(desk.original, read_corrections(desk.saved_in))


def test_who_is_behind_is_told(desk: ReviewSession) -> None:
    desk.correct(said({"merge": [3, 4]}), 0)
    with pytest.raises(OutdatedError, match="another window"):
        desk.correct(said({"merge": [1, 2]}), 0)
    with pytest.raises(OutdatedError):
        desk.undo(0)


def test_the_file_says_who_and_when_and_of_which_result(desk: ReviewSession, tracks: Path) -> None:
    desk.correct(said({"merge": [3, 4]}), 0)
    desk.correct(said({"name": {"global_id": 1, "name": "Al"}}, move(1, 3, ("cam1", 4))), 1)
    file = json.loads(desk.saved_in.read_text())
    jsonschema.validate(file, load_schema("corrections"))
    assert desk.saved_in.name == "corrections.json"
    assert file["corrections"][0]["who"] == "tester"
    assert file["corrections"][0]["when"].endswith("+00:00")
    assert len(read_corrections_file(desk.saved_in).sure.visits) == 6
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
