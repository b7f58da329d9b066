"""The data's way for frames as they come: detect -> embed -> associate, camera by camera.

Knows nothing of files, options or terminals.
"""

import heapq
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tracker.associate.camera_motion import CameraMotion
from tracker.associate.camera_path import CameraPath
from tracker.associate.deepsort import DeepSort
from tracker.associate.likeness import learn_likeness
from tracker.associate.settle import polish, settle
from tracker.config import LinkConfig, TrackerConfig
from tracker.detect.base import Detector
from tracker.embed.embedder import Embedder
from tracker.errors import SourceError
from tracker.link.decide import scene_of
from tracker.link.online import REVIEW_S, OnlineIdentities
from tracker.source.base import FrameSource
from tracker.types import EMBEDDING_SIZE, CameraInfo, Frame, TrackBox, Tracklet

logger = logging.getLogger(__name__)

PATIENCE_S = 0.5  # a look at all visits waits so long for the other cameras' next frames


@dataclass(frozen=True, slots=True)
class Step:
    """One processed frame and the people seen in it."""

    frame: Frame
    boxes: list[TrackBox]


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
        self.frames_read = 0
        self.failure: SourceError | None = None

    @property
    def info(self) -> CameraInfo:
        """The camera, with the number of frames that were read so far."""
        return replace(self._source.info, frames=self.frames_read)

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
        visits = self.tracker.tracklets() if online else self._settled(size)
        return polish(visits, size, self._config, stride, self._path)

    def _settled(self, size: tuple[int, int]) -> list[Tracklet]:
        if self._embedder is None:
            return settle(self.tracker.tracklets(), size, None, self._config, self._path)
        pieces = self.tracker.pieces()
        return settle(pieces, size, learn_likeness(pieces), self._config, self._path)

    def _process(self, frame: Frame) -> Step:
        detections = self._detector.detect(frame)
        if self._embedder is None:
            embeddings = np.zeros((len(detections), EMBEDDING_SIZE), np.float32)
        else:
            embeddings = self._embedder.embed(frame.image, detections.xyxy)
        move = self._motion.update(frame.image, detections.xyxy) if self._motion else None
        if move is not None:
            self._path.add(frame.index, move)
        boxes = self.tracker.update(frame.index, frame.time_s, detections, embeddings, move)
        return Step(frame, boxes)


def in_time_order(cameras: Sequence[CameraPipeline]) -> Iterator[tuple[CameraPipeline, Step]]:
    """Process all cameras together, always the one whose time is least advanced.

    Cameras of different rates and lengths stay abreast in time, not in frame numbers.
    """
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


class PeopleNow:
    """Who is in view, as far as it can be known while the cameras run."""

    def __init__(self, config: LinkConfig, cameras: Sequence[CameraInfo] = ()) -> None:
        self.identities = OnlineIdentities(config, scene_of(cameras))
        self._concluded: dict[str, int] = {}
        self._review_s: dict[tuple[str, int], list[float]] = {}  # when, by visit
        self._cameras: set[str] = set()
        self._awaited: set[str] = set()  # cameras whose visits are to be taken in before a look
        self._look_s = math.inf

    def update(
        self, camera: CameraPipeline, time_s: float, boxes: Sequence[TrackBox]
    ) -> dict[int, int]:
        """Return the person of each track_id seen in the camera's current frame."""
        name, tracker = camera.info.name, camera.tracker
        self._cameras.add(name)
        for visit in tracker.ended()[self._concluded.get(name, 0) :]:
            self.identities.conclude(visit)
            del self._review_s[visit.key]
        self._concluded[name] = len(tracker.ended())
        keys = [(name, box.track_id) for box in boxes]
        if any(self._is_due(key, time_s) for key in keys):
            self._awaited, self._look_s = set(self._cameras), time_s + PATIENCE_S
        if name in self._awaited or any(key not in self._review_s for key in keys):
            self._take_in(tracker.current(), time_s)
            self._awaited.discard(name)
        if self._look_s < math.inf and (not self._awaited or time_s >= self._look_s):
            self.identities.look(time_s)
            self._awaited, self._look_s = set(), math.inf
        people = {box.track_id: self.identities.person_of(name, box.track_id) for box in boxes}
        return {track: person for track, person in people.items() if person is not None}

    def _is_due(self, key: tuple[str, int], time_s: float) -> bool:
        return any(due_s <= time_s for due_s in self._review_s.get(key, ())[:1])

    def _take_in(self, visits: Sequence[Tracklet], time_s: float) -> None:
        """Introduce new visits and renew those that are known."""
        for visit in visits:
            if visit.key not in self._review_s:
                self.identities.introduce(visit)
                self._review_s[visit.key] = [visit.start_s + age for age in REVIEW_S]
            else:
                self.identities.renew(visit)
                self._review_s[visit.key] = [t for t in self._review_s[visit.key] if t > time_s]
