"""A piece of a visit: boxes during which the person surely stayed the same.

Where two people pass each other, or one is out of sight, a track may go on with the wrong
person. So a track is kept in pieces, cut there; the second pass (`rejoin`) may put them together
otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tracker.boxes import FloatArray
from tracker.types import EMBEDDING_SIZE, Tracklet

MAX_VIEWS = 32  # embeddings kept per piece, spread over it


@dataclass(frozen=True, slots=True)
class Observation:
    """A detection in one frame.

    Attributes:
        xyxy: (4,) float32 pixels.
        embedding: (512,) float32; zero where unknown, or where the crop shows somebody else too.
        entangled: Whether the box shares much of its area with another person's.
    """

    frame: int
    time_s: float
    xyxy: FloatArray
    score: float
    embedding: FloatArray
    entangled: bool = False


class Piece:
    """Collects the observations of one piece, with a bounded number of views."""

    def __init__(self) -> None:
        self._seen: list[tuple[int, float, FloatArray, float]] = []
        self._views: list[FloatArray] = []
        self._step = 1
        self._offered = 0

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, seen: Observation, look: FloatArray) -> None:
        """Take in the next observation and what the person looked like; zeros are no view."""
        self._seen.append((seen.frame, seen.time_s, seen.xyxy, seen.score))
        if not look.any():
            return
        if self._offered % self._step == 0:
            self._views.append(look)
        self._offered += 1
        if len(self._views) > MAX_VIEWS:
            self._views = self._views[::2]
            self._step *= 2

    @classmethod
    def resumed(cls, visit: Tracklet, first: int) -> "Piece":
        """Return a piece of a visit's boxes from the `first` on, with views of all of it."""
        piece = cls()
        rows = zip(
            visit.frame[first:].tolist(), visit.time_s[first:].tolist(), visit.xyxy[first:],
            visit.score[first:].tolist(), strict=True,
        )  # fmt: skip
        piece._seen = [(frame, time_s, xyxy.copy(), score) for frame, time_s, xyxy, score in rows]
        step = -(-len(visit.embeddings) // MAX_VIEWS) or 1
        piece._views = [view.copy() for view in visit.embeddings[::step]]
        return piece

    @property
    def last(self) -> tuple[int, float, FloatArray, float]:
        """Frame, time, box and score of the latest observation."""
        return self._seen[-1]

    def tracklet(self, camera: str, track_id: int) -> Tracklet:
        """Return the observations as a tracklet."""
        frames, times, xyxy, scores = zip(*self._seen, strict=True)
        return Tracklet(
            camera=camera,
            track_id=track_id,
            frame=np.array(frames, np.int64),
            time_s=np.array(times, np.float64),
            xyxy=np.array(xyxy, np.float32).reshape(-1, 4),
            score=np.array(scores, np.float32),
            observed=np.ones(len(frames), np.bool_),
            embeddings=np.array(self._views, np.float32).reshape(-1, EMBEDDING_SIZE),
        )


def concatenate(pieces: Sequence[Tracklet], track_id: int) -> Tracklet:
    """Return one tracklet of pieces that follow each other in time."""
    if len(pieces) == 1:
        return replace(pieces[0], track_id=track_id)
    return Tracklet(
        camera=pieces[0].camera,
        track_id=track_id,
        frame=np.concatenate([p.frame for p in pieces]),
        time_s=np.concatenate([p.time_s for p in pieces]),
        xyxy=np.concatenate([p.xyxy for p in pieces]),
        score=np.concatenate([p.score for p in pieces]),
        observed=np.concatenate([p.observed for p in pieces]),
        embeddings=np.concatenate([p.embeddings for p in pieces]),
    )
