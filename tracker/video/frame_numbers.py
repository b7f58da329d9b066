"""Which picture of a stream a decoded one is, and when it was taken, also where some are lost."""

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, TypeAlias

from av import VideoFrame

if TYPE_CHECKING:
    from av import Packet, VideoStream

VideoPacket: TypeAlias = "Packet[VideoStream]"  # PyAV's class takes no parameter when it runs

BACK = 2.5  # periods; a timestamp that is further back begins a new count, a nearer one is inexact
MOST_STRETCHES = 100  # of damage that are remembered
LEAST_STEP_S = 1e-3  # times grow by this at least


@dataclass(slots=True)
class Damage:
    """What of a stream could not be decoded."""

    lost: int = 0  # how many pictures are missing
    flawed: int = 0  # how many are there, but the decoder says that something in them is wrong
    # first and last time in seconds of each stretch of either kind
    stretches: list[tuple[float, float]] = field(default_factory=list)

    def add(self, begins_s: float, ends_s: float, gap_s: float) -> None:
        """Note a stretch; one that begins within `gap_s` of the last one continues it."""
        if self.stretches and begins_s - self.stretches[-1][1] <= gap_s:
            begins_s = self.stretches.pop()[0]
        if len(self.stretches) < MOST_STRETCHES:
            self.stretches.append((begins_s, ends_s))


class FrameNumbers:
    """Numbers and times of a stream's pictures.

    The timestamps of all packets that were sent to the decoder tell which pictures should have
    come. A packet without a picture is no proof of damage: second fields and hidden reference
    pictures are such. So as many are counted as lost as the time that passed has room for.

    Args:
        period_s: Seconds from one picture to the next, as is usual in the stream.
    """

    def __init__(self, period_s: float) -> None:
        self.period_s = period_s
        self.damage = Damage()
        self._coming: list[float] = []  # a heap of timestamps, in seconds
        self._zero_s: float | None = None  # timestamp of the first picture
        self._first_key_s: float | None = None
        self._index, self._time_s, self._stamp_s = -1, 0.0, 0.0

    @property
    def ends_s(self) -> float:
        """When the last picture so far was shown to its end."""
        return self._time_s + self.period_s

    @property
    def zero_s(self) -> float:
        """Timestamp of the first picture."""
        return self._zero_s or 0.0

    @property
    def reached_s(self) -> float:
        """Timestamp of the last picture so far."""
        return self._stamp_s

    @property
    def awaited(self) -> bool:
        """Whether pictures were sent to the decoder that come after the last one so far."""
        return self._zero_s is not None and bool(self._coming)

    def sent(self, packet: VideoPacket) -> None:
        """Note a packet that goes to the decoder."""
        stamp_s = stamp_of(packet)
        if stamp_s is not None and packet.size and not packet.is_discard:
            heappush(self._coming, stamp_s)
            if packet.is_keyframe and self._first_key_s is None:
                self._first_key_s = stamp_s

    def place(self, frame: VideoFrame) -> tuple[int, float]:
        """Return the number of a decoded picture in the stream, and its seconds from the first."""
        stamp_s = stamp_of(frame)
        if self._zero_s is None:
            self._begin(stamp_s)
        if stamp_s is None:
            time_s = self._time_s + self.period_s if self._index >= 0 else 0.0
        else:
            time_s = self._follow(stamp_s)
        self._index, self._time_s = self._index + 1, time_s
        if frame.is_corrupt:
            self.damage.flawed += 1
            self.damage.add(time_s, time_s, 1.5 * self.period_s)
        return self._index, time_s

    def end(self) -> None:
        """Count what was sent after the last picture and did not come."""
        if self._coming and self._zero_s is not None:
            self._lose(max(self._coming) + self.period_s)

    def _begin(self, stamp_s: float | None) -> None:
        """Let the first picture be zero, or a key picture before it that could not be decoded."""
        first_s = 0.0 if stamp_s is None else stamp_s
        if self._first_key_s is not None and self._first_key_s < first_s:
            first_s = self._first_key_s
        while self._coming and self._coming[0] < first_s:
            heappop(self._coming)
        self._zero_s, self._time_s, self._stamp_s = first_s, -self.period_s, first_s - self.period_s

    def _follow(self, stamp_s: float) -> float:
        assert self._zero_s is not None
        if stamp_s < self._stamp_s - BACK * self.period_s:  # as of two recordings in one file
            self._zero_s = stamp_s - self._time_s - self.period_s
        else:
            self._lose(stamp_s)
        self._stamp_s = stamp_s
        while self._coming and self._coming[0] <= stamp_s:
            heappop(self._coming)
        return max(stamp_s - self._zero_s, self._time_s + LEAST_STEP_S, 0.0)

    def _lose(self, until_s: float) -> None:
        """Count the pictures that are missing between the last one and a timestamp."""
        sent = []
        while self._coming and self._coming[0] < until_s:
            sent.append(heappop(self._coming))
        room = round((until_s - self._stamp_s) / self.period_s) - 1
        lost = min(len(sent), room)
        if lost > 0:
            assert self._zero_s is not None
            self._index += lost
            self.damage.lost += lost
            begins_s, ends_s = sent[0] - self._zero_s, sent[-1] - self._zero_s
            self.damage.add(begins_s, ends_s, 1.5 * self.period_s)


def stamp_of(dated: "VideoPacket | VideoFrame") -> float | None:
    """Return when a packet or frame is to be shown, in seconds; None where nothing tells."""
    stamp = dated.dts if dated.pts is None else dated.pts
    if stamp is None or dated.time_base is None:
        return None
    return float(stamp * dated.time_base)
