"""FFmpeg's reader of files and streams, by PyAV; what it does not tell becomes errors."""

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial

import av
from av import FFmpegError, VideoFrame, VideoStream
from av.container import InputContainer
from av.stream import Disposition

from tracker.core.address import is_address
from tracker.core.errors import SourceError
from tracker.core.types import Image
from tracker.video.deinterlace import Deinterlacer
from tracker.video.frame_numbers import FrameNumbers, VideoPacket, stamp_of
from tracker.video.hardware import EXACT, acceleration
from tracker.video.header import length_of, rate_of, stated_rate, why_unreadable
from tracker.video.picture import Developer

logger = logging.getLogger(__name__)

FIRST_PACKETS, FIRST_BYTES = 50, 8_000_000  # that are looked at before the first one is decoded
OPEN_WITHIN_S, READ_WITHIN_S = 8.0, 5.0  # of a stream, before it counts as dead
NO_TIMES = 0x80  # FFmpeg's AVFMT_NOTIMESTAMPS
MICROSECONDS = 1_000_000  # in which a container counts
_STREAM_OPTIONS = {"rtsp_transport": "tcp"}  # with UDP, pictures break up where packets are lost


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was decoded; `develop` makes the image, which is not free."""

    index: int  # its number in the stream
    time_s: float  # seconds from the first one; nan where the source does not tell
    develop: Callable[[], Image]


class Capture:
    """An open file or stream, and its pictures one by one, in the order in which they are shown.

    Args:
        label: What messages call it.
        source: A path or an address.
        live: Whether it comes in real time: no picture waits for a later one to be decoded.
        stream: Which of several video streams, from 0; None for the one that players show.
        device: What decodes, as FFmpeg calls it; None for the processor.

    Attributes:
        fps: Frames per second, as stated or as the first timestamps tell.
        numbers: Of the pictures so far, their times, and what of them was damaged.

    Raises:
        SourceError: It cannot be opened, or has no such video stream.
    """

    def __init__(
        self, label: str, source: str, *, live: bool = False, stream: int | None = None,
        device: str | None = None,
    ) -> None:  # fmt: skip
        self._label = label
        self._source = source
        self._container = _open_with(label, source, device, live=live)
        self._first: list[VideoPacket] = []
        try:
            self._stream = _choose(label, self._container, stream)
            self._stream.thread_type = "SLICE" if live else "AUTO"
            self._packets = self._container.demux(self._stream)
            if not live:
                self._look_ahead()
            self.fps = rate_of(label, stated_rate(self._stream), self._first)
        except BaseException:
            self.release()
            raise
        self.numbers = FrameNumbers(1 / self.fps)
        self._developer = Developer(self._stream.sample_aspect_ratio)
        self._sent = 0
        self._broke = False

    @property
    def has_length(self) -> bool:
        """Whether it is a file that ends, and no stream."""
        return bool(self._container.duration) or self._stream.frames > 0

    @property
    def has_times(self) -> bool:
        """Whether timestamps tell when pictures were taken; FFmpeg only counts those of others."""
        return not self._container.format.flags & NO_TIMES

    def pictures(self) -> Iterator[Picture]:
        """Yield what can be decoded; damage is noted in `numbers`."""
        deinterlacer = Deinterlacer()
        for frame in self._frames():
            for shown, (index, time_s) in deinterlacer.put(frame, self.numbers.place(frame)):
                yield Picture(index, time_s, partial(self._developer.develop, shown))
        for shown, (index, time_s) in deinterlacer.end():
            yield Picture(index, time_s, partial(self._developer.develop, shown))
        self.numbers.end()

    def count(self) -> int | None:
        """Return how many frames the header promises; None where it promises none."""
        frames, length_s = self._stream.frames, length_of(self._stream)
        by_time = round((length_s or (self._container.duration or 0) / MICROSECONDS) * self.fps)
        if frames and length_s and abs(frames - by_time) > 1:  # an edit list may leave some out
            entries = self._stream.index_entries
            if len(entries) == frames:
                return sum(not entry.is_discard for entry in entries)
        return frames or by_time or None

    def cut_off(self) -> str | None:
        """Say what there was of what was promised, if the end is missing; None if it is not."""
        promised, length_s = self._stream.frames, length_of(self._stream)
        if self._sent < promised:
            return f"{self._sent} of the {promised} frames in its header are there"
        ends_s = self.numbers.ends_s
        if not promised and length_s and ends_s + 2 * self.numbers.period_s < length_s:
            return f"it ends after {ends_s:.1f} of {length_s:.1f} s"
        return "reading it broke off" if self._broke else None

    def release(self) -> None:
        """Close it."""
        self._container.close()

    def _look_ahead(self) -> None:
        """Read the first packets, which tell the rate."""
        size = 0
        for packet in self._read(self._packets):
            self._first.append(packet)
            size += packet.size
            if len(self._first) >= FIRST_PACKETS or size >= FIRST_BYTES:
                return

    def _frames(self) -> Iterator[VideoFrame]:
        """Yield what the decoder gives, to its end; errors only mean that it gives less."""
        while self._first:
            yield from self._decode(self._first.pop(0))
        for packet in self._read(self._packets):
            yield from self._decode(packet)
        if self._broke:
            with suppress(FFmpegError):
                yield from self._stream.codec_context.decode(None)
        if self.numbers.awaited and self._stream.thread_type.name == "AUTO":
            yield from self._last_ones()

    def _last_ones(self) -> Iterator[VideoFrame]:
        """Decode the end again, where packets of it gave nothing.

        PyAV takes what the decoder's threads have left only up to the first error among them.
        """
        reached_s = self.numbers.reached_s
        with closing(_open(self._label, self._source)) as again:
            stream = again.streams.video[self._container.streams.video.index(self._stream)]
            stream.thread_type = "SLICE"
            for packet in self._read(_from(again, stream, reached_s)):
                frames = self._decode(packet, counted=False)
                yield from (f for f in frames if (stamp_of(f) or -math.inf) > reached_s)

    def _decode(self, packet: VideoPacket, *, counted: bool = True) -> list[VideoFrame]:
        if counted:
            self.numbers.sent(packet)
            self._sent += packet.size > 0
        try:
            return list(packet.decode())
        except FFmpegError as error:
            logger.debug("%s: %s", self._label, error)
            return []

    def _read(self, packets: Iterator[VideoPacket]) -> Iterator[VideoPacket]:
        try:
            # `yield from` would close `packets` together with this, but they are read on later.
            for packet in packets:  # noqa: UP028
                yield packet
        except FFmpegError as error:
            self._broke = True
            logger.debug("%s: %s", self._label, error)


def _open_with(label: str, source: str, device: str | None, *, live: bool) -> InputContainer:
    """Open a source so that a device decodes it, if it does so well."""
    if device is None:
        return _open(label, source)
    try:
        container = _open(label, source, device)
    except SourceError:
        container = _open(label, source)  # or the source is the trouble
        logger.warning("%s: '%s' does not open here; the processor decodes", label, device)
        return container
    codecs = {s.codec_context.name for s in container.streams.video if s.codec_context}
    if live or codecs <= EXACT:
        return container
    container.close()
    return _open(label, source)


def _open(label: str, source: str, device: str | None = None) -> InputContainer:
    """Open a source; a path is marked as such, since some names look like addresses."""
    address = is_address(source)
    try:
        container = av.open(
            source if address else f"file:{source}", "r", metadata_errors="replace",
            options=_STREAM_OPTIONS if address else None,
            timeout=(OPEN_WITHIN_S, READ_WITHIN_S) if address else None,
            hwaccel=acceleration(device),
        )  # fmt: skip
    except (FFmpegError, OSError) as error:
        why = why_unreadable(source, error)
        raise SourceError(f"{label} is no readable video; {why}") from error
    if container.format.name == "tty":  # FFmpeg would render a text as terminal art
        container.close()
        raise SourceError(f"{label} is no readable video; {why_unreadable(source, None)}")
    return container


def _from(container: InputContainer, stream: VideoStream, stamp_s: float) -> Iterator[VideoPacket]:
    container.seek(int(stamp_s * MICROSECONDS))
    yield from container.demux(stream)


def _choose(label: str, container: InputContainer, number: int | None) -> VideoStream:
    """Return a video stream that can be decoded; covers of music and the like are none."""
    streams = [
        s for s in container.streams.video if not s.disposition & Disposition.attached_pic
    ] or list(container.streams.video)
    if not streams:
        raise SourceError(f"{label} has no video in it")
    if number is not None and number >= len(streams):
        raise SourceError(f"{label} has no video stream {number}; it has {len(streams)}, from 0")
    best = container.streams.best("video")
    chosen = best if number is None and best in streams else streams[number or 0]
    if not isinstance(chosen, VideoStream) or chosen.codec_context is None:
        raise SourceError(f"{label}: this build of FFmpeg has no decoder for its video")
    return chosen
