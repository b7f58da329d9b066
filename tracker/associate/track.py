"""One track: its motion, its gallery of appearances, its boxes, and whether it is real yet."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from tracker.associate.kalman import BoxKalman
from tracker.boxes import FloatArray
from tracker.types import EMBEDDING_SIZE, Tracklet

SUMMARY_EMBEDDINGS = 32  # views of a finished tracklet kept for linking, spread over the visit


class State(Enum):
    """Tentative until `n_init` detections in a row; lost while unseen; ended for good."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    LOST = "lost"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Observation:
    """A detection in one frame: box (4,) in pixels, embedding (512,), zero where unknown."""

    frame: int
    time_s: float
    xyxy: FloatArray
    score: float
    embedding: FloatArray


class Track:
    """One visit of one person, while it goes on.

    `track_id` is 0 until the track is confirmed: ids are for people, not for attempts.
    """

    def __init__(self, budget: int) -> None:
        self.track_id = 0
        self.state = State.TENTATIVE
        self.hits = 0
        self.evidence = 0.0  # sum of the scores of its detections
        self.missed = 0  # frames since the last detection
        self.last_seen_s = 0.0
        self.motion: BoxKalman | None = None
        self._now_s = 0.0
        self._gallery: list[FloatArray] = []
        self._budget = budget
        self._history: list[tuple[int, float, FloatArray, float]] = []
        self._views: list[FloatArray] = []
        self._view_step = 1

    def predict(self, time_s: float) -> None:
        """Move the expected box to the time of the current frame."""
        assert self.motion is not None
        self.motion.predict(time_s - self._now_s)
        self._now_s = time_s

    def observe(self, seen: Observation) -> None:
        """Take in a detection of this person; a zero embedding is no evidence and is not kept."""
        if self.motion is None:
            self.motion = BoxKalman(seen.xyxy)
        else:
            self.motion.update(seen.xyxy)
        self.hits += 1
        self.evidence += seen.score
        self.missed = 0
        self._now_s = self.last_seen_s = seen.time_s
        self._history.append((seen.frame, seen.time_s, seen.xyxy, seen.score))
        if self.state is State.LOST:
            self.state = State.CONFIRMED
        if seen.embedding.any():
            self._gallery = [*self._gallery, seen.embedding][-self._budget :]
            self._keep_view(seen.embedding)

    def restart_motion(self) -> None:
        """Forget the motion: the person turned up where it did not expect them."""
        self.motion = None

    def miss(self) -> None:
        """Note that the current frame has no detection of this person."""
        self.missed += 1
        self.state = State.ENDED if self.state is State.TENTATIVE else State.LOST

    @property
    def gallery(self) -> FloatArray:
        """The latest embeddings (G, 512); (0, 512) if there are none."""
        return np.array(self._gallery, np.float32).reshape(-1, EMBEDDING_SIZE)

    @property
    def xyxy(self) -> FloatArray:
        """The expected box (4,) in pixels."""
        assert self.motion is not None
        return self.motion.xyxy

    @property
    def last_xyxy(self) -> FloatArray:
        """The last detected box (4,) in pixels."""
        return self._history[-1][2]

    @property
    def last_score(self) -> float:
        """The score of the last detection."""
        return self._history[-1][3]

    def tracklet(self, camera: str) -> Tracklet:
        """Return the visit so far."""
        frames, times, xyxy, scores = zip(*self._history, strict=True)
        return Tracklet(
            camera=camera,
            track_id=self.track_id,
            frame=np.array(frames, np.int64),
            time_s=np.array(times, np.float64),
            xyxy=np.array(xyxy, np.float32).reshape(-1, 4),
            score=np.array(scores, np.float32),
            observed=np.ones(len(frames), np.bool_),
            embeddings=np.array(self._views, np.float32).reshape(-1, EMBEDDING_SIZE),
        )

    def _keep_view(self, embedding: FloatArray) -> None:
        """Keep every n-th embedding; double n when there are too many, to bound the memory."""
        if (self.hits - 1) % self._view_step == 0:
            self._views.append(embedding)
        if len(self._views) > SUMMARY_EMBEDDINGS:
            self._views = self._views[::2]
            self._view_step *= 2
