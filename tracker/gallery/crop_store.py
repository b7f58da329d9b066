"""A gallery in the making: crops go to disk as they are chosen, under a temporary name."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tracker.core.atomic import temporary_beside
from tracker.core.errors import OutputError
from tracker.core.pictures import as_jpeg
from tracker.core.types import FloatArray, Frame, VisitKey
from tracker.gallery.layout import crop_path, poster_path
from tracker.gallery.picture import CROP_QUALITY, POSTER_QUALITY, cut, poster, sharpness
from tracker.reid.crop import croppable


@dataclass(frozen=True, slots=True)
class StoredCrop:
    """A crop that lies on disk."""

    frame: int
    time_s: float
    worth: float


class CropStore:
    """Keeps the best crop of each part of each visit, and one poster per camera.

    Memory holds numbers alone. What `put_in_place` has not given its name goes with `discard`.

    Args:
        target: Where the gallery will lie.

    Raises:
        OutputError: The folder cannot be written to.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.folder = temporary_beside(target)
        self.visits: dict[VisitKey, dict[int, StoredCrop]] = {}
        try:
            self.folder.mkdir()
        except OSError as error:
            raise self._failed(error) from error

    def offer(self, frame: Frame, track_id: int, part: int, xyxy: FloatArray, worth: float) -> None:
        """Cut a box (4,) out and keep it where it is the best of its part so far."""
        if not croppable(xyxy[None], frame.image)[0]:
            return
        crop = cut(frame.image, xyxy)
        value = worth * sharpness(crop) ** 0.5
        parts = self.visits.setdefault((frame.camera, track_id), {})
        if part in parts and parts[part].worth >= value:
            return
        path = crop_path(self.folder, frame.camera, track_id, frame.index)
        self._write(path, as_jpeg(crop, CROP_QUALITY))
        if part in parts:
            self.drop((frame.camera, track_id), part)
        parts[part] = StoredCrop(frame.index, frame.time_s, value)

    def drop(self, key: VisitKey, part: int) -> None:
        """Remove a crop."""
        kept = self.visits[key].pop(part)
        crop_path(self.folder, *key, kept.frame).unlink()

    def join_pairs(self, key: VisitKey) -> None:
        """Make one part of each two of a visit, with the better crop."""
        parts = self.visits.get(key, {})
        for part in sorted(parts):
            rival = part ^ 1
            if part in parts and rival in parts:
                self.drop(key, min(part, rival, key=lambda p: parts[p].worth))
        self.visits[key] = {part // 2: kept for part, kept in parts.items()}

    def add_poster(self, frame: Frame) -> None:
        """Keep a frame as its camera's poster, instead of an earlier one."""
        picture = as_jpeg(poster(frame.image), POSTER_QUALITY)
        self._write(poster_path(self.folder, frame.camera), picture)

    def retain(self, wanted: Mapping[VisitKey, set[int]]) -> None:
        """Remove the crops of all visits but these, and of other frames than theirs."""
        for key, parts in list(self.visits.items()):
            frames = wanted.get(key, set())
            for part in [p for p, kept in parts.items() if kept.frame not in frames]:
                self.drop(key, part)
            if not parts:
                del self.visits[key]
                folder = crop_path(self.folder, *key, 0).parent
                folder.rmdir()
                with suppress(OSError):
                    folder.parent.rmdir()  # the camera's, when it was the last one

    def put_in_place(self) -> None:
        """Give the gallery its name; one that `require_free` let pass is replaced.

        Raises:
            OutputError: That is not possible.
        """
        old = temporary_beside(self.target, "old")
        try:
            if self.target.exists():
                self.target.rename(old)
            self.folder.rename(self.target)
            shutil.rmtree(old, ignore_errors=True)
        except OSError as error:
            raise self._failed(error) from error

    def discard(self) -> None:
        """Remove what has no name yet."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, path: Path, content: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(f"cannot write '{self.target}': {error.strerror or error}")
