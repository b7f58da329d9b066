"""What a video says of itself: rate, length, and what is wrong where it cannot be read."""

import io
import logging
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import BinaryIO

from av import VideoStream

from tracker.core.address import is_address
from tracker.video.frame_numbers import VideoPacket, stamp_of
from tracker.video.source import FALLBACK_FPS

logger = logging.getLogger(__name__)

SLOWEST_FPS, FASTEST_FPS = 0.01, 500.0  # that anybody records
EVEN = 0.1  # steps between timestamps that differ by less of themselves,
ROUNDED_S = 2e-3  # or by the milliseconds that Matroska rounds to, are of a constant rate
BOX_HEAD = 8  # bytes of length and kind before each box of an MP4
OFF, OFF_EVEN = 1.5, 1.02  # a stated rate that is off by more than this factor is wrong


def stated_rate(stream: VideoStream) -> float | None:
    """Return the frame rate in the header, if it can be one."""
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate and SLOWEST_FPS <= rate <= FASTEST_FPS:
            return float(rate)
    return None


def rate_of(label: str, stated: float | None, first: Sequence[VideoPacket]) -> float:
    """Return the frame rate: as stated, or where the first timestamps contradict it, theirs."""
    stamps = sorted({stamp for packet in first if (stamp := stamp_of(packet)) is not None})
    steps = [later - earlier for earlier, later in pairwise(stamps)]
    if not steps:
        if stated is None:
            logger.warning("%s states no frame rate; assuming %g", label, FALLBACK_FPS)
        return stated or FALLBACK_FPS
    usual_s = median(steps)
    even = max(steps) - min(steps) <= max(EVEN * usual_s, ROUNDED_S)
    seen = len(steps) / (stamps[-1] - stamps[0]) if even else 1 / usual_s
    most = OFF_EVEN if even else OFF
    return stated if stated is not None and 1 / most < stated / seen < most else seen


def length_of(stream: VideoStream) -> float | None:
    """Return the seconds from the first to the last frame that the header promises."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    told = stream.metadata.get("DURATION", "")  # Matroska's, from the file's zero
    try:
        hours, minutes, seconds = map(float, told.split(":"))
    except ValueError:
        return None
    begins = (stream.start_time or 0) * (stream.time_base or 0)
    return 3600 * hours + 60 * minutes + seconds - float(begins)


def why_unreadable(source: str, error: Exception | None) -> str:
    """Say what may be wrong with a source that cannot be opened, and what to do."""
    if is_address(source):
        return "is the address right and the camera reachable from here?"
    if error is not None and _lacks_index(Path(source)):
        return "it was cut off before its index (moov) was written; copy it again or repair it"
    return "give a video file, a folder of frames, a quoted glob, a webcam number or an address"


def _lacks_index(path: Path) -> bool:
    """Tell whether a file is an MP4 whose recording was never ended."""
    try:
        with path.open("rb") as file:
            kinds = [kind for kind, _, _ in mp4_boxes(file)]
    except OSError:
        return False
    return kinds[:1] == [b"ftyp"] and b"moov" not in kinds


def mp4_boxes(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the outermost boxes of an MP4 that are there to their end."""
    size, start = file.seek(0, io.SEEK_END), 0
    while start + BOX_HEAD <= size:
        file.seek(start)
        length, kind = int.from_bytes(file.read(4), "big"), file.read(4)
        if length == 1:
            length = int.from_bytes(file.read(8), "big")
        if length < BOX_HEAD or start + length > size:
            return
        yield kind, start, start + length
        start += length
