"""Runs that end early: by Ctrl-C, by a polite kill, by a camera that breaks.

A frame that is a named pipe makes a run wait at exactly that frame until the test has looked.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest

from tests.media import (
    logged,
    names_in,
    picture,
    read_video,
    reid_track,
    write_boxes,
    write_pictures,
    write_video,
)
from tests.streams import HttpCamera, when_told
from tracker.core.config import LinkConfig, TrackerConfig
from tracker.core.errors import SourceError
from tracker.core.types import CameraInfo, Frame
from tracker.detection.replay import ReplayDetector
from tracker.results.result import ModelUse
from tracker.results.schemas import load_schema
from tracker.runtime.observer import Observer
from tracker.runtime.output_plan import plan_outputs
from tracker.runtime.run import run
from tracker.runtime.run_data import RunOutcome, RunSettings
from tracker.runtime.stages import AHEAD as DETECTED_AHEAD
from tracker.video.read_ahead import FRAMES as READ_AHEAD
from tracker.video.source import Sampling

FRAMES, STOP_AT = 24, 16
PIPE = f"frames/{STOP_AT}.png"
MOST_AHEAD = READ_AHEAD + DETECTED_AHEAD + 2  # and one in each hand
SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of frames of which one is a named pipe, as working directory."""
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "frames", [f"{i}.png" for i in range(FRAMES)])
    (tmp_path / PIPE).unlink()
    os.mkfifo(tmp_path / PIPE)
    write_boxes(tmp_path / "boxes.txt", FRAMES)
    return tmp_path


@pytest.mark.parametrize("sent", SIGNALS, ids=lambda s: s.name)
@pytest.mark.parametrize("options", [[], ["--online"]], ids=["offline", "online"])
@pytest.mark.parametrize("ahead", [0, MOST_AHEAD], ids=["one by one", "ahead"])
def test_a_run_stopped_while_it_follows_keeps_what_was_done(here: Path, sent, options, ahead):
    options = [*options, "--workers", "2" if ahead else "0"]
    with _started("frames", "--out", "v.mp4", "--format", "csv,mot", *options) as process:
        with _waiting_at(here / PIPE, process):
            (here / PIPE).unlink()  # the second pass shall not wait
            process.send_signal(sent)
        out, err = process.communicate(timeout=120)

    assert process.returncode == 130
    assert "Traceback" not in err
    assert json.loads(out)["interrupted"] is True
    result = _valid_json(here / "v.json")
    frames = result["cameras"][0]["frames"]
    assert STOP_AT - ahead <= frames <= STOP_AT + 2  # the frame in hand is finished
    assert len(result["tracks"]) == 2
    assert read_video(here / "v.mp4")[0] in (frames, frames - 1)  # one cannot be read
    assert names_in(here) == {"frames", "boxes.txt", "v.mp4", "v.json", "v.csv", "v.txt"}


@pytest.mark.parametrize("sent", SIGNALS, ids=lambda s: s.name)
def test_a_run_stopped_while_it_draws_keeps_what_was_drawn(here: Path, sent):
    with _started("frames", "--out", "v.mp4") as process:
        with _waiting_at(here / PIPE, process):  # the first pass: an unreadable picture
            (here / PIPE).unlink()
            os.mkfifo(here / PIPE)
        with _waiting_at(here / PIPE, process):
            process.send_signal(sent)
        out, err = process.communicate(timeout=120)

    assert process.returncode == 130
    assert "Traceback" not in err
    summary = json.loads(out)
    assert summary["interrupted"] is True
    assert set(summary["files"]) == {"v.json", "v.mp4"}
    assert _valid_json(here / "v.json")["cameras"][0]["frames"] == FRAMES
    assert STOP_AT - READ_AHEAD - 1 <= read_video(here / "v.mp4")[0] <= STOP_AT + 1
    assert names_in(here) == {"frames", "boxes.txt", "v.mp4", "v.json"}


def test_a_second_ctrl_c_ends_at_once_and_keeps_the_tracks(here: Path):
    with _started("frames", "--out", "v.mp4") as process:
        with _waiting_at(here / PIPE, process):
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)  # two of them at one instant are one
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        process.communicate(timeout=120)

    assert process.returncode == 130
    assert _valid_json(here / "v.json")["cameras"][0]["frames"] >= STOP_AT - MOST_AHEAD
    assert "v.mp4" not in names_in(here)


@pytest.mark.parametrize("sent", SIGNALS, ids=lambda s: s.name)
def test_a_run_stopped_before_its_first_frame_writes_nothing(here: Path, sent):
    os.mkfifo(here / "slow.txt")
    with _started("frames", "--detections", "slow.txt", "--out", "v.mp4") as process:
        with _waiting_at(here / "slow.txt", process):
            process.send_signal(sent)
        out, err = process.communicate(timeout=120)

    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert names_in(here) == {"frames", "boxes.txt", "slow.txt"}


def test_a_stop_between_two_drawn_frames_keeps_the_video(tmp_path: Path):
    class Impatient(Observer):
        """Asks to stop when the fourth frame is drawn."""

        seen = 0

        def drawn(self, frame: Frame) -> None:
            self.seen += 1
            if self.seen == 4:
                self.stop.ask()

    outcome = _run(tmp_path, {"a": FakeSource("a", 10)}, Impatient())

    assert outcome.interrupted
    assert read_video(tmp_path / "a.mp4")[0] == 4
    assert names_in(tmp_path) == {"a.mp4", "tracks.json", "boxes.txt"}


