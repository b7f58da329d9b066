"""The data's way for frames as they come: detect -> embed -> associate, camera by camera.

Knows nothing of files, options or terminals.
"""

import heapq
import logging
import math
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tracker.associate.camera_motion import CameraMotion
from tracker.associate.camera_path import CameraPath
from tracker.associate.deepsort import DeepSort
from tracker.associate.fill import only_frames
from tracker.associate.likeness import learn_likeness
from tracker.associate.settle import polish, settle
from tracker.config import TrackerConfig
from tracker.detect.base import Detector
from tracker.embed.embedder import Embedder
from tracker.errors import SourceError
from tracker.source.base import FrameSource, is_ready
from tracker.types import EMBEDDING_SIZE, CameraInfo, FloatArray, Frame, TrackBox, Tracklet

logger = logging.getLogger(__name__)

POLL_S = 0.005  # between two looks at live cameras that have nothing new


@dataclass(frozen=True, slots=True)
class Step:
    """One processed frame, the people seen in it, and all boxes (N, 4) that were detected."""

    frame: Frame
    boxes: list[TrackBox]
    detected: FloatArray


class CameraPipeline:
    """Takes one camera's frames through detection, embedding and association.

    Args:
        source: Open source of frames.
        detector: Finds people; may be shared by several cameras.
        embedder: Tells what they look like; None to track by motion alone.
        config: Settings of the association.
    """

    def __init__(
        self, source: FrameSource, detector: Detector, embedder: Embedder | None,
        config: TrackerConfig,
    ) -> None:  # fmt: skip
        self._source = source
        self._detector = detector
        self._embedder = embedder
        self._config = config
        self.tracker = DeepSort(source.info.name, config, appearance=embedder is not None)
        self._motion = CameraMotion() if config.camera_motion else None
        self._path = CameraPath((source.info.width, source.info.height))
        self._processed: list[int] = []  # of a live source, which leaves frames out
        self.frames_read = 0
        self.failure: SourceError | None = None

    @property
    def info(self) -> CameraInfo:
        """The camera, with the number of frames that were read so far."""
        return replace(self._source.info, frames=self.frames_read)

    @property
    def ready(self) -> bool:
        """Whether the next step needs no waiting for the camera."""
        return is_ready(self._source)

    def steps(self) -> Iterator[Step]:
        """Process frame after frame; a source that breaks ends it and is noted in `failure`."""
        try:
            for frame in self._source.frames():
                step = self._process(frame)
                self.frames_read = frame.index + 1
                yield step
        except SourceError as error:
            self.failure = error
            if self.frames_read:  # else it is told once, by whoever sees all cameras
                logger.error("%s", error)
        finally:
            self._source.close()

    def tracklets(self, stride: int = 1, *, online: bool = False) -> list[Tracklet]:
        """Return the visits so far, gaps filled and boxes smoothed.

        Args:
            stride: Only every `stride`-th frame was processed.
            online: Keep the ids as they were given; else a second pass settles them.
        """
        size = self._source.info.width, self._source.info.height
        return self.polished(self.tracker.tracklets() if online else self._settled(size), stride)

    def polished(self, visits: Sequence[Tracklet], stride: int) -> list[Tracklet]:
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

    def _settled(self, size: tuple[int, int]) -> list[Tracklet]:
        if self._embedder is None:
            return settle(self.tracker.tracklets(), size, None, self._config, self._path)
        pieces = self.tracker.pieces()
        return settle(pieces, size, learn_likeness(pieces), self._config, self._path)

    def _process(self, frame: Frame) -> Step:
        if self._source.info.live:
            self._processed.append(frame.index)
        detections = self._detector.detect(frame)
        if self._embedder is None:
            embeddings = np.zeros((len(detections), EMBEDDING_SIZE), np.float32)
        else:
            embeddings = self._embedder.embed(frame.image, detections.xyxy)
        move = self._motion.update(frame.image, detections.xyxy) if self._motion else None
        if move is not None:
            self._path.add(frame.index, move)
        boxes = self.tracker.update(frame.index, frame.time_s, detections, embeddings, move)
        return Step(frame, boxes, detections.xyxy)


def in_time_order(cameras: Sequence[CameraPipeline]) -> Iterator[tuple[CameraPipeline, Step]]:
    """Process all cameras together, always the one whose time is least advanced.

    Cameras of different rates and lengths stay abreast in time, not in frame numbers. With live
    ones see `as_they_come`: nobody waits for a camera that is lost.
    """
    if any(camera.info.live for camera in cameras):
        yield from as_they_come(cameras)
        return
    waiting: list[tuple[float, int, Iterator[Step]]] = []
    for number, camera in enumerate(cameras):
        before_s = camera.info.offset_s - 1 / camera.info.fps  # as if a frame had just been there
        heapq.heappush(waiting, (before_s, number, camera.steps()))
    while waiting:
        _, number, steps = heapq.heappop(waiting)
        step = next(steps, None)
        if step is not None:
            heapq.heappush(waiting, (step.frame.time_s, number, steps))
            yield cameras[number], step


def as_they_come(cameras: Sequence[CameraPipeline]) -> Iterator[tuple[CameraPipeline, Step]]:
    """Process in turn all cameras that have a frame; files keep to the time of the live ones."""
    going = [(camera, camera.steps()) for camera in cameras]
    reached_s = dict.fromkeys((camera.info.name for camera in cameras), -math.inf)
    while going:
        live_s = [reached_s[c.info.name] for c, _ in going if c.info.live]
        now_s = max(live_s, default=math.inf)
        turn = next(
            (
                t
                for t in going
                if t[0].ready and (t[0].info.live or reached_s[t[0].info.name] < now_s)
            ),
            None,
        )
        if turn is None:
            time.sleep(POLL_S)
            continue
        going.remove(turn)
        step = next(turn[1], None)
        if step is not None:
            going.append(turn)  # behind the others
            reached_s[turn[0].info.name] = step.frame.time_s
            yield turn[0], step
