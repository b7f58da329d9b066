"""What a run found: the data that every output is written from."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tracker.core.ground import Places, feet_hidden
from tracker.core.types import CameraInfo, FloatArray, Identity, Link, Merge, Visit, global_ids


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
    """

    cameras: list[CameraInfo]
    detector: ModelUse
    reid: ModelUse | None
    identities: list[Identity]
    links: list[Link] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    suggestions: list[Link] = field(default_factory=list)

    def visits(self) -> list[Visit]:
        """Return all visits by camera, in the order of their ids."""
        order = {camera.name: n for n, camera in enumerate(self.cameras)}
        visits = [t for person in self.identities for t in person.visits]
        return sorted(visits, key=lambda t: (order[t.camera], t.track_id))

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
