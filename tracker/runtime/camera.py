"""One camera's way through the program: what is needed of its frames, and what becomes of them.

The frames come from `stages`, with what the networks found in them. Knows nothing of files,
options or terminals.
"""

import logging
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tracker.core.config import TrackerConfig
from tracker.core.errors import SourceError
from tracker.core.types import (
    BoolArray,
    CameraInfo,
    Detections,
    FloatArray,
    Frame,
    TrackBox,
    Visit,
)
from tracker.tracking.appearance_odds import learn_likeness
from tracker.tracking.camera_motion import CameraMotion
from tracker.tracking.camera_path import CameraPath
from tracker.tracking.deepsort import DeepSort
from tracker.tracking.interpolation import only_frames
from tracker.tracking.second_pass import polish, settle
from tracker.video.source import FrameSource, is_ready

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """One processed frame, the people seen in it, and all boxes (N, 4) that were detected."""

    frame: Frame
    boxes: list[TrackBox]
    detected: FloatArray


class CameraPipeline:
    """Associates what is found in one camera's frames.

    Args:
        source: Open source of frames.
        config: Settings of the association.
        appearance: Whether there will be embeddings; else motion alone counts.
    """

    def __init__(self, source: FrameSource, config: TrackerConfig, *, appearance: bool) -> None:
        self._source = source
        self._config = config.for_width(source.info.width)
        self._appearance = appearance
        self.tracker = DeepSort(source.info.name, self._config, appearance=appearance)
        self._motion = CameraMotion() if config.camera_motion else None
        self._moves: deque[FloatArray | None] = deque()  # of frames between `needed` and `take`
        self._path = CameraPath((source.info.width, source.info.height))
        self._processed: list[int] = []  # of a live source, which leaves frames out
        self.frames_read = 0
        self.failure: SourceError | None = None

    @property
    def info(self) -> CameraInfo:
        """The camera, with the number of frames that were processed so far."""
        return replace(self._source.info, frames=self.frames_read)

    @property
    def ready(self) -> bool:
        """Whether the next frame needs no waiting for the camera."""
        return is_ready(self._source)

    def frames(self) -> Iterator[Frame]:
        """Yield the source's frames and close it."""
        try:
            yield from self._source.frames()
        finally:
            self._source.close()

    def needed(self, frame: Frame, detections: Detections) -> BoolArray:
        """Tell of whom in a frame embeddings are needed, (N,) bool; then `take` it."""
        move = self._motion.update(frame.image, detections.xyxy) if self._motion else None
        self._moves.append(move)
        if not self._appearance:
            return np.zeros(len(detections), np.bool_)
        if move is not None:
            return np.ones(len(detections), np.bool_)
        return self.tracker.in_doubt(frame.time_s, detections)

    def take(self, frame: Frame, detections: Detections, embeddings: FloatArray) -> Step:
        """Associate what was found; (N, 512), zeros for whom no embedding is needed."""
        if self._source.info.live:
            self._processed.append(frame.index)
        move = self._moves.popleft()
        if move is not None:
            self._path.add(frame.index, move)
        boxes = self.tracker.update(frame.index, frame.time_s, detections, embeddings, move)
        self.frames_read = frame.index + 1
        return Step(frame, boxes, detections.xyxy)

    def fail(self, error: SourceError) -> None:
        """Note that the source broke after the frames that were taken."""
        self.failure = error
        if self.frames_read:  # else it is told once, by whoever sees all cameras
            logger.error("%s", error)

    def visits(self, stride: int = 1, *, online: bool = False) -> list[Visit]:
        """Return the visits so far, gaps filled and boxes smoothed.

        Args:
            stride: Only every `stride`-th frame was processed.
            online: Keep the ids as they were given; else a second pass settles them.
        """
        size = self._source.info.width, self._source.info.height
        return self.polished(self.tracker.visits() if online else self._settled(size), stride)

    def polished(self, visits: Sequence[Visit], stride: int) -> list[Visit]:
        """Fill the gaps of visits and smooth their boxes."""
        size = self._source.info.width, self._source.info.height
        filled = polish(visits, size, self._config, stride, self._path)
        return [only_frames(v, self._processed) for v in filled] if self._processed else filled

    def forget_frames(self) -> None:
        """Let go of what was noted of frames that no visit reaches back to."""
        going_on = self.tracker.current()
        first = min((int(v.frame[0]) for v in going_on), default=self.frames_read)
        self._path.forget(first)
        del self._processed[: bisect_left(self._processed, first)]

    def _settled(self, size: tuple[int, int]) -> list[Visit]:
        if not self._appearance:
            return settle(self.tracker.visits(), size, None, self._config, self._path)
        pieces = self.tracker.pieces()
        return settle(pieces, size, learn_likeness(pieces), self._config, self._path)
