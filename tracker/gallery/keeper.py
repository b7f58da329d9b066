"""What a run calls to keep a gallery; everything is a no-op where none is wanted."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tracker.core.types import CameraInfo, Frame, Step
from tracker.gallery.crop_store import CropStore
from tracker.gallery.live_crops import LiveCrops
from tracker.gallery.recorded_crops import RecordedCrops
from tracker.gallery.write import write_gallery
from tracker.reid.embedder import Embedder
from tracker.rendering.annotate import ReopenSource
from tracker.results.result import Result


class GalleryKeeper:
    """Keeps crops either while a run goes on, or in its second pass.

    Args:
        store: Where the crops go; None if no gallery is wanted.
        online: There is no second pass.
    """

    def __init__(self, store: CropStore | None, *, online: bool) -> None:
        self._store = store
        self._live = LiveCrops(store) if store and online else None
        self._recorded: RecordedCrops | None = None

    def step(self, step: Step) -> None:
        """Look at a frame of the first pass and the people in it."""
        if self._live:
            self._live.look(step.frame, step.boxes)

    def begin_second_pass(self, result: Result, stride: int) -> None:
        """Choose what to keep of a settled result."""
        if self._store:
            self._recorded = RecordedCrops(self._store, result, stride)

    def look(self, frame: Frame) -> None:
        """Look at a frame of the second pass."""
        if self._recorded:
            self._recorded.look(frame)

    def frames_needed(self, cameras: Sequence[CameraInfo]) -> int:
        """Return how many frames `read` will decode at most; 0 where nothing is wanted."""
        return self._recorded.frames_needed(cameras) if self._recorded else 0

    def read(
        self, cameras: Sequence[CameraInfo], reopen: ReopenSource, done: Callable[[Frame], None]
    ) -> None:
        """Make the second pass over cameras that nobody else reads again."""
        if self._recorded:
            self._recorded.read(cameras, reopen, done)

    def finish(
        self, result: Result, embedder: Embedder | None, tracks_json: Path | None
    ) -> Iterator[Path]:
        """Write the gallery, and yield its folder.

        Raises:
            OutputError: It cannot be written.
        """
        if self._live:
            self._live.keep_only(result)
        if self._store and tracks_json:
            write_gallery(self._store, result, embedder, tracks_json.name)
            yield self._store.target


@contextmanager
def keep_gallery(folder: Path | None, *, online: bool) -> Iterator[GalleryKeeper]:
    """Begin a gallery in `folder`, if there is to be one; nothing is left of an unfinished one."""
    store = CropStore(folder) if folder else None
    try:
        yield GalleryKeeper(store, online=online)
    finally:
        if store:
            store.discard()
