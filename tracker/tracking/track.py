"""One track: its motion, its gallery of appearances, its boxes, and whether it is real yet."""

import math
from dataclasses import replace
from enum import Enum

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import EMBEDDING_SIZE, Visit, no_embeddings
from tracker.tracking.fragment import Fragment, Observation, concatenate

UNSEEN_S = 0.25  # a fragment ends where the person was unseen for longer


class State(Enum):
    """Tentative until `n_init` detections in a row; lost while unseen; ended for good."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    LOST = "lost"
    ENDED = "ended"


class Track:
    """One visit of one person, while it goes on.

    `track_id` is 0 until the track is confirmed: ids are for people, not for attempts.

    Args:
        budget: Embeddings kept.
        motion: Its expected box, (5, 4), see `kalman_batch`.
    """

    def __init__(self, budget: int, motion: Floats) -> None:
        self.track_id = 0
        self.state = State.TENTATIVE
        self.hits = 0
        self.missed = 0  # frames since the last detection
        self.last_seen_s = 0.0
        self.last_look_s = -math.inf  # when an embedding was last taken in
        self._last_look = np.zeros(EMBEDDING_SIZE, np.float32)
        self.motion = motion
        self._gallery = np.zeros((0, EMBEDDING_SIZE), np.float32)
        self._mean: Floats | None = None  # of the gallery; None: to be computed
        self._budget = budget
        self._remembered = 0
        self._oldest = 0
        self._fragments: list[Fragment] = []
        self._unsure = False  # whether somebody else may have been taken for the person
        self._entangled = False

    def observe(self, seen: Observation, *, looks_as_before: bool = False) -> None:
        """Take in a detection of this person; a zero embedding is no evidence and is not kept.

        Where nobody looked, since there was no doubt, the last look counts for this time too.
        """
        self._keep(seen, self._last_look if looks_as_before else seen.embedding)
        self.hits += 1
        self.missed = 0
        self.last_seen_s = seen.time_s
        if self.state is State.LOST:
            self.state = State.CONFIRMED
        if seen.embedding.any():
            self.last_look_s, self._last_look = seen.time_s, seen.embedding
            self._remember(seen.embedding)

    def miss(self) -> None:
        """Note that the current frame has no detection of this person."""
        self.missed += 1
        self.state = State.ENDED if self.state is State.TENTATIVE else State.LOST

    @property
    def gallery(self) -> Floats:
        """The latest embeddings (G, 512), in no order; (0, 512) if there are none."""
        return self._gallery[: self._remembered]

    @property
    def mean_look(self) -> Floats:
        """The mean (512,) of the gallery at unit length."""
        if self._mean is None:
            mean = self.gallery.mean(axis=0)
            self._mean = mean / max(float(np.linalg.norm(mean)), 1e-12)
        return self._mean

    @property
    def last_xyxy(self) -> Floats:
        """The last detected box (4,) in pixels."""
        return self._fragments[-1].last[2]

    @property
    def last_height(self) -> float:
        """The height of the last detected box in pixels."""
        return float(self.last_xyxy[3] - self.last_xyxy[1])

    @property
    def last_score(self) -> float:
        """The score of the last detection."""
        return self._fragments[-1].last[3]

    def fragments(self, camera: str) -> list[Visit]:
        """Return the visit so far, cut where another person may have been taken for this one."""
        return [fragment.visit(camera, self.track_id) for fragment in self._fragments]

    def visit(self, camera: str) -> Visit:
        """Return the visit so far."""
        return concatenate(self.fragments(camera), self.track_id)

    def take_past(self, before_s: float, camera: str) -> Visit | None:
        """Give away the boxes from before a time; None if there are none.

        The very first box stays, so that the visit still begins when it began, and so do the
        last one and what the person looked like.
        """
        whole = self.visit(camera)
        count = min(int(np.searchsorted(whole.time_s, before_s)), len(whole.frame) - 1)
        if count <= 1:
            return None
        rows = np.r_[0, count : len(whole.frame)]
        self._fragments = [Fragment.resumed(whole.rows(rows))]
        return replace(whole.rows(np.arange(count)), embeddings=no_embeddings())

    def _remember(self, embedding: Floats) -> None:
        """Put the embedding in the place of the oldest, once the budget is used up."""
        self._mean = None
        if self._remembered == len(self._gallery) < self._budget:
            room = min(max(2 * self._remembered, 8), self._budget)
            grown = np.zeros((room, EMBEDDING_SIZE), np.float32)
            grown[: self._remembered] = self._gallery
            self._gallery = grown
        if self._remembered < len(self._gallery):
            self._gallery[self._remembered] = embedding
            self._remembered += 1
        else:
            self._gallery[self._oldest] = embedding
            self._oldest = (self._oldest + 1) % self._budget

    def _keep(self, seen: Observation, look: Floats) -> None:
        if self.missed > 1 and seen.time_s - self.last_seen_s > UNSEEN_S:
            self._unsure = True
        if not self._fragments or self._unsure or seen.entangled != self._entangled:
            self._fragments.append(Fragment())
        self._unsure, self._entangled = False, seen.entangled
        self._fragments[-1].add(seen, look)
