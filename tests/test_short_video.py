"""A video that is shorter than its header promises: all of it is followed, and one line says so."""

import io
import json
import logging
import re
from pathlib import Path

import pytest
from rich.console import Console

from tests.media import cut, read_video, reid_track, write_boxes, write_video
from tracker import Result, track
from tracker.cli.console import ConsoleHandler
from tracker.core.types import Image
from tracker.video import file, live_source

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
    there, out, drawn = read_video(video)[0], video.with_name("a.json"), video.with_name("a.mp4")
    boxes = write_boxes(video.with_name("boxes.txt"), PROMISED)
    words = ("--detections", boxes, "--reid", "none", "--json", out, "--out", drawn)
    words = (*words, "--workers", workers)

    assert reid_track(video, *words, "--summary", "json", "--no-progress") == 0

    said = capsys.readouterr()
    assert json.loads(said.out)["frames"] == there
    told = [line for line in said.err.splitlines() if line.startswith("warning:")]
    assert len(told) == 1  # though it was read twice
    found = re.search(rf"(\d+) frame could not .*; (\d+) of the {PROMISED} frames", told[0])
    assert found
    assert "short.avi" in told[0]
    assert int(found[2]) - int(found[1]) == there == read_video(drawn)[0]
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


def test_what_a_live_camera_says_again_is_news() -> None:
    out = io.StringIO()
    handler = ConsoleHandler(Console(file=out))
    for logger in (file.logger, live_source.logger):
        for _ in range(2):
            handler.handle(logging.LogRecord(logger.name, logging.WARNING, "", 0, "x", None, None))
    assert out.getvalue() == "warning: x\n" * 3
