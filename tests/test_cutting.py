"""Visits cut, exchanged, taken out and given back; taken back and made again; in a new run too."""

import json
from pathlib import Path

import numpy as np
import pytest
from msgspec import to_builtins

from tests.parts import visit
from tests.test_corrections import VISITS, split, write
from tracker.apps.review.session import ReviewSession, Said
from tracker.core.config import LinkConfig
from tracker.core.errors import ConfigError
from tracker.core.types import Visit
from tracker.corrections.apply import Corrected
from tracker.corrections.recut import recut
from tracker.corrections.replay import link_knowing
from tracker.identity.grouping import Scene
from tracker.results.corrections_file import (
    Apart,
    Cut,
    KnownPlaces,
    KnownVisit,
    Swap,
    read_corrections_file,
)
from tracker.results.record import VisitRef
from tracker.results.tracks_file import TracksFile, read_tracks
from tracker.results.tracks_json import visit_of


def ref(name: str) -> VisitRef:
    camera, number = name.split("/")
    return VisitRef(camera, int(number))


def cut(name: str, frame: int, person: int | None = None) -> Said:
    return Said(cut=Cut(ref(name), frame, person))


def swap(one: str, other: str, frame: int) -> Said:
    return Said(swap=Swap(ref(one), ref(other), frame))


@pytest.fixture
def tracks(tmp_path: Path) -> Path:
    return write(tmp_path / "tracks.json", VISITS)


@pytest.fixture
def session(tracks: Path) -> ReviewSession:
    return ReviewSession(tracks, "tester")


def people(content: TracksFile) -> dict[int, list[str]]:
    return {n: [str(v) for v in own] for n, own in content.visits().items()}


def frames(content: TracksFile, name: str) -> tuple[int, int, int]:
    track = next(t for t in content.tracks if str(t) == name)
    assert [b.frame for b in track.boxes] == sorted({b.frame for b in track.boxes})
    return track.first_frame, track.last_frame, len(track.boxes)


def test_the_rest_of_a_visit_becomes_a_new_persons(session: ReviewSession) -> None:
    session.correct([cut("cam1/1", 15)], 0)
    assert people(session.content)[1] == ["cam1/1", "cam2/1", "cam1/4"]
    assert people(session.content)[5] == ["cam1/5"]
    assert frames(session.content, "cam1/1") == (0, 14, 15)
    assert frames(session.content, "cam1/5") == (15, 30, 16)
    [person] = [p for p in session.content.identities if p.global_id == 5]
    assert (person.first_time_s, person.last_time_s) == (1.5, 3.0)


def test_the_rest_of_a_visit_is_given_to_somebody_else(session: ReviewSession) -> None:
    session.correct([cut("cam1/1", 15, 3)], 0)
    assert people(session.content)[3] == ["cam1/5", "cam2/2"]
    made = session.corrections[-1].cut
    assert made
    assert (made.global_id, made.new_track_id) == (3, 5)
    with pytest.raises(ConfigError, match="share an instant"):
        session.correct([cut("cam1/1", 12, 2)], 1)  # who is there as cam1/2


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (cut("cam1/1", 0), "give one after its first"),
        (cut("cam1/1", 31), "give one after its first"),
        (cut("cam1/9", 3), "nobody has a visit cam1/9"),
        (swap("cam1/1", "cam2/1", 15), "two visits to one camera"),
        (swap("cam1/1", "cam1/1", 15), "two visits to one camera"),
        (swap("cam1/1", "cam1/4", 15), "it has the frames 37000 to 37250"),
        (Said(restore=(ref("cam1/1"),)), "it was not taken out"),
        (Said(apart=Apart(ref("cam1/1"), ref("cam2/1"))), "they are one person's now"),
    ],
)
def test_what_cannot_be_cut_is_refused_and_changes_nothing(
    session: ReviewSession, said: Said, told: str
) -> None:
    before = to_builtins(session.content)
    with pytest.raises(ConfigError, match=told):
        session.correct([said], 0)
    assert to_builtins(session.content) == before


def test_two_visits_exchange_their_rests_and_twice_is_nothing(session: ReviewSession) -> None:
    before = to_builtins(session.content.tracks)
    session.correct([swap("cam1/1", "cam1/2", 20)], 0)
    assert frames(session.content, "cam1/1") == (0, 40, 41)
    assert frames(session.content, "cam1/2") == (10, 30, 21)
    boxes = {str(t): {b.frame: b.xyxy[0] for b in t.boxes} for t in session.content.tracks}
    assert (boxes["cam1/1"][19], boxes["cam1/1"][20]) == (100, 500)
    assert session.pieces.source(("cam1", 1), 20) == ("cam1", 2)
    session.correct([swap("cam1/1", "cam1/2", 20)], 1)
    assert to_builtins(session.content.tracks) == before


