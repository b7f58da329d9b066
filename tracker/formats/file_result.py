"""A result that comes from a file: boxes and people, without pictures or networks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tracker.core.errors import SourceError
from tracker.core.ground import Places
from tracker.core.types import CameraInfo, Identity, Visit, VisitKey, no_embeddings
from tracker.results.result import ModelUse, Result
from tracker.results.saved_tracks import Content


@dataclass(frozen=True, slots=True)
class FileResult(Result):
    """A result whose places on the ground are known by box, not by calibration.

    Attributes:
        known_places: (K, 2) metres, NaN if unknown, by camera and track_id of calibrated cameras.
    """

    known_places: Mapping[VisitKey, Places] = field(default_factory=dict)

    def places(self, visit: Visit) -> Places | None:
        """See `Result.places`."""
        return self.known_places.get(visit.key)

    def calibrated(self, camera: CameraInfo) -> bool:
        """See `Result.calibrated`."""
        return any(name == camera.name for name, _ in self.known_places)


def load_result(content: Content) -> FileResult:
    """Take the boxes and people of a tracks.json; links and merges stay behind.

    Raises:
        SourceError: The content is no whole tracks.json.
    """
    try:
        visits = {(t["camera"], int(t["track_id"])): t for t in content["tracks"]}
        people = [
            Identity(
                int(person["global_id"]),
                [_tracklet(visits[v["camera"], int(v["track_id"])]) for v in person["tracks"]],
            )
            for person in content["identities"]
        ]
        places = {key: _places(t) for key, t in visits.items() if "place_m" in t["boxes"][0]}
        models = content["models"]
        detector, reid = model_of(models["detector"]), model_of(models["reid"])
        cameras = [camera_of(c) for c in content["cameras"]]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SourceError(
            f"this tracks.json is not whole: {type(error).__name__} {error}"
        ) from error
    if detector is None:
        raise SourceError("this tracks.json is not whole: it names no detector")
    return FileResult(cameras, detector, reid, people, known_places=places)


def camera_of(entry: Mapping[str, Any]) -> CameraInfo:
    """Return a camera that a file names, as tracks.json has it."""
    return CameraInfo(
        str(entry["name"]), str(entry["source"]), int(entry["width"]), int(entry["height"]),
        float(entry["fps"]), int(entry["frames"]), offset_s=float(entry["offset_s"]),
    )  # fmt: skip


def model_of(entry: Mapping[str, Any] | None) -> ModelUse | None:
    """Return a model that a file names, as tracks.json has it."""
    return None if entry is None else ModelUse(str(entry["name"]), entry["sha256"])


def _tracklet(track: Mapping[str, Any]) -> Visit:
    boxes = track["boxes"]
    return Visit(
        track["camera"], int(track["track_id"]),
        np.array([b["frame"] for b in boxes], np.int64),
        np.array([b["time_s"] for b in boxes], np.float64),
        np.array([b["xyxy"] for b in boxes], np.float32).reshape(len(boxes), 4),
        np.array([b["score"] for b in boxes], np.float32),
        np.array([b["observed"] for b in boxes], np.bool_),
        no_embeddings(),
    )  # fmt: skip


def _places(track: Mapping[str, Any]) -> Places:
    unknown = (np.nan, np.nan)
    return np.array([b["place_m"] or unknown for b in track["boxes"]], np.float64)
