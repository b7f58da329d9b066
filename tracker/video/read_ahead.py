"""Read a recording some frames ahead, in a thread of its own."""

import queue
import threading
from collections.abc import Callable, Iterator

from tracker.core.types import CameraInfo, Frame
from tracker.video.source import FrameSource

FRAMES = 4  # that wait to be taken; more would only cost memory
LEAVE_WITHIN_S = 2.0
LOOK_UP_S = 0.1  # the longest wait at one go


class Stoppable:
    """Gives the frames of a source until somebody wants to stop.

    Args:
        source: Open.
        stopped: Is asked before each frame.
    """

    def __init__(self, source: FrameSource, stopped: Callable[[], bool]) -> None:
        self._source = source
        self._stopped = stopped
        self.info = source.info

    def frames(self) -> Iterator[Frame]:
        """See `FrameSource.frames`."""
        for frame in self._source.frames():
            if self._stopped():
                return
            yield frame

    def close(self) -> None:
        """See `FrameSource.close`."""
        self._source.close()


class ReadAhead:
    """Gives the frames of a source that a thread reads; errors come where they happened.

    For files only: a live source would become late.

    Args:
        source: Open.
        stopped: Is asked while nothing comes; the frames end where it says so.
    """

    def __init__(self, source: FrameSource, stopped: Callable[[], bool] = lambda: False) -> None:
        self._source = source
        self._stopped = stopped
        self._read: queue.Queue[Frame | BaseException | None] = queue.Queue(FRAMES)
        self._over = threading.Event()
        self._reader = threading.Thread(target=self._run, name="read ahead", daemon=True)

    @property
    def info(self) -> CameraInfo:
        """See `FrameSource.info`."""
        return self._source.info

    @info.setter
    def info(self, info: CameraInfo) -> None:
        self._source.info = info

    def frames(self) -> Iterator[Frame]:
        """See `FrameSource.frames`."""
        self._reader.start()
        while not self._stopped():
            try:
                read = self._read.get(timeout=LOOK_UP_S)
            except queue.Empty:
                continue
            if read is None:
                return
            if isinstance(read, BaseException):
                raise read
            yield read

    def close(self) -> None:
        """See `FrameSource.close`; a reader that hangs in a dead file system is left to itself."""
        self._over.set()
        if self._reader.is_alive():
            self._reader.join(LEAVE_WITHIN_S)
        if not self._reader.is_alive():
            self._source.close()

    def _run(self) -> None:
        end: BaseException | None = None
        try:
            for frame in self._source.frames():
                if not self._offer(frame):
                    return
        except BaseException as error:  # whoever takes the frames shall hear of it
            end = error
        self._offer(end)

    def _offer(self, read: Frame | BaseException | None) -> bool:
        """Wait until there is room; return False if nobody wants it any more."""
        while not self._over.is_set():
            try:
                self._read.put(read, timeout=LOOK_UP_S)
            except queue.Full:
                continue
            return True
        return False
