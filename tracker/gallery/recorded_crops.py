"""Crops of recordings, chosen once identities are settled and cut out in a second pass."""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing

from tracker.core.errors import SourceError
from tracker.core.types import CameraInfo, Frame
from tracker.gallery.choose import Candidate, choose, choose_poster
from tracker.gallery.crop_store import CropStore
from tracker.rendering.annotate import ReopenSource
from tracker.results.result import Result

logger = logging.getLogger(__name__)


class RecordedCrops:
    """Looks at the frames of a second pass for the crops of a settled result.

    Args:
        store: Where the crops go.
        result: What was found.
        stride: Only every `stride`-th frame was processed.
    """

    def __init__(self, store: CropStore, result: Result, stride: int) -> None:
        self._store = store
        self._wanted: dict[str, dict[int, list[Candidate]]] = {}
        self._poster: dict[str, int] = {}  # removed once the camera has one
        for camera in result.cameras:
            visits = [t for t in result.visits() if t.camera == camera.name]
            self._wanted[camera.name] = choose(visits, (camera.width, camera.height))
            self._poster[camera.name] = choose_poster(visits, camera, stride)

    def look(self, frame: Frame) -> None:
        """Take what is wanted of a frame; the frames of a camera come in order."""
        if frame.index >= self._poster.get(frame.camera, frame.index + 1):
            self._store.add_poster(frame)
            del self._poster[frame.camera]
        for box in self._wanted[frame.camera].get(frame.index, []):
            self._store.offer(frame, box.track_id, box.part, box.xyxy, box.worth)

    def frames_needed(self, cameras: Sequence[CameraInfo]) -> int:
        """Return how many frames `read` will decode at most."""
        return sum(self._last(camera.name) + 1 for camera in cameras)

    def read(
        self, cameras: Sequence[CameraInfo], reopen: ReopenSource, done: Callable[[Frame], None]
    ) -> None:
        """Read these cameras as far as is needed; one that breaks keeps the crops until then."""
        for camera in cameras:
            try:
                self._read(camera.name, reopen, done)
            except SourceError as error:
                logger.error("%s; the crops of what comes later are missing", error)

    def _read(self, camera: str, reopen: ReopenSource, done: Callable[[Frame], None]) -> None:
        last = self._last(camera)
        with closing(reopen(camera)) as source:
            for frame in source.frames():
                self.look(frame)
                done(frame)
                if frame.index >= last:
                    return

    def _last(self, camera: str) -> int:
        return max([self._poster.get(camera, 0), *self._wanted[camera]])
