"""The clock of a run with live sources: one zero for all cameras, and what the wall clock said."""

import time
from datetime import datetime, timedelta, timezone


class RunClock:
    """Seconds since the run began to take frames.

    It stands until the first camera is read: what cameras send while models are being loaded
    belongs to no run.
    """

    def __init__(self) -> None:
        self._zero_s: float | None = None
        self._zero = datetime.now(timezone.utc)

    @property
    def running(self) -> bool:
        """Whether it was begun."""
        return self._zero_s is not None

    @property
    def start(self) -> datetime | None:
        """The wall clock at zero, UTC; None before it was begun."""
        return self._zero if self.running else None

    def begin(self) -> None:
        """Let this instant be zero, unless another one is already."""
        if self._zero_s is None:
            self._zero_s = time.monotonic()
            self._zero = datetime.now(timezone.utc)

    def now_s(self) -> float:
        """Return the seconds since zero; 0 before."""
        return 0.0 if self._zero_s is None else time.monotonic() - self._zero_s

    def wall(self, time_s: float) -> str:
        """Return what the wall clock said at a time of the run: UTC, to the millisecond."""
        told = self._zero + timedelta(seconds=time_s)
        return told.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class StreamTimes:
    """Times of a stream's frames on the run's clock, from its timestamps and their arrival.

    Frames arrive late by how long the network and the decoder held them, which changes; the
    timestamps have the right distances but an unknown zero, and a clock that runs a little fast
    or slow. So the frame that was least late tells the zero, which is forgotten slowly.
    """

    LEAK = 1e-3  # by how much a camera's clock may run wrong
    MOST_LATE_S = 2.0  # with more, the timestamps are not those of the frames' taking

    def __init__(self) -> None:
        self._zero_s: float | None = None  # of the timestamps, on the run's clock
        self._stamp_s = 0.0
        self._arrived_s = 0.0
        self._last_s = float("-inf")
        self.jumped_s = 0.0  # by how much the camera's clock jumped with the last frame

    def time_of(self, arrived_s: float, stamp_s: float | None) -> float:
        """Return when a frame was taken; later than that of the frame before.

        Args:
            arrived_s: When it arrived, on the run's clock.
            stamp_s: Its timestamp; None where the stream has none that tell of time.
        """
        time_s = arrived_s if stamp_s is None else self._by_stamp(arrived_s, stamp_s)
        self._last_s = max(time_s, self._last_s + 1e-3)
        return self._last_s

    def restart(self) -> None:
        """Forget the timestamps: the stream was begun anew."""
        self._zero_s = None

    def _by_stamp(self, arrived_s: float, stamp_s: float) -> float:
        zero_s, passed_s = self._zero_s, stamp_s - self._stamp_s
        ahead_s = passed_s - (arrived_s - self._arrived_s)
        jumped = zero_s is not None and (passed_s < 0 or ahead_s > self.MOST_LATE_S)
        self.jumped_s = ahead_s if jumped else 0.0
        self._stamp_s, self._arrived_s = stamp_s, arrived_s
        if zero_s is None or passed_s <= 0:
            zero_s = arrived_s - stamp_s
        zero_s = min(zero_s + self.LEAK * passed_s, arrived_s - stamp_s)
        if arrived_s - (zero_s + stamp_s) > self.MOST_LATE_S:
            zero_s = arrived_s - stamp_s
        self._zero_s = zero_s
        return zero_s + stamp_s
