"""What a run found: the data that every output is written from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tracker.core.atomic import make_folder, require_writable
from tracker.core.ground import Places, feet_hidden
from tracker.core.types import CameraInfo, FloatArray, Identity, Link, Merge, Visit, global_ids
from tracker.identity.offline import Linked

if TYPE_CHECKING:
    import pandas
    import supervision


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A model that took part, by name and hash; the hash is None where there is no file."""

    name: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class PersonBox:
    """One box of one person in one frame."""

    frame: int
    time_s: float
    track_id: int
    global_id: int
    xyxy: FloatArray  # (4,) pixels
    score: float
    observed: bool
    place_m: Places | None = None  # (2,), NaN if unknown; None where nothing is calibrated


@dataclass(frozen=True, slots=True)
class Result:
    """The cameras as they were read, the models used, and the people found.

    Attributes:
        cameras: `frames` holds how many frames of each source were read.
        links: Why visits were given to people, by the time at which they begin.
        merges: Corrections of ids that had been given while the recording went on.
        suggestions: Links that were too doubtful to be made.
        start: The wall clock at the run's zero, where it is known.
    """

    cameras: list[CameraInfo]
    detector: ModelUse
    reid: ModelUse | None
    identities: list[Identity]
    links: list[Link] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    suggestions: list[Link] = field(default_factory=list)
    start: datetime | None = None

    @classmethod
    def of(
        cls, cameras: list[CameraInfo], detector: ModelUse, reid: ModelUse | None, found: Linked,
        start: datetime | None = None,
    ) -> "Result":  # fmt: skip
        """Return the result of cameras in which these people were found."""
        return cls(
            cameras, detector, reid, found.identities, found.links, found.merges,
            found.suggestions, start,
        )  # fmt: skip

    @property
    def people(self) -> list[Identity]:
        """The persons, each with the visits to all cameras."""
        return self.identities

    def visits(self) -> list[Visit]:
        """Return all visits by camera, in the order of their ids."""
        order = {camera.name: n for n, camera in enumerate(self.cameras)}
        visits = [t for person in self.identities for t in person.visits]
        return sorted(visits, key=lambda t: (order[t.camera], t.track_id))

    def save(self, out: str | Path, *, overwrite: bool = False) -> Path:
        """Write ``tracks.json``: into a folder, made if missing, or to a path that ends in .json.

        Raises:
            OutputError: The file exists and is not to be replaced, or cannot be written.
        """
        from tracker.results.tracks_json import write_tracks_json

        path = Path(out) if Path(out).suffix == ".json" else Path(out) / "tracks.json"
        make_folder(path.parent)
        require_writable(path, overwrite=overwrite)
        write_tracks_json(self, path)
        return path

    def to_pandas(self, rows: Literal["boxes", "visits"] = "boxes") -> "pandas.DataFrame":
        """Return a table with a row for each box, or for each visit; needs pandas."""
        import pandas

        return pandas.DataFrame(self._box_rows() if rows == "boxes" else self._visit_rows())

    def to_supervision(self, camera: str, frame: int) -> "supervision.Detections":
        """Return who is in a camera's frame, with persons as ``tracker_id``; needs supervision."""
        import supervision

        rows = [row for row in self.rows(camera) if row.frame == frame]
        return supervision.Detections(
            xyxy=np.array([r.xyxy for r in rows], np.float32).reshape(-1, 4),
            confidence=np.array([r.score for r in rows], np.float32),
            class_id=np.zeros(len(rows), np.int64),
            tracker_id=np.array([r.global_id for r in rows], np.int64),
            data={"track_id": np.array([r.track_id for r in rows], np.int64)},
        )

    def _box_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "camera": camera.name, "frame": row.frame, "time_s": row.time_s,
                "track_id": row.track_id, "global_id": row.global_id,
                **dict(zip(("x1", "y1", "x2", "y2"), row.xyxy.tolist(), strict=True)),
                "score": row.score, "observed": row.observed,
            }
            for camera in self.cameras for row in self.rows(camera.name)
        ]  # fmt: skip

    def _visit_rows(self) -> list[dict[str, Any]]:
        person_of = global_ids(self.identities)
        return [
            {
                "camera": v.camera, "track_id": v.track_id, "global_id": person_of[v.key],
                "start_s": v.start_s, "end_s": v.end_s, "boxes": len(v.frame),
            }
            for v in self.visits()
        ]  # fmt: skip

    def places(self, visit: Visit) -> Places | None:
        """Return where a visit's boxes stand, (K, 2) in metres; None without calibration.

        NaN at or above the horizon, and where the picture's lower edge hides the feet.
        """
        camera = next(c for c in self.cameras if c.name == visit.camera)
        if camera.ground is None:
            return None
        hidden = feet_hidden(visit.xyxy, camera.height)
        return np.where(hidden[:, None], np.nan, camera.ground.place(visit.xyxy))

    def calibrated(self, camera: CameraInfo) -> bool:
        """Tell whether the camera's boxes have places on the ground."""
        return camera.ground is not None

    def rows(self, camera: str) -> Iterator[PersonBox]:
        """Yield the camera's boxes by frame, then by track_id."""
        person_of = global_ids(self.identities)
        visits = [t for t in self.visits() if t.camera == camera]
        found = (
            PersonBox(
                int(t.frame[i]), float(t.time_s[i]), t.track_id, person_of[t.key],
                t.xyxy[i], float(t.score[i]), bool(t.observed[i]),
                None if places is None else places[i],
            )
            for t in visits for places in (self.places(t),) for i in range(len(t.frame))
        )  # fmt: skip
        yield from sorted(found, key=lambda row: (row.frame, row.track_id))
