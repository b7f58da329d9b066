"""The review's player: the very frame of every video, and the people as they are now."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from tests.media import SIZE, number_of, write_boxes, write_video
from tracker.apps.review.player import CameraPlayer, Footage, Span
from tracker.core.errors import SourceError

NOBODY: dict[tuple[str, int], int] = {}
BOX = [30.0, 20.0, 60.0, 55.0]


def content(frames: int = 20, fps: float = 10.0, **boxes: list[float]) -> dict[str, Any]:
    """A result of one camera; boxes by frame, as in f5=[…], all of one visit."""
    entries = [
        {"frame": int(name[1:]), "time_s": 0.0, "xyxy": box, "score": 1.0, "observed": True}
        for name, box in boxes.items()
    ]
    tracks = [{"camera": "cam", "track_id": 1, "global_id": 1, "boxes": entries}] if entries else []
    camera = {"name": "cam", "width": SIZE[0], "height": SIZE[1], "fps": fps, "frames": frames}
    return {"cameras": [camera], "tracks": tracks}


def player(path: Path, result: dict[str, Any], *, drawn: bool) -> CameraPlayer:
    return CameraPlayer(Footage(path, drawn), result["cameras"][0], result)


def decoded(data: bytes | None) -> npt.NDArray[np.uint8]:
    assert data is not None
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".avi"])
def test_frames_come_in_any_order(tmp_path: Path, ending: str) -> None:
    shown = player(write_video(tmp_path / f"a{ending}", 20), content(), drawn=False)
    for number in (0, 1, 3, 2, 19, 5, 4, 12, 0, 19):
        assert number_of(decoded(shown.picture(number, NOBODY, NOBODY, None))) == number
    assert number_of(decoded(shown.picture(99, NOBODY, NOBODY, None))) == 19


def test_a_video_of_every_second_frame_from_a_later_start(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", 5, fps=5.0)  # frames 10, 12, 14, 16, 18 of the source
    shown = player(path, content(frames=20), drawn=True)
    assert shown.span == Span(first=10, stride=2, count=5)
    for number, place in ((10, 0), (12, 1), (18, 4), (0, 0), (40, 4)):
        assert number_of(decoded(shown.picture(number, NOBODY, NOBODY, None))) == place


def test_what_the_run_drew_is_left_but_for_who_changed_or_was_chosen(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", 20)
    shown = player(path, content(f5=BOX), drawn=True)
    run = {("cam", 1): 1}
    plain = decoded(shown.picture(5, run, run, None)).astype(int)
    assert np.ptp(plain) < 12  # as it was, but for the codec
    for now, chosen in (({("cam", 1): 3}, None), (run, 1)):
        marked = decoded(shown.picture(5, now, run, chosen))
        assert np.ptp(marked) > 100
        assert np.abs(decoded(shown.picture(6, now, run, chosen)).astype(int) - 60).max() < 12


def test_on_the_source_everybody_is_drawn(tmp_path: Path) -> None:
    shown = player(write_video(tmp_path / "a.mp4", 20), content(f5=BOX), drawn=False)
    run = {("cam", 1): 1}
    assert np.ptp(decoded(shown.picture(5, run, run, None))) > 100


def test_large_pictures_are_sent_smaller(tmp_path: Path) -> None:
    result = content()
    result["cameras"][0] |= {"width": 2560, "height": 1440}
    path = write_video(tmp_path / "a.mp4", 2, size=(2560, 1440))
    shown = player(path, result, drawn=False)
    assert decoded(shown.picture(1, NOBODY, NOBODY, None)).shape == (720, 1280, 3)


def test_what_is_no_video_is_told(tmp_path: Path) -> None:
    path = write_boxes(tmp_path / "boxes.mp4")
    with pytest.raises(SourceError, match=r"boxes\.mp4"):
        player(path, content(), drawn=False)
