"""Crops of what cannot be read twice: kept as people appear, a bounded number of each visit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracker.core.types import Frame, TrackBox, VisitKey
from tracker.gallery.choose import LEAST_APART_S, worth
from tracker.gallery.crop_store import CropStore
from tracker.gallery.layout import MOST_CROPS
from tracker.results.result import Result
from tracker.tracking.crop_quality import covered_share

LOOK_EVERY_S = 0.25  # at one visit; a crop costs a millisecond and perhaps a file


@dataclass(slots=True)
class _Parts:
    """How a visit that still goes on is divided: parts of `width_s` since `start_s`."""

    start_s: float
    looked_s: float
    width_s: float = LEAST_APART_S

    def of(self, time_s: float) -> int:
        return int((time_s - self.start_s) / self.width_s)


class LiveCrops:
    """Looks at every processed frame.

    The parts of a visit double in length whenever there would be too many of them, and of two
    that become one the better crop stays: so crops stay spread over a visit of any length.

    Args:
        store: Where the crops go.
    """

    def __init__(self, store: CropStore) -> None:
        self._store = store
        self._parts: dict[VisitKey, _Parts] = {}
        self._fewest: dict[str, int] = {}  # people in the poster's frame, by camera

    def look(self, frame: Frame, people: Sequence[TrackBox]) -> None:
        """Take what is worth keeping of a frame."""
        if len(people) < self._fewest.get(frame.camera, len(people) + 1):
            self._fewest[frame.camera] = len(people)
            self._store.add_poster(frame)
        if not people:
            return
        xyxy = np.stack([box.xyxy for box in people]).astype(np.float32)
        score = np.array([box.score for box in people], np.float32)
        size = frame.image.shape[1], frame.image.shape[0]
        for box, value in zip(
            people, worth(xyxy, score, covered_share(xyxy), size).tolist(), strict=True
        ):
            part = self._part(frame, box.track_id) if value else None
            if part is not None:
                self._store.offer(frame, box.track_id, part, box.xyxy, value)

    def keep_only(self, result: Result) -> None:
        """Remove the crops of what is not in the result, once that is known."""
        visits = result.visits()
        self._store.retain({t.key: set(t.frame[t.observed].tolist()) for t in visits})

    def _part(self, frame: Frame, track_id: int) -> int | None:
        """Return the part that a box belongs to; None if the visit was just looked at."""
        key = frame.camera, track_id
        parts = self._parts.get(key)
        if parts is None:
            parts = self._parts[key] = _Parts(frame.time_s, frame.time_s)
        elif frame.time_s < parts.looked_s + LOOK_EVERY_S:
            return None
        parts.looked_s = frame.time_s
        while parts.of(frame.time_s) >= MOST_CROPS:
            parts.width_s *= 2
            self._store.join_pairs(key)
        return parts.of(frame.time_s)