def test_what_is_nobody_is_gone_and_can_be_given_back(session: ReviewSession) -> None:
    links = len(session.content.links)
    session.correct([Said(nobody=(ref("cam2/2"), ref("cam1/4")))], 0)
    assert 3 not in people(session.content)
    assert people(session.content)[1] == ["cam1/1", "cam2/1"]
    assert "cam2/2" not in map(str, session.content.tracks)
    assert len(session.content.links) == links - 1
    session.correct([Said(restore=(ref("cam2/2"), ref("cam1/4")))], 1)
    assert people(session.content)[3] == ["cam2/2"]
    assert people(session.content)[1] == ["cam1/1", "cam2/1", "cam1/4"]


def test_everything_is_undone_and_made_again_also_after_a_restart(tracks: Path) -> None:
    session = ReviewSession(tracks, "tester")
    said = [
        [cut("cam1/1", 15), Said(nobody=(ref("cam2/2"),))],
        [swap("cam1/5", "cam1/2", 20)],
        [Said(apart=Apart(ref("cam1/1"), ref("cam1/3")))],
    ]
    states = [to_builtins(session.content)]  # of corrections in one and the same millisecond too
    for one in said:
        session.correct(one, session.revision)
        states.append(to_builtins(session.content))
    for state in reversed(states[:-1]):
        session.undo(session.revision)
        assert to_builtins(session.content) == state
    session = ReviewSession(tracks, "another")
    for state in states[1:]:
        session.redo(session.revision)
        assert to_builtins(session.content) == state
    with pytest.raises(ConfigError, match="nothing to make again"):
        session.redo(session.revision)
    file = read_corrections_file(tracks.with_name("corrections.json"))
    assert {c.who for c in file.corrections} == {"tester"}
    assert file.undone == ()
    session.undo(session.revision)
    session.correct([cut("cam1/3", 220)], session.revision)  # a new word: nothing to make again
    assert session.undone == ()


def test_a_corrected_file_says_the_same(session: ReviewSession, tracks: Path) -> None:
    session.correct([cut("cam1/1", 15, 3), swap("cam1/2", "cam1/5", 20)], 0)
    again = Corrected(read_tracks(tracks)).with_(session.corrections).content()
    assert to_builtins(again) == to_builtins(session.content)
    json.dumps(to_builtins(again))


def tracked_again(content: TracksFile) -> list[Visit]:
    """The visits of a new run over the same videos, with other numbers."""
    found = [visit_of(track) for track in content.tracks]
    looks = {v.key: v.embeddings for v in VISITS}
    return [
        Visit(
            v.camera, v.track_id + 10, v.frame, v.time_s, v.xyxy + np.float32(0.5), v.score,
            v.observed, looks[v.key],
        )
        for v in found
    ]  # fmt: skip


def test_a_new_run_is_cut_where_the_earlier_one_was(session: ReviewSession) -> None:
    again = tracked_again(session.original)
    session.correct([swap("cam1/1", "cam1/2", 20), cut("cam1/3", 220)], 0)
    session.correct([Said(nobody=(ref("cam2/2"),))], 1)
    sure = read_corrections_file(session.saved_in).sure
    parts = {v.key: (int(v.frame[0]), int(v.frame[-1])) for v in recut(sure, again)}
    assert parts["cam1", 11] == (0, 19)
    assert parts["cam1", 12] == (10, 19)
    assert {parts["cam1", n] for n in (15, 16)} == {(20, 30), (20, 40)}
    assert (parts["cam1", 13], parts["cam1", 17]) == ((200, 219), (220, 240))

    linked = link_knowing(sure, again, LinkConfig(), Scene())
    person_of = {v.key: p.global_id for p in linked.identities for v in p.visits}
    assert ("cam2", 12) not in person_of
    lasts_longer = next(k for k in (("cam1", 15), ("cam1", 16)) if parts[k] == (20, 40))
    lasts_shorter = next(k for k in (("cam1", 15), ("cam1", 16)) if parts[k] == (20, 30))
    assert person_of["cam1", 11] == person_of[lasts_longer]
    assert person_of["cam1", 12] == person_of[lasts_shorter]
    assert person_of["cam1", 13] != person_of["cam1", 17]


def test_somebody_near_for_a_moment_cuts_nothing() -> None:
    walker = visit("cam1", 1, (0, 10), None)
    walker.xyxy[:, [0, 2]] += np.linspace(0, 400, 101, dtype=np.float32)[:, None]
    other = visit("cam1", 2, (0, 10), None, x=300.0)
    tracks = [walker, other]

    def known(v: Visit, number: int) -> KnownVisit:
        rows = range(0, 101, 5)
        return KnownVisit(
            "cam1", number, tuple(int(v.frame[r]) for r in rows),
            tuple(tuple(v.xyxy[r].tolist()) for r in rows),
        )  # fmt: skip

    places = KnownPlaces((known(walker, 1), known(other, 2)), (), ((0, 1),), ())
    assert [v.key for v in recut(places, tracks)] == [("cam1", 1), ("cam1", 2)]


def test_a_split_is_no_cut(session: ReviewSession) -> None:
    again = tracked_again(session.original)
    session.correct([Said(split=split(1, ("cam2", 1)).split)], 0)
    sure = read_corrections_file(session.saved_in).sure
    assert len(recut(sure, again)) == len(again)
