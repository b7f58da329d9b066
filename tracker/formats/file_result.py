"""A result that comes from a file: boxes and people, without pictures or networks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tracker.core.errors import SourceError
from tracker.core.ground import Places
from tracker.core.types import CameraInfo, Identity, Visit, VisitKey
from tracker.results.result import ModelUse, Result
from tracker.results.tracks_file import Camera, TracksFile
from tracker.results.tracks_json import model_of, places_of, visit_of


@dataclass(frozen=True, slots=True)
class FileResult(Result):
    """A result whose places on the ground are known by box, not by calibration."""

    # (K, 2) metres, NaN if unknown, by camera and track_id of calibrated cameras
    known_places: Mapping[VisitKey, Places] = field(default_factory=dict)

    def places(self, visit: Visit) -> Places | None:
        """See `Result.places`."""
        return self.known_places.get(visit.key)

    def calibrated(self, camera: CameraInfo) -> bool:
        """See `Result.calibrated`."""
        return any(name == camera.name for name, _ in self.known_places)


def load_result(content: TracksFile) -> FileResult:
    """Take the boxes and people of a tracks.json; links and merges stay behind."""
    tracks = {track.key: track for track in content.tracks}
    people = [
        Identity(p.global_id, [visit_of(tracks[v.key]) for v in p.tracks], p.name or None)
        for p in content.identities
    ]
    places = {key: places_of(track) for key, track in tracks.items()}
    models = content.models
    return FileResult(
        [camera_of(camera) for camera in content.cameras],
        ModelUse(models.detector.name, models.detector.sha256), model_of(models.reid), people,
        start=start_of(content),
        known_places={key: place for key, place in places.items() if place is not None},
    )  # fmt: skip


def start_of(content: TracksFile) -> datetime | None:
    """Return the wall clock at the zero of a tracks.json, where it tells.

    Raises:
        SourceError: It tells no time.
    """
    try:
        return datetime.fromisoformat(content.start) if content.start else None
    except ValueError as error:
        raise SourceError(f"the run's start is '{content.start}', which is no time") from error


def camera_of(c: Camera) -> CameraInfo:
    """Return a camera that a file names."""
    return CameraInfo(c.name, c.source, c.width, c.height, c.fps, c.frames, offset_s=c.offset_s)
