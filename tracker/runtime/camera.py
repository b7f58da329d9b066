"""One camera of a run: whom ReID must look at in a frame, and the visits that come of it.

Knows nothing of files, options or terminals.
"""

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from tracker.core.config import TrackerConfig
from tracker.core.types import (
    BoolArray,
    CameraInfo,
    Detections,
    FloatArray,
    Frame,
    TrackBox,
    Visit,
)
from tracker.tracking.appearance_odds import learn_appearance_odds
from tracker.tracking.camera_motion import CameraMotion
from tracker.tracking.camera_path import CameraPath
from tracker.tracking.deepsort import DeepSort
from tracker.tracking.interpolation import only_frames
from tracker.tracking.second_pass import polish, settle


class CameraTracker:
    """Associates what is found in one camera's frames.

    Args:
        info: The camera; `frames` is counted here, what a live source lost is told by the run.
        config: Settings of the association.
        appearance: Whether there will be embeddings; else motion alone counts.
    """

    def __init__(self, info: CameraInfo, config: TrackerConfig, *, appearance: bool) -> None:
        self.info = info
        self._config = config.for_width(info.width)
        self._appearance = appearance
        self.tracker = DeepSort(info.name, self._config, appearance=appearance)
        self._motion = CameraMotion() if config.camera_motion else None
        self._move: FloatArray | None = None  # of the frame between `needed` and `take`
        self._path = CameraPath((info.width, info.height))
        self._processed: list[int] = []  # of a live source, which leaves frames out
        self.frames_read = 0

    def needed(self, frame: Frame, detections: Detections) -> BoolArray:
        """Tell of whom in a frame embeddings are needed, (N,) bool; then `take` it."""
        self._move = self._motion.update(frame.image, detections.xyxy) if self._motion else None
        if not self._appearance:
            return np.zeros(len(detections), np.bool_)
        if self._move is not None:
            return np.ones(len(detections), np.bool_)
        return self.tracker.in_doubt(frame.time_s, detections)

    def take(self, frame: Frame, detections: Detections, embeddings: FloatArray) -> list[TrackBox]:
        """Associate what was found; (N, 512), zeros for whom no embedding is needed."""
        if self.info.live:
            self._processed.append(frame.index)
        if self._move is not None:
            self._path.add(frame.index, self._move)
        boxes = self.tracker.update(frame.index, frame.time_s, detections, embeddings, self._move)
        self.frames_read = frame.index + 1
        return boxes

    def visits(self, stride: int = 1, *, online: bool = False) -> list[Visit]:
        """Return the visits so far, gaps filled and boxes smoothed.

        Args:
            stride: Only every `stride`-th frame was processed.
            online: Keep the ids as they were given; else a second pass settles them.
        """
        return self.polished(self.tracker.visits() if online else self._settled(), stride)

    def polished(self, visits: Sequence[Visit], stride: int) -> list[Visit]:
        """Fill the gaps of visits and smooth their boxes."""
        size = self.info.width, self.info.height
        filled = polish(visits, size, self._config, stride, self._path)
        return [only_frames(v, self._processed) for v in filled] if self._processed else filled

    def forget_frames(self) -> None:
        """Let go of what was noted of frames that no visit reaches back to."""
        going_on = self.tracker.current()
        first = min((int(v.frame[0]) for v in going_on), default=self.frames_read)
        self._path.forget(first)
        del self._processed[: bisect_left(self._processed, first)]

    def _settled(self) -> list[Visit]:
        size = self.info.width, self.info.height
        if not self._appearance:
            return settle(self.tracker.visits(), size, None, self._config, self._path)
        fragments = self.tracker.fragments()
        return settle(fragments, size, learn_appearance_odds(fragments), self._config, self._path)
