"""Video files, network streams and webcams, through OpenCV."""

import logging
import time
from collections.abc import Iterator

import cv2
import numpy as np

from tracker.errors import SourceError
from tracker.source.address import hide_password, is_address
from tracker.source.base import FALLBACK_FPS, Sampling
from tracker.types import CameraInfo, Frame, Image

logger = logging.getLogger(__name__)

READ_ATTEMPTS = 30  # failed reads in a row, within the header's length, before a file has ended
MAX_PLAUSIBLE_FPS = 1000.0


class VideoSource:
    """Reads a file, an rtsp/http address or a webcam frame by frame.

    A file's times follow its timestamps where they tell of a variable rate, else frame / fps;
    a live source's times are those of the arrival of its frames.

    Raises:
        SourceError: It cannot be opened, or its first frame cannot be decoded.
    """

    def __init__(self, name: str, source: str, sampling: Sampling, *, live: bool) -> None:
        self._sampling = sampling
        shown = hide_password(source)
        self._label = f"camera '{name}' ({shown})"
        self._capture = _open(source)
        self._live = live
        if not self._capture.isOpened() or _is_text(self._capture):
            raise SourceError(f"{self._label} is no readable video; {_hint(source, live)}")
        self._pending = self._read()
        if self._pending is None:
            self.close()
            raise SourceError(f"{self._label} has no frame that can be decoded")
        height, width = self._pending.shape[:2]
        count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.info = CameraInfo(
            name=name, source=shown, width=width, height=height, fps=self._fps(),
            frames=count if count > 0 and not live else None, live=live,
        )  # fmt: skip

    def frames(self) -> Iterator[Frame]:
        """See `FrameSource.frames`."""
        index, given = 0, 0
        clock = _LiveClock() if self._live else _FileClock(self._capture, self.info.fps)
        image: Image | None = self._pending
        limit = self._sampling.max_frames
        while image is not None and (limit is None or given < limit):
            time_s = clock.time_of(index)
            if self._sampling.wants(index, time_s):
                given += 1
                yield Frame(self.info.name, index, time_s, self._of_first_size(image, index))
            index += 1
            image = self._read_on(index)
        if image is None and self._live:
            raise SourceError(f"{self._label} stopped giving frames after {index}")
        self._warn_if_short(index, stopped=image is not None)

    def close(self) -> None:
        """Release the file or device."""
        self._capture.release()

    def _fps(self) -> float:
        fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        if 0 < fps <= MAX_PLAUSIBLE_FPS:
            return fps
        logger.warning("%s states no frame rate; assuming %g", self._label, FALLBACK_FPS)
        return FALLBACK_FPS

    def _read(self) -> Image | None:
        ok, image = self._capture.read()
        return np.asarray(image, np.uint8) if ok else None

    def _read_on(self, index: int) -> Image | None:
        """Read the next frame, past unreadable ones as long as the header promises more."""
        for attempt in range(READ_ATTEMPTS):
            image = self._read()
            promised = self.info.frames or 0
            if image is not None or index + attempt >= promised:
                return image
        return None

    def _of_first_size(self, image: Image, index: int) -> Image:
        height, width = image.shape[:2]
        if (width, height) == (self.info.width, self.info.height):
            return image
        logger.warning(
            "%s changes size at frame %d from %dx%d to %dx%d; scaling it back",
            self._label, index, self.info.width, self.info.height, width, height,
        )  # fmt: skip
        return np.asarray(cv2.resize(image, (self.info.width, self.info.height)), np.uint8)

    def _warn_if_short(self, decoded: int, *, stopped: bool) -> None:
        promised = self.info.frames
        if not stopped and promised is not None and decoded < promised:
            logger.warning(
                "%s is damaged or cut off: %d of the %d frames in its header were decoded",
                self._label, decoded, promised,
            )  # fmt: skip


class _FileClock:
    """Times of a file's frames: its timestamps where they differ from a constant rate."""

    def __init__(self, capture: cv2.VideoCapture, fps: float) -> None:
        self._capture = capture
        self._fps = fps
        self._first_s = self._stamp_s()
        self._last_s = -1.0

    def time_of(self, index: int) -> float:
        """Return the seconds of the frame just read; strictly increasing."""
        nominal = index / self._fps
        stamp = self._stamp_s() - self._first_s
        usable = stamp > self._last_s and abs(stamp - nominal) > 0.5 / self._fps
        time_s = stamp if usable else max(nominal, self._last_s + 1e-3)
        self._last_s = time_s
        return time_s

    def _stamp_s(self) -> float:
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000


class _LiveClock:
    """Times of arrival."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def time_of(self, index: int) -> float:
        """Return the seconds since the first frame."""
        return 0.0 if index == 0 else time.monotonic() - self._start


def _open(source: str) -> cv2.VideoCapture:
    if source.isdecimal():
        return cv2.VideoCapture(int(source))
    return cv2.VideoCapture(source, cv2.CAP_FFMPEG)


def _is_text(capture: cv2.VideoCapture) -> bool:
    """Tell whether FFmpeg took a text file for terminal art, which it would render."""
    code = int(capture.get(cv2.CAP_PROP_FOURCC))
    return code.to_bytes(4, "little", signed=code < 0).lower() == b"ansi"


def _hint(source: str, live: bool) -> str:
    if source.isdecimal():
        return "is a webcam with that number connected, and may this user open it?"
    if live or is_address(source):
        return "is the address right and the camera reachable from here?"
    return "give a video file, a folder of frames, a quoted glob, a webcam number or an address"
