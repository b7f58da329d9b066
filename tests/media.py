"""Tiny videos, pictures and box files for tests, and what is read back from them.

Frame `i` is plain grey of level 10 * i, so that a frame tells which one it is.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from tracker.cli import main
from tracker.core.types import Frame
from tracker.video.cameras import CameraSpec, open_camera
from tracker.video.source import Sampling

SIZE = (96, 64)  # width, height
SHADE_STEP = 10
_CODECS = {".mp4": "mp4v", ".mkv": "mp4v", ".avi": "MJPG"}


def picture(number: int, size: tuple[int, int] = SIZE) -> npt.NDArray[np.uint8]:
    """The picture of frame `number`."""
    return np.full((size[1], size[0], 3), number * SHADE_STEP, np.uint8)


def number_of(image: npt.NDArray[np.uint8]) -> int:
    """Which frame a decoded picture is."""
    return round(float(image.mean()) / SHADE_STEP)


def write_video(
    path: Path, frames: int = 20, *, fps: float = 10.0, size: tuple[int, int] = SIZE
) -> Path:
    """A video of frames 0, 1, 2, …; the ending says in which container."""
    codec = cv2.VideoWriter.fourcc(*_CODECS[path.suffix])
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, codec, fps, size)
    assert writer.isOpened()
    for number in range(frames):
        writer.write(picture(number, size))
    writer.release()
    return path


def write_mjpeg(path: Path, sizes: Sequence[tuple[int, int]]) -> Path:
    """A raw .mjpeg stream of frames of these sizes: odd or changing ones, as no writer makes."""
    images = [picture(number, size) for number, size in enumerate(sizes)]
    path.write_bytes(b"".join(cv2.imencode(".jpg", image)[1].tobytes() for image in images))
    return path


def cut(path: Path, keep: float) -> Path:
    """Cut a file off after a share of its bytes."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    return path


def blank_frame(path: Path, number: int) -> Path:
    """Overwrite the picture of one frame of an .avi with zeros."""
    content = bytearray(path.read_bytes())
    chunk = content.find(b"movi")
    for _ in range(number + 1):
        chunk = content.index(b"00dc", chunk + 4)
    size = int.from_bytes(content[chunk + 4 : chunk + 8], "little")
    content[chunk + 8 : chunk + 8 + size] = bytes(size)
    path.write_bytes(content)
    return path


def write_pictures(folder: Path, names: Iterable[str], size: tuple[int, int] = SIZE) -> Path:
    """A folder of pictures 0, 1, 2, … under these names."""
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        assert cv2.imwrite(str(folder / name), picture(number, size))
    return folder


def write_boxes(path: Path, frames: int = 20) -> Path:
    """Boxes of two people who stand still, in MOTChallenge text."""
    rows = (
        f"{frame},-1,{left},10,20,40,0.9\n" for frame in range(1, frames + 1) for left in (5, 60)
    )
    path.write_text("".join(rows), encoding="utf-8")
    return path


def read_source(source: object, sampling: Sampling | None = None, **options: float) -> list[Frame]:
    """All frames of a source, opened as the command line opens it."""
    spec = CameraSpec("cam", str(source))
    with closing(open_camera(spec, sampling or Sampling(), **options)) as opened:
        return list(opened.frames())


def read_video(path: Path) -> tuple[int, float]:
    """How many frames of a video can be decoded, and the rate it states."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    count = 0
    while capture.read()[0]:
        count += 1
    fps = float(capture.get(cv2.CAP_PROP_FPS))
    capture.release()
    return count, fps


def reid_track(*words: object) -> int:
    """Run the command line in this process; return its exit code."""
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    return int(stop.value.code or 0)


def names_in(folder: Path) -> set[str]:
    """The names of all that lies in a folder, hidden or not."""
    return {path.name for path in folder.iterdir()}


@contextmanager
def logged(level: int = logging.WARNING) -> Iterator[list[str]]:
    """Collect the package's log lines, whatever earlier runs of the command line set up."""
    lines: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    logger = logging.getLogger("tracker")
    collector, before = Collector(), logger.level
    logger.addHandler(collector)
    logger.setLevel(level)
    try:
        yield lines
    finally:
        logger.removeHandler(collector)
        logger.setLevel(before)


def indices(frames: Sequence[Frame]) -> list[int]:
    """The frames' indices."""
    return [frame.index for frame in frames]


def numbers(frames: Sequence[Frame]) -> list[int]:
    """Which frames they are by their pictures."""
    return [number_of(frame.image) for frame in frames]
