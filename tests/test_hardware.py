"""``--hwaccel``: asked for where there is none, where it fails, and where it may not be used."""

from pathlib import Path

import numpy as np
import pytest

from tests.media import logged, reid_track, write_boxes, write_video
from tests.odd_videos import Video
from tracker import track
from tracker.core.errors import ConfigError
from tracker.video import capture
from tracker.video.capture import Capture
from tracker.video.hardware import acceleration, decoding_device

ABSENT = "drm"  # is in every Linux build of PyAV, and decodes nothing of ours
needs_none = pytest.mark.skipif(decoding_device() is not None, reason="this machine has hardware")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)


@needs_none
def test_a_machine_without_hardware_says_so_once_and_gives_the_same(capsys):
    write_video(Path("in.mp4"), 12)
    write_boxes(Path("in.txt"), 12)
    words = ["in.mp4", "--detections", "in.txt", "--reid", "none"]

    assert reid_track(*words, "--json", "plain.json") == 0
    assert "hwaccel" not in capsys.readouterr().err
    assert reid_track(*words, "--json", "auto.json", "--out", "v.mp4", "--hwaccel", "auto") == 0

    assert capsys.readouterr().err.count("--hwaccel auto finds nothing here") == 1
    assert Path("auto.json").read_text() == Path("plain.json").read_text()


def test_another_word_is_refused():
    write_video(Path("in.mp4"), 2)

    with pytest.raises(ConfigError, match="--hwaccel is 'gpu'; allowed are: auto, none"):
        track("in.mp4", hwaccel="gpu", reid=None)


@needs_none
@pytest.mark.parametrize(("device", "told"), [("cuda", 1), (ABSENT, 0)])
def test_the_processor_decodes_what_a_device_does_not(device: str, told: int):
    path = Video(options={"crf": "8"}).write(Path("a.mp4"))

    with logged() as warnings:
        by_device = _pictures(Capture("cam", str(path), device=device))

    assert len(warnings) == told
    assert all("the processor decodes" in line for line in warnings)
    np.testing.assert_array_equal(by_device, _pictures(Capture("cam", str(path))))


def test_codecs_that_each_decoder_rounds_otherwise_are_left_to_the_processor(monkeypatch):
    asked: list[str | None] = []

    def noted_acceleration(device: str | None) -> object:
        asked.append(device)
        return acceleration(device)

    monkeypatch.setattr(capture, "acceleration", noted_acceleration)
    jpegs = write_video(Path("in.avi"), 5)

    Capture("cam", str(jpegs), device=ABSENT).release()

    assert asked == [ABSENT, None]


def _pictures(opened: Capture) -> np.ndarray:
    return np.stack([picture.develop() for picture in opened.pictures()])
