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
from tracker.tracking.track import Track

KNOWN_LOOKS = 8  # of a track, before an unlike one is strange
STRANGE_LOOKS = 2  # one after the other may be of the same person


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

    def appearance(self, tracks: Sequence[int], found: Sequence[int]) -> Floats:
        """Smallest cosine distance to the track's gallery, within its motion gate."""
        distance = kalman_batch.gating_distances(self._states[tracks], self._xyxy[found])
        return self._cosine(tracks, found, distance <= CHI2_95_4DOF)

    def overlap(self, tracks: Sequence[int], found: Sequence[int]) -> Floats:
        """1 - IoU of the expected box and the detection."""
        expected = kalman_batch.expected_xyxy(self._states[tracks])
        return 1 - boxes.iou(expected, self._xyxy[found])

    def overlap_unless_strange(self, tracks: Sequence[int], found: Sequence[int]) -> Floats:
        """As `overlap`; infinity where one strange look more would be one too many.

        Else whoever steps before a person takes over the track, and with every look of theirs it
        becomes more surely theirs.
        """
        patient = np.array([self._tracks[t].strange_looks < STRANGE_LOOKS for t in tracks], bool)
        refused = self.strange(tracks, found) & ~patient[:, None]
        return np.where(refused, np.inf, self.overlap(tracks, found))

    def strange(self, tracks: Sequence[int], found: Sequence[int]) -> BoolArray:
        """Tell where a clear look is unlike all that is known of the track, (T, D) bool."""
        clear = covered_share(self._xyxy)[found] <= self._config.max_cover
        known = np.array([len(self._tracks[t].gallery) >= KNOWN_LOOKS for t in tracks], bool)
        distance = self._cosine(tracks, found, known[:, None] & clear[None])
        return np.isfinite(distance) & (distance > self._config.max_cosine_distance)

    def revival(self, tracks: Sequence[int], found: Sequence[int]) -> Floats:
        """Cosine distance wherever a person could have walked to while unseen."""
        last_place = np.array([self._tracks[t].last_place for t in tracks], np.float64)
        last = boxes.xyxy_to_xyah(last_place)[:, None]
        unseen_s = self._time_s - np.array([[self._tracks[t].last_seen_s] for t in tracks])
        target = boxes.xyxy_to_xyah(self._xyxy[found])[None]
        moved = np.linalg.norm(target[..., :2] - last[..., :2], axis=2)
        height = np.maximum(target[..., 3], last[..., 3])
        return self._cosine(tracks, found, moved <= self._config.revive_speed * unseen_s * height)

    def _cosine(self, tracks: Sequence[int], found: Sequence[int], possible: BoolArray) -> Floats:
        """(T, D) smallest distances; infinity where not possible or without an embedding."""
        candidates = self._embeddings[found]
        possible = possible & candidates.any(axis=1)
        cost = np.full((len(tracks), len(found)), np.inf)
        for row, t in enumerate(tracks):
            gallery, columns = self._tracks[t].gallery, np.flatnonzero(possible[row])
            if len(gallery) and len(columns):
                cost[row, columns] = 1 - (gallery @ candidates[columns].T).max(axis=0)
        return cost


def states_of(tracks: Sequence[Track]) -> Floats:
    """Return the states (T, 5, 4) of tracks in motion."""
    return np.array([track.motion for track in tracks], np.float64).reshape(-1, 5, 4)
