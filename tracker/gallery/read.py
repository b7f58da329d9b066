"""Read a gallery again, and refuse one that is not whole."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tracker.core.errors import SourceError
from tracker.core.foreign import understanding
from tracker.core.names import CAMERA_NAME
from tracker.core.types import EMBEDDING_SIZE, FloatArray, IntArray
from tracker.gallery.layout import ABOUT, EMBEDDINGS, FOLDER, FORMAT, crop_path, poster_path
from tracker.results.result import ModelUse

_COLUMNS = 3  # camera, track_id, frame


@dataclass(frozen=True, slots=True)
class Gallery:
    """What a run kept."""

    folder: Path  # where it lies
    cameras: tuple[str, ...]  # names, in the order of the run's tracks.json
    embedding: FloatArray  # (M, 512) float32 of unit length; zero where the run had no ReID model
    row: IntArray  # (M, 3) int64: place of the camera in `cameras`, track_id, frame; sorted
    reid: ModelUse | None  # the model of the embeddings; None for --reid none
    tracks_json: Path  # the run's result, which lies beside the gallery unless it was moved

    def __len__(self) -> int:
        return len(self.row)

    def key(self, place: int) -> tuple[str, int]:
        """Return the camera and track_id of a crop."""
        return self.cameras[self.row[place, 0]], int(self.row[place, 1])

    def crop(self, place: int) -> Path:
        """Return the picture of a crop."""
        return crop_path(self.folder, *self.key(place), int(self.row[place, 2]))

    def poster(self, camera: str) -> Path | None:
        """Return a camera's poster; None if no frame of it was seen."""
        path = poster_path(self.folder, camera)
        return path if path.is_file() else None


def gallery_beside(result: Path) -> Path:
    """Return where the gallery of a run's folder or of its tracks.json lies."""
    return (result if result.is_dir() else result.parent) / FOLDER


def read_gallery(folder: Path) -> Gallery:
    """Read a gallery.

    Args:
        folder: The one called ``gallery``.

    Raises:
        SourceError: Missing, of another format, or damaged; the message names what.
    """
    file = folder / EMBEDDINGS
    if not file.is_file():
        raise SourceError(f"there is no gallery at '{folder}'; make one: run it again with --crops")
    about, arrays = _load(file)
    with understanding(file, "gallery; run it again with --crops"):
        cameras = tuple(map(str, about["cameras"]))
        reid = ModelUse(**about["reid"]) if about["reid"] else None
        tracks_json = folder.parent / Path(about["tracks"]).name
        embedding, row = arrays["embedding"], arrays["row"]
        gallery = Gallery(folder, cameras, embedding, row, reid, tracks_json)
        _require_whole(gallery, file)
    return gallery


def _load(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    from safetensors import safe_open

    with (
        understanding(file, "gallery; run it again with --crops"),
        safe_open(str(file), framework="numpy") as content,
    ):
        about = json.loads((content.metadata() or {}).get(ABOUT, "{}"))
        arrays = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
    form = about.get("format") if isinstance(about, dict) else None
    if form != FORMAT:
        raise SourceError(
            f"{file} has the format '{form}', not {FORMAT}; run it again with --crops"
        )
    return about, arrays


def _require_whole(gallery: Gallery, file: Path) -> None:
    looks, row = gallery.embedding, gallery.row
    again = "run it again with --crops"
    if looks.dtype != np.float32 or looks.shape != (len(looks), EMBEDDING_SIZE):
        raise SourceError(f"{file} is damaged: embeddings of {looks.shape} {looks.dtype}; {again}")
    if row.dtype != np.int64 or row.shape != (len(looks), _COLUMNS):
        raise SourceError(f"{file} is damaged: rows of {row.shape} {row.dtype}; {again}")
    if len(row) and not (row[:, 0].min() >= 0 and row[:, 0].max() < len(gallery.cameras)):
        raise SourceError(f"{file} is damaged: a row names a camera that it lacks; {again}")
    if not all(re.match(CAMERA_NAME, name) for name in gallery.cameras):
        raise SourceError(f"{file} is damaged: a camera's name is no name of a folder; {again}")
    if not np.isfinite(looks).all():
        raise SourceError(f"{file} is damaged: its embeddings are not all numbers; {again}")
    missing = next((p for p in map(gallery.crop, range(len(gallery))) if not p.is_file()), None)
    if missing is not None:
        raise SourceError(f"the gallery lacks its crop '{missing}'; {again}")
