"""Video files, from a disk or over HTTP, through OpenCV."""

import logging
from collections.abc import Iterator

from tracker.core.errors import SourceError
from tracker.core.types import CameraInfo, Frame, Image
from tracker.video.address import hide_password
from tracker.video.capture import Capture, FirstSize
from tracker.video.source import Sampling

logger = logging.getLogger(__name__)

READ_ATTEMPTS = 30  # failed reads in a row, within the header's length, before a file has ended


class VideoSource:
    """Reads a file frame by frame, without leaving one out.

    Its times follow its timestamps where they tell of a variable rate, else frame / fps.

    Raises:
        SourceError: It cannot be opened, or its first frame cannot be decoded.
    """

    def __init__(self, name: str, source: str, sampling: Sampling) -> None:
        self._sampling = sampling
        shown = hide_password(source)
        self._label = f"camera '{name}' ({shown})"
        self._capture = Capture(self._label, source, live=False)
        self._pending = self._capture.read()
        if self._pending is None:
            self.close()
            raise SourceError(f"{self._label} has no frame that can be decoded")
        height, width = self._pending.shape[:2]
        self._size = FirstSize(self._label, (width, height))
        self.info = CameraInfo(
            name=name, source=shown, width=width, height=height, fps=self._capture.fps(),
            frames=self._capture.count(),
        )  # fmt: skip

    def frames(self) -> Iterator[Frame]:
        """See `FrameSource.frames`."""
        index, given = 0, 0
        clock = _FileClock(self._capture, self.info.fps)
        image: Image | None = self._pending
        limit = self._sampling.max_frames
        while image is not None and (limit is None or given < limit):
            time_s = clock.time_of(index)
            if self._sampling.wants(index, time_s):
                given += 1
                yield Frame(self.info.name, index, time_s, self._size.fit(image, index))
            index += 1
            image = self._read_on(index)
        self._warn_if_short(index, stopped=image is not None)

    def close(self) -> None:
        """Release the file."""
        self._capture.release()

    def _read_on(self, index: int) -> Image | None:
        """Read the next frame, past unreadable ones as long as the header promises more."""
        for attempt in range(READ_ATTEMPTS):
            image = self._capture.read()
            promised = self.info.frames or 0
            if image is not None or index + attempt >= promised:
                return image
        return None

    def _warn_if_short(self, decoded: int, *, stopped: bool) -> None:
        promised = self.info.frames
        if not stopped and promised is not None and decoded < promised:
            logger.warning(
                "%s is damaged or cut off: %d of the %d frames in its header were decoded",
                self._label, decoded, promised,
            )  # fmt: skip


class _FileClock:
    """Times of a file's frames: its timestamps where they differ from a constant rate."""

    def __init__(self, capture: Capture, fps: float) -> None:
        self._capture = capture
        self._fps = fps
        self._first_s = capture.stamp_s()
        self._last_s = -1.0

    def time_of(self, index: int) -> float:
        """Return the seconds of the frame just read; strictly increasing."""
        nominal = index / self._fps
        stamp = self._capture.stamp_s() - self._first_s
        usable = stamp > self._last_s and abs(stamp - nominal) > 0.5 / self._fps
        time_s = stamp if usable else max(nominal, self._last_s + 1e-3)
        self._last_s = time_s
        return time_s
