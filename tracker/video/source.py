"""What every source of frames has in common."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol, runtime_checkable

import numpy as np

from tracker.core.errors import SourceError
from tracker.core.types import CameraInfo, Frame

FALLBACK_FPS = 25.0  # for frames that come without a rate


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which frames of a source are processed."""

    start_s: float = 0.0  # skip what is earlier, in seconds of the source
    stride: int = 1  # process every `stride`-th frame; indices and times stay those of the source
    max_frames: int | None = None  # stop after so many processed frames; None for all

    def wants(self, index: int, time_s: float) -> bool:
        """Tell whether the frame at this place is to be processed."""
        return time_s >= self.start_s and index % self.stride == 0


@runtime_checkable
class FrameSource(Protocol):
    """Gives the frames of one camera, once, in order.

    Attributes:
        info: The camera. `frames` may be None or wrong; `live` says that frames come in real
            time, so that ids are settled as people appear.
    """

    info: CameraInfo

    def frames(self) -> Iterator[Frame]:
        """Yield the sampled frames.

        Raises:
            SourceError: Nothing can be read, or a stream breaks.
        """
        ...

    def close(self) -> None:
        """Release the file or device."""
        ...


class ShiftedSource:
    """A source on the run's common clock; the numbers of its frames stay its own."""

    def __init__(self, source: FrameSource, offset_s: float) -> None:
        self._source = source
        self._offset_s = offset_s

    @property
    def info(self) -> CameraInfo:
        """What the source says of itself now, with the offset."""
        return replace(self._source.info, offset_s=self._offset_s)

    @info.setter
    def info(self, info: CameraInfo) -> None:
        self._source.info = info

    @property
    def ready(self) -> bool:
        """See `is_ready`."""
        return is_ready(self._source)

    @property
    def lost(self) -> bool:
        """Whether a live source is gone at the moment."""
        return bool(getattr(self._source, "lost", False))

    def frames(self) -> Iterator[Frame]:
        """See `FrameSource.frames`."""
        for frame in self._source.frames():
            yield replace(frame, time_s=frame.time_s + self._offset_s)

    def close(self) -> None:
        """See `FrameSource.close`."""
        self._source.close()


class ProgramSource(ShiftedSource):
    """A source of a program's own: its frames are checked, and those that are wanted given on."""

    def __init__(self, source: FrameSource, sampling: Sampling) -> None:
        super().__init__(source, 0.0)
        self._sampling = sampling

    def frames(self) -> Iterator[Frame]:
        """See `FrameSource.frames`."""
        wanted = (f for f in self._checked() if self._sampling.wants(f.index, f.time_s))
        return islice(wanted, self._sampling.max_frames)

    def _checked(self) -> Iterator[Frame]:
        info, index, time_s = self.info, -1, -math.inf
        label = f"camera '{info.name}' ({info.source})"
        for frame in super().frames():
            if frame.index <= index or not frame.time_s > time_s:
                raise SourceError(
                    f"{label} gave frame {frame.index} at {frame.time_s:g} s after frame {index} "
                    f"at {time_s:g} s; numbers and times must grow"
                )
            if frame.image.shape != (info.height, info.width, 3) or frame.image.dtype != np.uint8:
                raise SourceError(
                    f"{label} gave frame {frame.index} as {frame.image.dtype} {frame.image.shape}; "
                    f"its info promises uint8 {(info.height, info.width, 3)}"
                )
            index, time_s = frame.index, frame.time_s
            yield replace(frame, camera=info.name)


def is_ready(source: FrameSource) -> bool:
    """Tell whether the next frame, or the end, is there without waiting for a camera.

    Files always are; only live sources say otherwise.
    """
    return bool(getattr(source, "ready", True))


def total_frames(sources: Sequence[FrameSource], sampling: Sampling) -> int | None:
    """Return how many frames all sources will give, as far as their headers know, else None."""
    total = 0
    for source in sources:
        count = source.info.frames
        if count is None:
            if sampling.max_frames is None:
                return None
            count = sampling.max_frames
        skipped = int(sampling.start_s * source.info.fps)
        wanted = -(-max(count - skipped, 0) // sampling.stride)
        total += min(wanted, sampling.max_frames or wanted)
    return total
