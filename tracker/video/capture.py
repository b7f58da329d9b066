"""OpenCV's reader of files, streams and webcams; its silent failures become errors."""

import logging

import cv2
import numpy as np

from tracker.core.errors import SourceError
from tracker.core.types import Image
from tracker.video.address import is_address
from tracker.video.source import FALLBACK_FPS

logger = logging.getLogger(__name__)

MAX_PLAUSIBLE_FPS = 1000.0
OPEN_WITHIN_S, READ_WITHIN_S = 8.0, 5.0  # of a stream, before it counts as dead


class Capture:
    """An open file, stream or webcam, and its pictures one by one.

    Args:
        label: What messages call it.
        source: A path, an address, or a webcam's number.
        live: Whether it comes in real time.

    Raises:
        SourceError: It cannot be opened.
    """

    def __init__(self, label: str, source: str, *, live: bool) -> None:
        self._label = label
        self._capture = _open(source)
        if not self._capture.isOpened() or self._is_text():
            raise SourceError(f"{label} is no readable video; {_hint(source, live)}")

    def read(self) -> Image | None:
        """Return the next picture, (H, W, 3) uint8 BGR; None where there is none."""
        ok, image = self._capture.read()
        return np.asarray(image, np.uint8) if ok else None

    def skip(self) -> bool:
        """Pass over the next picture, which saves converting it; False where there is none."""
        return bool(self._capture.grab())

    def take(self) -> Image | None:
        """Return the picture that was passed over last."""
        ok, image = self._capture.retrieve()
        return np.asarray(image, np.uint8) if ok else None

    def stamp_s(self) -> float:
        """Return the timestamp of the picture read last, in seconds."""
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000

    def count(self) -> int | None:
        """Return the frames that the header promises; None where it promises none."""
        count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        return count if count > 0 else None

    def fps(self) -> float:
        """Return the frame rate that the source states, or a usual one, with a warning."""
        fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        if 0 < fps <= MAX_PLAUSIBLE_FPS:
            return fps
        logger.warning("%s states no frame rate; assuming %g", self._label, FALLBACK_FPS)
        return FALLBACK_FPS

    def release(self) -> None:
        """Close it."""
        self._capture.release()

    def _is_text(self) -> bool:
        """Tell whether FFmpeg took a text file for terminal art, which it would render."""
        code = int(self._capture.get(cv2.CAP_PROP_FOURCC))
        return code.to_bytes(4, "little", signed=code < 0).lower() == b"ansi"


class FirstSize:
    """Brings the pictures of a source to the size of its first one."""

    def __init__(self, label: str, size: tuple[int, int]) -> None:
        self._label = label
        self._size = size  # width, height
        self._told = size

    def fit(self, image: Image, index: int) -> Image:
        """Return frame `index` at the first size; another size is told once."""
        height, width = image.shape[:2]
        if (width, height) == self._size:
            return image
        if (width, height) != self._told:
            self._told = width, height
            logger.warning(
                "%s changes size at frame %d from %dx%d to %dx%d; scaling it back",
                self._label, index, *self._size, width, height,
            )  # fmt: skip
        return np.asarray(cv2.resize(image, self._size), np.uint8)


def _open(source: str) -> cv2.VideoCapture:
    if source.isdecimal():
        return cv2.VideoCapture(int(source))
    if not is_address(source):
        return cv2.VideoCapture(source, cv2.CAP_FFMPEG)
    limits = [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(1000 * OPEN_WITHIN_S)),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(1000 * READ_WITHIN_S)),
    ]
    return cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)


def _hint(source: str, live: bool) -> str:
    if source.isdecimal():
        return "is a webcam with that number connected, and may this user open it?"
    if live or is_address(source):
        return "is the address right and the camera reachable from here?"
    return "give a video file, a folder of frames, a quoted glob, a webcam number or an address"
