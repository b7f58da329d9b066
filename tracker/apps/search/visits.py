"""What can be found: the visits of a run, each with the mean of what its crops look like."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from tracker.core.errors import ConfigError, SourceError
from tracker.core.types import FloatArray, no_embeddings
from tracker.gallery.read import Gallery, gallery_beside, read_gallery
from tracker.reid.embedder import unit_length
from tracker.results.result import ModelUse
from tracker.results.tracks_file import read_tracks

PersonKey = tuple[Path, int]  # the run's tracks.json and a global_id in it


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is searched."""

    tracks_json: Path  # its result, as an absolute path; what tells runs apart
    start: datetime | None = None  # when its zero was by the wall clock, where that is known

    @property
    def name(self) -> str:
        """What people call it: its folder."""
        return self.tracks_json.parent.name

    def clock_at(self, time_s: float) -> datetime | None:
        """Return the wall clock's time at a second of the run."""
        return self.start + timedelta(seconds=time_s) if self.start else None


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """A visit that can be found; `crop` is the picture that is most like all of them."""

    run: Run
    camera: str
    track_id: int
    global_id: int
    enter_s: float
    leave_s: float
    crop: Path

    @property
    def person(self) -> PersonKey:
        """Whose visit it is."""
        return self.run.tracks_json, self.global_id


@dataclass(frozen=True, slots=True)
class RunVisits:
    """The visits of one run that have crops."""

    run: Run  # the run
    reid: ModelUse  # the model of the looks
    visits: list[SeenVisit]  # V visits
    # (V, 512) float32 of unit length: the mean of each visit's crops, which ranks better than
    # single crops do
    looks: FloatArray

    def nearest(self, query: FloatArray, count: int) -> list[tuple[float, SeenVisit]]:
        """Return the `count` visits most similar to `query` (512,), best first."""
        similarity = self.looks @ query
        best = np.argsort(-similarity, kind="stable")[:count]
        return [(float(similarity[i]), self.visits[i]) for i in best]

    def of_person(self, person: PersonKey, query: FloatArray) -> list[tuple[float, SeenVisit]]:
        """Return all visits of a person, with their similarity."""
        places = [i for i, visit in enumerate(self.visits) if visit.person == person]
        return [(float(self.looks[i] @ query), self.visits[i]) for i in places]

    def __len__(self) -> int:
        return len(self.visits)


def read_run(path: Path, start: datetime | None = None) -> RunVisits:
    """Read what can be found in a run.

    Args:
        path: Its folder, or its tracks.json, also a corrected one.
        start: When its zero was by the wall clock.

    Raises:
        SourceError: It has no gallery or no result, or they do not belong together.
        ConfigError: It was made without a ReID model.
    """
    gallery = read_gallery(gallery_beside(path))
    if gallery.reid is None or gallery.reid.sha256 is None:
        raise ConfigError(
            f"'{path}' was made with --reid none, so that nobody in it can be recognised; run it "
            "again with --crops and a ReID model"
        )
    tracks_json = gallery.tracks_json if path.is_dir() else path
    people = read_tracks(tracks_json).visits()
    owner = {visit.key: (number, visit) for number, visits in people.items() for visit in visits}
    run = Run(tracks_json.resolve(), start)
    visits, looks = [], [no_embeddings()]
    for places in _by_visit(gallery):
        camera, track_id = gallery.key(int(places[0]))
        if (camera, track_id) not in owner:
            raise SourceError(
                f"the gallery of '{path}' has the visit {camera}/{track_id}, which {tracks_json} "
                "lacks: they are not of one run; run it again with --crops"
            )
        look = unit_length(gallery.embedding[places].mean(axis=0, keepdims=True))
        likest = places[int((gallery.embedding[places] @ look[0]).argmax())]
        looks.append(look)
        number, visit = owner[camera, track_id]
        crop = gallery.crop(int(likest)).resolve()
        span = visit.enter_s, visit.leave_s
        visits.append(SeenVisit(run, camera, track_id, number, *span, crop))
    return RunVisits(run, gallery.reid, visits, np.concatenate(looks))


def same_model(found: Sequence[tuple[str, ModelUse]]) -> ModelUse:
    """Return the one model that all galleries were made with.

    Args:
        found: What each gallery is called in messages, and its model.

    Raises:
        ConfigError: There are two.
    """
    first_name, first = found[0]
    for name, reid in found[1:]:
        if reid.sha256 != first.sha256:
            raise ConfigError(
                f"{name} was made with the ReID model {reid.name} (sha256 {short(reid)}), "
                f"{first_name} with {first.name} ({short(first)}): they cannot be compared. Run "
                "one again with --reid and the other's model, or search them one by one"
            )
    return first


def short(model: ModelUse) -> str:
    """Return the beginning of a model's sha256, for messages."""
    return (model.sha256 or "unknown")[:12]


def _by_visit(gallery: Gallery) -> list["np.ndarray"]:
    """Return the places of each visit's crops; the rows are sorted by visit."""
    if not len(gallery):
        return []
    changes = np.flatnonzero((np.diff(gallery.row[:, :2], axis=0) != 0).any(axis=1)) + 1
    return np.split(np.arange(len(gallery)), changes)


def clock(run: Run, time_s: float) -> str:
    """Write a time of a run as people read it: of the day where that is known.

    >>> clock(Run(Path("a/tracks.json")), 3725.06)
    '01:02:05.1'
    >>> clock(Run(Path("a/tracks.json"), datetime(2026, 1, 5, 10)), 3725.06)
    '11:02:05.1'
    """
    at = run.clock_at(time_s)
    if at is not None:
        tenths = round(at.microsecond / 100_000)
        at = at.replace(microsecond=0) + timedelta(seconds=tenths / 10)
        return f"{at:%H:%M:%S}.{at.microsecond // 100_000}"
    tenths = round(time_s * 10)
    return f"{tenths // 36000:02}:{tenths // 600 % 60:02}:{tenths // 10 % 60:02}.{tenths % 10}"
