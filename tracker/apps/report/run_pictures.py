"""The pictures that a run kept beside its tracks.json: crops of visits, a poster per camera."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

from tracker.core.types import VisitKey
from tracker.corrections.pieces import Pieces
from tracker.gallery.read import Gallery, gallery_beside, read_gallery
from tracker.results.tracks_file import TracksFile

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunPictures:
    """Where a run's pictures lie.

    Attributes:
        crops: By visit, then by frame, in order of time.
        posters: By camera.
        gallery: That of the crops, with looks; None where there are none.
    """

    crops: dict[VisitKey, dict[int, Path]] = field(default_factory=dict)
    posters: dict[str, Path] = field(default_factory=dict)
    gallery: Gallery | None = None

    @property
    def shots(self) -> dict[VisitKey, list[int]]:
        """The frames of which there are crops."""
        return {key: list(paths) for key, paths in self.crops.items()}

    def under(self, pieces: Pieces) -> "RunPictures":
        """Return the pictures by the visits that corrections have left."""
        crops = {key: own for key, own in self.crops.items() if key not in pieces.changed}
        for key, parts in pieces.changed.items():
            found = (
                (frame, path)
                for part in parts
                for frame, path in self.crops.get(part.key, {}).items()
                if part.first <= frame <= part.last
            )
            crops[key] = dict(sorted(found))
        return RunPictures(crops, self.posters)


def find_kept(tracks: Path, content: TracksFile) -> RunPictures:
    """Look for the gallery of a tracks.json; there may be none, or that of another result.

    Raises:
        SourceError: It is damaged.
    """
    folder = gallery_beside(tracks)
    if not folder.is_dir():
        return RunPictures()
    gallery = read_gallery(folder)
    crops: dict[VisitKey, dict[int, Path]] = {}
    for place, frame in enumerate(gallery.row[:, 2].tolist()):
        crops.setdefault(gallery.key(place), {})[frame] = gallery.crop(place)
    if not _fits(crops, content):
        logger.warning(
            "%s is of another result than %s and is not shown; run it again with --crops",
            folder, tracks.name,
        )  # fmt: skip
        return RunPictures()
    looks = gallery if gallery.reid else None
    return RunPictures(crops, _posters(gallery, content), looks)


def _fits(crops: dict[VisitKey, dict[int, Path]], content: TracksFile) -> bool:
    """Tell whether all crops are of this result's visits: a run without --crops leaves old ones."""
    spans = {track.key: (track.first_frame, track.last_frame) for track in content.tracks}
    return all(
        key in spans and spans[key][0] <= min(frames) and max(frames) <= spans[key][1]
        for key, frames in crops.items()
    )


def _posters(gallery: Gallery, content: TracksFile) -> dict[str, Path]:
    found = {camera.name: gallery.poster(camera.name) for camera in content.cameras}
    return {name: path for name, path in found.items() if path is not None}
