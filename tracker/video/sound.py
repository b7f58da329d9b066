"""The sound of a recording, brought into its annotated video."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import av
from av import AudioStream
from av.container import OutputContainer
from av.stream import Discard

COPIED = {"aac", "mp3", "mp3float", "opus", "flac", "ac3"}  # players know them in an MP4,
OTHERWISE = "aac"  # and what is none of them becomes this

Timed: TypeAlias = "tuple[float, Any]"  # a packet of the video, and its timestamp in the source


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """Where sound comes from."""

    path: Path  # the recording
    zero_s: float  # timestamp in it of what is zero for the pictures' times


class Sound:
    """Brings sound into an open video, as far as its pictures have come.

    Args:
        track: Where it comes from.
        out: The video, of which nothing is written yet.
    """

    def __init__(self, track: SoundTrack, out: OutputContainer) -> None:
        self._zero_s = track.zero_s
        self._source = av.open(f"file:{track.path}", metadata_errors="replace")
        self._packets: Iterator[Timed] = iter(())
        self._next: Timed | None = None
        heard = self._source.streams.best("audio")
        if not isinstance(heard, AudioStream) or not heard.codec_context:
            return
        for stream in self._source.streams:
            stream.discard = Discard.default if stream.index == heard.index else Discard.all
        name = heard.codec_context.name
        if name in COPIED and name.removesuffix("float") in out.supported_codecs:
            self._packets = self._copied(heard, out.add_stream_from_template(heard))
        else:
            rate = heard.codec_context.sample_rate
            added = out.add_stream(OTHERWISE, rate=rate)
            assert isinstance(added, AudioStream)
            self._packets = self._encoded(heard, added)

    def follow(self, out: OutputContainer, begins_s: float, until_s: float) -> None:
        """Write what sounds up to a time of the pictures; the video begins at `begins_s`."""
        while True:
            self._next = self._next or next(self._packets, None)
            if self._next is None or self._next[0] - self._zero_s > until_s:
                return
            (stamp_s, packet), self._next = self._next, None
            time_s = stamp_s - self._zero_s - begins_s
            if time_s >= 0:
                packet.pts = packet.dts = round(time_s / packet.time_base)
                out.mux(packet)

    def close(self) -> None:
        """Close the recording."""
        self._source.close()

    def _copied(self, heard: AudioStream, track: AudioStream) -> Iterator[Timed]:
        for packet in self._source.demux(heard):
            if packet.pts is not None and packet.time_base:
                stamp_s = float(packet.pts * packet.time_base)
                packet.stream = track
                yield stamp_s, packet

    def _encoded(self, heard: AudioStream, track: AudioStream) -> Iterator[Timed]:
        begins_s, samples = 0.0, 0
        for frame in chain(self._source.decode(heard), (None,)):
            if frame is not None:
                begins_s = begins_s if samples else frame.time or 0.0
                frame.time_base, frame.pts = Fraction(1, frame.sample_rate), samples
                samples += frame.samples
            for packet in track.encode(frame):
                yield begins_s + float((packet.pts or 0) * (packet.time_base or 0)), packet
