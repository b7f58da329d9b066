"""A video that is shorter than its header promises: all of it is followed, and one line says so."""

import json
from pathlib import Path

import pytest

from tests.media import cut, read_video, reid_track, write_boxes, write_video
from tracker import Result, track
from tracker.core.types import Image

PROMISED = 20


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Its header says 20 frames, and a part of them is there."""
    path = cut(write_video(tmp_path / "short.avi", PROMISED), 0.8)
    assert 2 <= read_video(path)[0] < PROMISED
    return path


@pytest.mark.parametrize("workers", [0, 2])
def test_the_command_says_how_much_is_there(
    video: Path, workers: int, capsys: pytest.CaptureFixture[str]
) -> None:
    there, out = read_video(video)[0], video.with_name("tracks.json")
    boxes = write_boxes(video.with_name("boxes.txt"), PROMISED)
    words = ("--detections", boxes, "--reid", "none", "--json", out, "--workers", workers)

    assert reid_track(video, *words, "--summary", "json", "--no-progress") == 0

    said = capsys.readouterr()
    assert json.loads(said.out)["frames"] == there
    told = [line for line in said.err.splitlines() if line.startswith("warning:")]
    assert len(told) == 1
    assert "short.avi" in told[0]
    assert f"{there} of the {PROMISED} frames" in told[0]
    content = json.loads(out.read_text(encoding="utf-8"))
    assert content["cameras"][0]["frames"] == there
    assert {t["last_frame"] for t in content["tracks"]} == {there - 1}


def test_nothing_is_said_of_a_part_that_nobody_wanted(
    video: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes = write_boxes(video.with_name("boxes.txt"), PROMISED)
    words = ("--detections", boxes, "--reid", "none", "--max-frames", 2, "--no-progress")
    assert reid_track(video, *words, "--json", video.with_name("tracks.json")) == 0
    assert "warning" not in capsys.readouterr().err


def test_a_program_gets_the_count(video: Path) -> None:
    def find(image: Image) -> tuple[list[list[float]], list[float]]:
        return [[5, 10, 25, 50]], [0.9]

    result: Result = track(video, detector=find, reid=None)
    assert result.cameras[0].frames == read_video(video)[0]
