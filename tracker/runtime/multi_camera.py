"""The core: frames and boxes of all cameras in, people out.

Knows nothing of files, threads, options or terminals. Whom ReID looks at, and everything else that
depends on what was before, is decided in the order of the frames, so that ids do not depend on how
many of them were read or detected together.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tracker.core.config import LinkConfig, TrackerConfig
from tracker.core.types import (
    EMBEDDING_SIZE,
    BoolArray,
    CameraInfo,
    Detections,
    FloatArray,
    Frame,
    Step,
    TrackBox,
)
from tracker.corrections.replay import link_knowing
from tracker.identity.grouping import scene_of
from tracker.identity.offline import Linked, only_clearly_seen
from tracker.reid.embedder import Embedder
from tracker.results.corrections_file import NOTHING_KNOWN, KnownPlaces
from tracker.results.events_file import Event
from tracker.runtime.camera import CameraTracker
from tracker.runtime.online_people import OnlinePeople, tell_nobody

FORGET_EVERY = 100  # frames
GUESSED_FROM = (4, 40)  # visits of each person and of all, for who is who while a recording runs

FoundIn = tuple[Frame, Detections]


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """How people are followed.

    Attributes:
        tracker: Of each camera.
        link: Of the identities.
        stride: Only every `stride`-th frame is given.
        online: Ids are given as people appear and kept; else a second pass settles them all.
        named: Whether to tell who is who while frames come, which without `online` costs time.
    """

    tracker: TrackerConfig
    link: LinkConfig
    stride: int = 1
    online: bool = False
    named: bool = False


class MultiCameraTracker:
    """Follows the people in all cameras and gives them ids.

    Args:
        settings: Thresholds, and when ids are settled.
        embedder: Tells what people look like; None to follow by motion alone.
        tell: Is told of events as they happen, if people are named.
    """

    def __init__(
        self, settings: CoreSettings, embedder: Embedder | None,
        tell: Callable[[Event], None] = tell_nobody,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._config = settings.tracker
        self._named = settings.online or settings.named
        self._embedder = embedder
        self._frames = 0
        self.cameras: dict[str, CameraTracker] = {}
        self.people = OnlinePeople(settings.link, tell=tell)

    def add(self, info: CameraInfo) -> None:
        """Add a camera, before its first frame."""
        appearance = self._embedder is not None
        self.cameras[info.name] = CameraTracker(info, self._config, appearance=appearance)
        self.people.add(info)

    def update(self, seen: Sequence[FoundIn]) -> Iterator[Step]:
        """Take in the next frames of all cameras, in order of time.

        What is needed of the looks in a camera's frame depends on the frame before. So frames are
        embedded together only as far as they are of different cameras.
        """
        for group in _of_different_cameras(seen):
            needed = [self.cameras[f.camera].needed(f, found) for f, found in group]
            looks = self._embed(group, needed)
            for (frame, found), embeddings in zip(group, looks, strict=True):
                boxes = self.cameras[frame.camera].take(frame, found, embeddings)
                yield self._step(frame, boxes, found.xyxy)

    def settled(self, known: KnownPlaces | None = None) -> Linked:
        """Return everybody who was seen, when the last frame was taken.

        Args:
            known: What a person said of an earlier run over the same videos.
        """
        online, stride = self._settings.online, self._settings.stride
        visits = [v for c in self.cameras.values() for v in c.visits(stride, online=online)]
        if online:
            self.people.identities.finish(visits)
            return only_clearly_seen(self.people.identities.linked(visits), renumber=False)
        scene = scene_of(c.info for c in self.cameras.values())
        known = known or NOTHING_KNOWN
        return only_clearly_seen(link_knowing(known, visits, self._settings.link, scene))

    def _embed(self, seen: Sequence[FoundIn], needed: Sequence[BoolArray]) -> list[FloatArray]:
        """Embed the people who are needed, (N, 512) for each frame; zeros for the others."""
        looks = [np.zeros((len(d), EMBEDDING_SIZE), np.float32) for _, d in seen]
        wanted = [i for i, which in enumerate(needed) if which.any()]
        if self._embedder is not None and wanted:
            crops = [(seen[i][0].image, seen[i][1].xyxy[needed[i]]) for i in wanted]
            for i, embeddings in zip(wanted, self._embedder.embed_all(crops), strict=True):
                looks[i][needed[i]] = embeddings
        return looks

    def _step(self, frame: Frame, boxes: list[TrackBox], detected: FloatArray) -> Step:
        self._frames += 1
        if not self._named:
            return Step(frame, boxes, detected)
        camera = self.cameras[frame.camera]
        person_of = self.people.update(camera, frame.time_s, boxes)
        if not self._settings.online and self._frames % FORGET_EVERY == 0:
            self.people.forget_oldest(*GUESSED_FROM)  # `settled` will look at everybody again
        named = [replace(box, global_id=person_of[box.track_id]) for box in boxes]
        return Step(frame, named, detected, self.people.identities.count)


def _of_different_cameras(seen: Sequence[FoundIn]) -> Iterator[list[FoundIn]]:
    group: list[FoundIn] = []
    for frame, found in seen:
        if any(frame.camera == other.camera for other, _ in group):
            yield group
            group = []
        group.append((frame, found))
    if group:
        yield group
