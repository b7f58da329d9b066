"""What it costs to take each detection of a frame for each track, by looks or by place."""

from collections.abc import Sequence

import numpy as np

from tracker.core import boxes
from tracker.core.boxes import Floats
from tracker.core.config import TrackerConfig
from tracker.core.types import BoolArray, Detections
from tracker.tracking import kalman_batch
from tracker.tracking.crop_quality import covered_share
from tracker.tracking.kalman import CHI2_95_4DOF
from tracker.tracking.track import State, Track

SLOPE = 40.0  # log odds for each unit of cosine distance from the mean look
STRONGEST = 8.0  # log odds; no crop proves more
COVERED = 0.5  # of the log odds that a crop half covered by somebody counts
WALK = 0.8  # own heights per second: 1.4 m/s by 1.7 m, how people walk


class Costs:
    """The costs of one frame's matching stages; infinity forbids a pair."""

    def __init__(
        self, tracks: Sequence[Track], detections: Detections, embeddings: Floats,
        time_s: float, config: TrackerConfig,
    ) -> None:  # fmt: skip
        self._tracks = tracks
        self._xyxy = detections.xyxy.astype(np.float64)
        self._states = states_of(tracks)
        self.score = detections.score
        self._embeddings = embeddings
        self._time_s = time_s
        self._config = config

    def odds(self, tracks: Sequence[int], found: Sequence[int]) -> Floats:
        """Log odds against a pair being one person, by looks and place; infinity off the gate.

        Both count at once: who looks like a track and stands a little aside is weighed against
        who is exactly there and looks less like it. A covered crop tells half as much.
        """
        states, xyxy = self._states[tracks], self._xyxy[found]
        possible = kalman_batch.gating_distances(states, xyxy) <= CHI2_95_4DOF
        distance = self._cosine(tracks, found, possible)
        known = np.isfinite(distance)
        even = self._config.max_cosine_distance
        looks = np.clip(SLOPE * (even - np.where(known, distance, even)), -STRONGEST, STRONGEST)
        looks[:, covered_share(self._xyxy)[found] > self._config.max_cover] *= COVERED
        return np.where(possible, -looks - kalman_batch.place_odds(states, xyxy), np.inf)

    def overlap(self, tracks: Sequence[int], found: Sequence[int]) -> Floats:
        """1 - IoU of the expected box and the detection.

        While a track is tentative, and its velocity hardly known, both boxes grow by what a
        person walks meanwhile.

        Source: Yang et al., "Hard To Track Objects With Irregular Motions and Similar
        Appearances? Make It Easier by Buffering the Matching Space", WACV 2023; there boxes grow
        by a share of their size, which does for one frame rate.
        """
        expected = kalman_batch.expected_xyxy(self._states[tracks])
        fresh = np.array([self._tracks[t].state is State.TENTATIVE for t in tracks], bool)
        step_s = fresh * [self._time_s - self._tracks[t].last_seen_s for t in tracks]
        reach = WALK * step_s * boxes.xyxy_to_xyah(expected)[:, 3]
        return 1 - boxes.iou_grown(expected, self._xyxy[found], reach)

    def _cosine(self, tracks: Sequence[int], found: Sequence[int], possible: BoolArray) -> Floats:
        """(T, D) distances from mean looks; infinity where not possible or without an embedding.

        The mean, since one crop of somebody else in the gallery would be near to all of theirs.
        """
        candidates = self._embeddings[found]
        possible = possible & candidates.any(axis=1)
        cost = np.full((len(tracks), len(found)), np.inf)
        for row, t in enumerate(tracks):
            gallery, columns = self._tracks[t].gallery, np.flatnonzero(possible[row])
            if len(gallery) and len(columns):
                cost[row, columns] = 1 - candidates[columns] @ self._tracks[t].mean_look
        return cost


def states_of(tracks: Sequence[Track]) -> Floats:
    """Return the states (T, 5, 4) of tracks in motion."""
    return np.array([track.motion for track in tracks], np.float64).reshape(-1, 5, 4)
