"""A fragment of a visit: boxes during which the person surely stayed the same.

Where two people pass each other, or one is out of sight, a track may go on with the wrong
person. So a track is kept in fragments, cut there; the second pass (`rejoin`) may put them together
otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import EMBEDDING_SIZE, Visit

MAX_VIEWS = 32  # embeddings kept per fragment, spread over it


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
    xyxy: Floats
    score: float
    embedding: Floats
    entangled: bool = False


class Fragment:
    """Collects the observations of one fragment, with a bounded number of views."""

    def __init__(self) -> None:
        self._seen: list[tuple[int, float, Floats, float]] = []
        self._views: list[Floats] = []
        self._step = 1
        self._offered = 0

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, seen: Observation, look: Floats) -> None:
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
    def resumed(cls, visit: Visit) -> "Fragment":
        """Return a fragment with a visit's boxes and views, to go on with."""
        fragment = cls()
        rows = zip(
            visit.frame.tolist(), visit.time_s.tolist(), visit.xyxy, visit.score.tolist(),
            strict=True,
        )  # fmt: skip
        fragment._seen = [
            (frame, time_s, xyxy.copy(), score) for frame, time_s, xyxy, score in rows
        ]
        step = -(-len(visit.embeddings) // MAX_VIEWS) or 1
        fragment._views = [view.copy() for view in visit.embeddings[::step]]
        return fragment

    @property
    def last(self) -> tuple[int, float, Floats, float]:
        """Frame, time, box and score of the latest observation."""
        return self._seen[-1]

    def visit(self, camera: str, track_id: int) -> Visit:
        """Return the observations as a visit."""
        frames, times, xyxy, scores = zip(*self._seen, strict=True)
        return Visit(
            camera=camera,
            track_id=track_id,
            frame=np.array(frames, np.int64),
            time_s=np.array(times, np.float64),
            xyxy=np.array(xyxy, np.float32).reshape(-1, 4),
            score=np.array(scores, np.float32),
            observed=np.ones(len(frames), np.bool_),
            embeddings=np.array(self._views, np.float32).reshape(-1, EMBEDDING_SIZE),
        )


def concatenate(fragments: Sequence[Visit], track_id: int) -> Visit:
    """Return one visit of fragments that follow each other in time."""
    if len(fragments) == 1:
        return replace(fragments[0], track_id=track_id)
    return Visit(
        camera=fragments[0].camera,
        track_id=track_id,
        frame=np.concatenate([p.frame for p in fragments]),
        time_s=np.concatenate([p.time_s for p in fragments]),
        xyxy=np.concatenate([p.xyxy for p in fragments]),
        score=np.concatenate([p.score for p in fragments]),
        observed=np.concatenate([p.observed for p in fragments]),
        embeddings=np.concatenate([p.embeddings for p in fragments]),
    )
