"""Streams and webcams: always the newest frame, and back again after the stream was lost."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from tracker.core.address import without_login
from tracker.core.config import RECONNECT_S
from tracker.core.errors import SourceError
from tracker.core.types import CameraInfo, Frame
from tracker.video.capture import Capture, Picture
from tracker.video.newest_frame import Newest, Shot
from tracker.video.picture import FirstSize
from tracker.video.run_clock import RunClock, StreamTimes
from tracker.video.source import Sampling
from tracker.video.webcam import Webcam

logger = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 15.0  # between attempts, doubled from one to the next
LEAVE_WITHIN_S = 1.0  # a reader that hangs in a dead stream is left to itself


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What all live sources of a run share."""

    # how long a stream that was lost is tried again; 0 ends it at once
    reconnect_s: float = RECONNECT_S
    clock: RunClock = field(default_factory=RunClock)  # the run's


class LiveSource:
    """Reads a stream or a webcam in a thread of its own, and gives the newest frame each time.

    A frame that nobody took before the next one came is dropped and counted. Indices count what
    the camera sent, from the first frame after the run's zero; times are those of the run's
    clock. A stream that is lost is tried again, with growing pauses.

    Raises:
        SourceError: It cannot be opened, or gives no frame.
    """

    def __init__(
        self, name: str, source: str, sampling: Sampling, options: LiveOptions,
        device: str | None = None,
    ) -> None:  # fmt: skip
        self._sampling = sampling
        self._clock = options.clock
        shown = without_login(source)
        self._label = f"camera '{name}' ({shown})"
        self._newest = Newest()
        self._reader = _Reader(
            self._label, partial(_open, self._label, source, device), sampling, options,
            self._newest,
        )  # fmt: skip
        self._reader.start()
        try:
            shot = self._newest.wait_for_one()
        except BaseException:
            self.close()
            raise
        height, width = shot.image.shape[:2]
        self._size = FirstSize(self._label, (width, height))
        self._info = CameraInfo(
            name=name, source=shown, width=width, height=height, fps=self._reader.fps,
            frames=None, live=True,
        )  # fmt: skip

    @property
    def info(self) -> CameraInfo:
        """The camera, with what it has lost so far."""
        return replace(self._info, dropped=self._newest.dropped, outages=self._reader.outages)

    @info.setter
    def info(self, info: CameraInfo) -> None:
        self._info = info

    @property
    def ready(self) -> bool:
        """Whether `frames` would give a frame, or end, without waiting."""
        return not self._clock.running or self._newest.waiting

    @property
    def lost(self) -> bool:
        """Whether the stream is gone at the moment."""
        return self._reader.lost

    def frames(self) -> Iterator[Frame]:
        """See `FrameSource.frames`."""
        self._clock.begin()
        given, limit = 0, self._sampling.max_frames
        while limit is None or given < limit:
            shot = self._newest.take()
            if not shot.counted:  # it came before the run's zero
                continue
            given += 1
            image = self._size.fit(shot.image, shot.index)
            yield Frame(self.info.name, shot.index, shot.time_s, image)

    def close(self) -> None:
        """Stop reading; the thread releases the stream when it gets there."""
        self._reader.stop()
        self._reader.join(LEAVE_WITHIN_S)


class _Reader(threading.Thread):
    """The thread that reads, and finds the way back to a stream that was lost."""

    def __init__(
        self, label: str, opened: Callable[[], Capture | Webcam], sampling: Sampling,
        options: LiveOptions, newest: Newest,
    ) -> None:  # fmt: skip
        super().__init__(name=f"reader of {label}", daemon=True)
        self._label = label
        self._opened = opened
        self._sampling = sampling
        self._options = options
        self._newest = newest
        self._over = threading.Event()
        self._times = StreamTimes()
        self._index = 0
        self.fps = 0.0
        self.outages = 0
        self.lost = False

    def stop(self) -> None:
        """Ask the thread to end."""
        self._over.set()

    def run(self) -> None:
        """Read until the source is closed or lost for good."""
        try:
            capture: Capture | Webcam | None = self._opened()
            assert capture is not None
            self.fps = capture.fps
            while capture is not None:
                self._read_out(capture)
                capture = self._reopened()
        except SourceError as error:
            self._newest.end(error)
        except Exception as error:  # whoever waits for a frame must hear of it
            self._newest.end(SourceError(f"{self._label}: {type(error).__name__}: {error}"))

    def _read_out(self, capture: Capture | Webcam) -> None:
        """Pass on the frames of an open stream until it ends."""
        self._times.restart()
        try:
            for picture in capture.pictures():
                if self._over.is_set():
                    return
                self._pass_on(picture, has_time=capture.has_times)
        finally:
            capture.release()

    def _pass_on(self, picture: Picture, *, has_time: bool) -> None:
        if self.lost:
            self.lost = False
            logger.warning("%s is back", self._label)
        clock = self._options.clock
        counted, arrived_s = clock.running, clock.now_s()
        stamp_s = picture.time_s if has_time else None
        time_s = self._times.time_of(arrived_s, stamp_s) if counted else 0.0
        if self._times.jumped_s:
            logger.warning(
                "the clock of %s jumped by %.1f s; its frames go by their arrival from there",
                self._label, self._times.jumped_s,
            )  # fmt: skip
        index = self._index
        self._index += counted
        if not counted or self._sampling.wants(index, time_s):
            self._newest.put(Shot(index, time_s, picture.develop(), counted=counted))

    def _reopened(self) -> Capture | Webcam | None:
        """Open a lost stream again; None once the source is closed.

        Raises:
            SourceError: It did not come back in time.
        """
        allowed_s = self._options.reconnect_s
        self.lost = not self._over.is_set()
        if self.lost and allowed_s:
            self.outages += 1
            logger.warning(
                "%s stopped giving frames after %d; trying for %g s to get it back",
                self._label, self._index, allowed_s,
            )  # fmt: skip
        until, pause_s = time.monotonic() + allowed_s, FIRST_PAUSE_S
        while time.monotonic() < until and not self._over.wait(
            min(pause_s, max(until - time.monotonic(), 0))
        ):
            try:
                return self._opened()
            except SourceError:
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        if self._over.is_set():
            return None
        tried = f" and did not come back in {allowed_s:g} s" if allowed_s else ""
        raise SourceError(f"{self._label} stopped giving frames after {self._index}{tried}")


def _open(label: str, source: str, device: str | None) -> Capture | Webcam:
    if source.isdecimal():
        return Webcam(label, int(source))
    return Capture(label, source, live=True, device=device)
