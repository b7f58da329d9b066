"""The last minutes of a video that is still being written, as one file that plays at once."""

import io
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av import FFmpegError
from av.container import OutputContainer

from tracker.video.header import mp4_boxes
from tracker.video.writer import FRAGMENT_S, WHOLE, begins_at

FRAGMENTED = {".mp4", ".m4v", ".mov"}
HEAD = {b"ftyp", b"moov"}  # what a player needs before the first fragment


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What was cut out."""

    begins_s: float  # time of its first picture on the run's clock
    length_s: float  # from that to the end of the last one


def cut_out_recent(videos: Sequence[Path], seconds: float, out: Path) -> Excerpt | None:
    """Copy the last seconds of a camera's segments, or of its one video, without encoding anew.

    Args:
        videos: In fragments, the newest last; that one may still grow.
        seconds: How much; a fragment more or less.
        out: Where the excerpt goes.

    Returns:
        What it is; None where nothing is there yet.
    """
    parts: list[tuple[bytes, int]] = []
    wanted = math.ceil(seconds / FRAGMENT_S)
    for path in reversed(videos):
        parts.insert(0, _last_fragments(path, wanted))
        wanted -= parts[0][1]
        if wanted <= 0:
            break
    if not any(count for _, count in parts):
        return None
    with av.open(f"file:{out}", "w", options=dict(WHOLE)) as excerpt:
        return _copy([data for data, count in parts if count], excerpt)


def _last_fragments(path: Path, most: int) -> tuple[bytes, int]:
    """Return a video of the last whole fragments, at most so many, and how many they are."""
    head, fragments = b"", deque[tuple[int, int]](maxlen=most)  # where each begins and ends
    with path.open("rb") as file:
        begins = 0
        for kind, start, end in mp4_boxes(file):
            if kind in HEAD:
                file.seek(start)
                head += file.read(end - start)
            elif kind == b"moof":
                begins = start
            elif kind == b"mdat":
                fragments.append((begins, end))
        data = [head]
        for start, end in fragments:
            file.seek(start)
            data.append(file.read(end - start))
    return b"".join(data), len(fragments)


def _copy(videos: Sequence[bytes], excerpt: OutputContainer) -> Excerpt | None:
    track, first_s, last_s = None, math.inf, -math.inf
    for data in videos:
        with av.open(io.BytesIO(data), "r", metadata_errors="replace") as source:
            stream = source.streams.video[0]
            track = track or excerpt.add_stream_from_template(stream)
            begun_s = begins_at(source) or 0.0
            try:
                for packet in source.demux(stream):
                    if packet.pts is None or packet.dts is None or packet.time_base is None:
                        continue
                    base, time_s = packet.time_base, begun_s + float(packet.pts * packet.time_base)
                    first_s = min(first_s, time_s)
                    last_s = max(last_s, time_s + float((packet.duration or 0) * base))
                    shift = round((begun_s - first_s) / base)
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = track
                    excerpt.mux(packet)
            except FFmpegError:
                continue
    return Excerpt(first_s, last_s - first_s) if track and last_s > first_s else None