class FakeSource:
    """A fake camera of plain frames that breaks at one of them."""

    def __init__(self, name: str, frames: int, breaks_at: int | None = None) -> None:
        self.info = CameraInfo(name, f"fake-{name}", 96, 64, 10.0, frames)
        self._breaks_at = breaks_at
        self.closed = False

    def frames(self) -> Iterator[Frame]:
        """Give the frames up to the one that breaks."""
        for index in range(self.info.frames or 0):
            if index == self._breaks_at:
                raise SourceError(f"camera '{self.info.name}' broke at frame {index}")
            yield Frame(self.info.name, index, index / 10, picture(index % 20))

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True


def test_a_camera_that_breaks_is_told_and_the_other_goes_on(tmp_path: Path):
    sources = {"a": FakeSource("a", 10, breaks_at=4), "b": FakeSource("b", 10)}

    with logged() as lines:
        outcome = _run(tmp_path, sources)

    assert [str(failure) for failure in outcome.failures] == ["camera 'a' broke at frame 4"]
    assert [line for line in lines if "broke at frame 4" in line][1:] == []
    assert "camera 'a' broke at frame 4" in lines[0]
    assert all(source.closed for source in sources.values())
    cameras = _valid_json(tmp_path / "tracks.json")["cameras"]
    assert {c["name"]: c["frames"] for c in cameras} == {"a": 4, "b": 10}
    assert (read_video(tmp_path / "a.mp4")[0], read_video(tmp_path / "b.mp4")[0]) == (4, 10)


def test_a_camera_that_breaks_at_once_leaves_the_other_whole(tmp_path: Path):
    outcome = _run(tmp_path, {"a": FakeSource("a", 10, breaks_at=0), "b": FakeSource("b", 10)})

    assert len(outcome.failures) == 1
    assert read_video(tmp_path / "b.mp4")[0] == 10
    assert not (tmp_path / "a.mp4").exists()


def test_when_all_cameras_break_at_once_there_is_no_result(tmp_path: Path):
    with pytest.raises(SourceError, match="broke at frame 0"):
        _run(tmp_path, {name: FakeSource(name, 10, breaks_at=0) for name in "ab"})

    assert names_in(tmp_path) == {"boxes.txt"}


def test_the_only_camera_is_not_told_that_others_go_on(tmp_path: Path):
    with logged() as lines:
        _run(tmp_path, {"a": FakeSource("a", 10, breaks_at=4)})

    assert any("broke at frame 4" in line for line in lines)
    assert not any("other" in line for line in lines)


def test_a_live_camera_that_hangs_up_ends_in_a_failure_with_its_results_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    monkeypatch.chdir(tmp_path)
    Path("boxes").mkdir()
    write_video(Path("b.avi"), 12)
    write_boxes(Path("boxes/a.txt"), 5000)
    write_boxes(Path("boxes/b.txt"), 12)
    with HttpCamera(pause_s=0.02) as camera, when_told(Path("events"), "appeared", camera.hang_up):
        code = reid_track(
            *("--cams", f"a={camera.address},b=b.avi", "--detections", "boxes", "--reconnect", 0),
            *("--reid", "none", "--out", "new", "--summary", "json", "--events", "events"),
            *("--max-age", 0.2),
        )

    printed = capsys.readouterr()
    assert code == 1
    assert "'a'" in json.loads(printed.out)["failures"][0]
    assert printed.err.count("error: camera 'a'") == 1
    cameras = {c["name"]: c for c in _valid_json(Path("new/tracks.json"))["cameras"]}
    assert cameras["a"]["frames"] > 0
    assert cameras["b"]["frames"] == 12
    assert read_video(Path("new/a.mp4"))[0] > 0
    assert read_video(Path("new/b.mp4"))[0] == 12


@contextmanager
def _started(source: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A run in a process of its own, killed if it is left over."""
    replay = [] if "--detections" in options else ["--detections", "boxes.txt"]
    words = [source, *replay, "--reid", "none", "--fps", "10", "--summary", "json", *options]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # inherited if ignored
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "tracker", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def _waiting_at(pipe: Path, process: subprocess.Popen[str]) -> Iterator[None]:
    """Wait until the run reads the named pipe; afterwards it has read an empty file."""
    while True:
        try:
            writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            break
        except OSError:  # nobody reads yet
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
    yield
    os.close(writer)


def _run(
    folder: Path, sources: dict[str, FakeSource], observer: Observer | None = None
) -> RunOutcome:
    """Run over fake cameras, replaying the same boxes in each; they break the second time too."""
    boxes = write_boxes(folder / "boxes.txt", 10)
    plan = plan_outputs(list(sources), out=folder, json=None)
    settings = RunSettings(
        TrackerConfig(), LinkConfig(), Sampling(), plan, ModelUse("replay", None), None, "none"
    )
    detectors = {name: ReplayDetector(boxes) for name in sources}
    return run(
        list(sources.values()), detectors, None, settings,
        reopen=lambda name: sources[name], observer=observer,
    )  # fmt: skip


def _valid_json(path: Path) -> dict:
    result = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(result, load_schema())
    return result
