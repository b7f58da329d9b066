"""Runs without end: what is over goes to the journal, and what is kept stays small."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.media import picture, write_boxes
from tests.parts import detections, look, visit
from tracker.core.config import LinkConfig, TrackerConfig
from tracker.core.types import CameraInfo, Frame
from tracker.detection.replay import ReplayDetector
from tracker.formats.recovery import recovered
from tracker.results.result import ModelUse, Result
from tracker.results.tracks_json import track_record
from tracker.runtime.observer import Observer
from tracker.runtime.output_plan import Streaming, plan_outputs, plan_streaming
from tracker.runtime.run import run
from tracker.runtime.run_data import RunSettings
from tracker.tracking.camera_path import CameraPath
from tracker.tracking.deepsort import DeepSort
from tracker.tracking.interpolation import fill_gaps, only_frames
from tracker.video.source import Sampling

FPS, FRAMES = 10.0, 3000  # five minutes


class FakeCamera:
    """A fake live camera that shows one plain picture."""

    def __init__(self, *, live: bool) -> None:
        self.info = CameraInfo("cam", "fake", 96, 64, FPS, None if live else FRAMES, live=live)

    def frames(self) -> Iterator[Frame]:
        image = picture(3)
        for index in range(FRAMES):
            yield Frame("cam", index, index / FPS, image)

    def close(self) -> None:
        """Nothing to close."""


def follow(folder: Path, *, live: bool) -> Result:
    """Two people who stand in view for five minutes, seen live or in a recording --online."""
    boxes = write_boxes(folder / "boxes.txt", FRAMES)
    plan = plan_outputs(["cam"], out=None, json=folder / f"{live}.json")
    plan = plan_streaming(plan, Streaming(live=live))
    settings = RunSettings(
        TrackerConfig(), LinkConfig(), Sampling(), plan, ModelUse("replay", None), None, "none",
        online=True,
    )  # fmt: skip
    camera = FakeCamera(live=live)
    detectors = {"cam": ReplayDetector(boxes)}
    return run(
        [camera], detectors, None, settings, reopen=lambda _: camera, observer=Observer()
    ).result


def test_a_long_visit_comes_whole_out_of_the_journal(tmp_path: Path):
    live, recorded = follow(tmp_path, live=True), follow(tmp_path, live=False)

    told = [track_record(t, 1, None) for t in live.visits()]
    expected = [track_record(t, 1, None) for t in recorded.visits()]
    assert [(t.first_frame, t.last_frame) for t in told] == [(0, FRAMES - 1)] * 2
    for one, other in zip(told, expected, strict=True):
        assert [b.frame for b in one.boxes] == [b.frame for b in other.boxes]
        corners = [np.array([b.xyxy for b in t.boxes]) for t in (one, other)]
        assert np.abs(corners[0] - corners[1]).max() < 0.1
    lines = (tmp_path / "True.journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if '"type": "track"' in line]) > 10  # in parts


def test_at_most_five_seconds_of_a_visit_that_goes_on_are_not_in_the_journal(tmp_path: Path):
    follow(tmp_path, live=True)
    journal = tmp_path / "True.journal.jsonl"
    lines = [json.loads(x) for x in journal.read_text(encoding="utf-8").splitlines()]
    spans = [
        (line["first_frame"], line["last_frame"])
        for line in lines if line["type"] == "seen" and line["track_id"] == 1
    ]  # fmt: skip
    assert [first for first, _ in spans[1:]] == [last + 1 for _, last in spans[:-1]]  # once each
    assert max(np.diff([0, *(last for _, last in spans), FRAMES - 1])) <= 5 * FPS

    middle = next(n for n, line in enumerate(lines) if line.get("last_frame", 0) > FRAMES // 2)
    whole = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(whole[: middle + 1]))
    for seen in recovered(journal).visits():
        assert seen.frame.tolist() == list(range(int(seen.frame[-1]) + 1))  # none twice, no gap
        assert seen.frame[-1] >= FRAMES // 2 - 5 * FPS


def standing(tracker: DeepSort, frames: range, person: int = 1) -> None:
    for frame in frames:
        tracker.update(frame, frame / FPS, detections([[10, 10, 50, 110]]), look(person)[None])


def test_a_track_gives_its_past_away_and_keeps_its_looks():
    tracker = DeepSort("cam", TrackerConfig())
    standing(tracker, range(100))

    (past,) = tracker.take_past(8.0)
    (rest,) = tracker.current()
    standing(tracker, range(100, 110))
    (later,) = tracker.current()

    assert (past.frame[0], past.frame[-1], len(past.embeddings)) == (0, 79, 0)
    assert rest.frame.tolist() == [0, *range(80, 100)]
    assert 0 < len(rest.embeddings) <= 32
    assert (later.track_id, len(later.frame)) == (past.track_id, 31)
    assert tracker.take_past(0.0) == []


def test_a_track_keeps_its_first_and_last_box_whatever_is_taken():
    tracker = DeepSort("cam", TrackerConfig())
    standing(tracker, range(20))
    tracker.take_past(1e6)

    assert tracker.current()[0].frame.tolist() == [0, 19]
    standing(tracker, range(20, 22))
    assert len(tracker.current()) == 1


@pytest.mark.parametrize(("gap_s", "visits"), [(1.5, 1), (2.5, 2), (60.0, 2)])
def test_an_outage_longer_than_max_age_ends_the_visits(gap_s: float, visits: int):
    tracker = DeepSort("cam", TrackerConfig(max_age_s=2.0))
    standing(tracker, range(20))
    again = round(20 + gap_s * FPS)
    standing(tracker, range(again, again + 20))

    assert len(tracker.visits()) == visits


def test_a_camera_that_takes_a_picture_every_five_seconds_is_not_out():
    tracker = DeepSort("cam", TrackerConfig(max_age_s=2.0))
    for frame in range(10):
        tracker.update(frame, 5.0 * frame, detections([[10, 10, 50, 110]]), look(1)[None])

    assert len(tracker.visits()) == 1


def test_what_was_over_is_forgotten():
    tracker = DeepSort("cam", TrackerConfig())
    standing(tracker, range(20))
    standing(tracker, range(500, 520))
    assert len(tracker.ended()) == 1

    tracker.forget_ended()

    assert tracker.ended() == []
    assert [t.track_id for t in tracker.visits()] == [2]
    assert {p.track_id for p in tracker.fragments()} == {2}


def test_of_what_is_filled_in_only_processed_frames_stay():
    seen = visit("cam", 1, (0, 2), person=1)
    rows = np.array([0, 3, 4, 8, 11, 20])
    seen = seen.rows(rows)
    filled = only_frames(fill_gaps(seen, longest_s=5.0), [0, 3, 4, 6, 8, 11, 15, 20])

    assert filled.frame.tolist() == [0, 3, 4, 6, 8, 11, 15, 20]
    assert filled.observed.tolist() == [True, True, True, False, True, True, False, True]


def test_a_path_forgets_what_no_visit_needs_and_nothing_else():
    paths = [CameraPath((96, 64)) for _ in range(2)]
    for path in paths:
        for frame in range(1, 200, 2):
            path.add(frame, np.array([[1, 0, 0.5], [0, 1, 0.25]]))
    paths[1].forget(150)
    late = visit("cam", 1, (15.0, 19.9), person=1)

    assert len(paths[1]._frame) < 30
    assert np.array_equal(paths[0].steady(late).xyxy, paths[1].steady(late).xyxy)
    assert paths[1].moves
