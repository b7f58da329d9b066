"""What speaks for and against two visits being one person."""

import math
from collections.abc import Sequence

import numpy as np

from tracker.associate.likeness import look
from tracker.boxes import FloatArray
from tracker.config import LinkConfig
from tracker.types import BoolArray, Tracklet

FEWEST_VISITS = 4  # with fewer, the threshold falls no further
_ENDS = ("start_s", "end_s")
STANDING_SLACK = 0.5  # own heights that a box's centre may jump without any walking


def usual_threshold(visits: int) -> float:
    """Return the similarity from which two of so many visits are more likely one person.

    The more visits there are, the more strangers look alike by chance. Measured with OSNet
    x0.25 MSMT17 on visits of 2 to 150 people drawn from Market-1501: the threshold of the best
    pairwise F1 rose from 0.65 to 0.82, by about 0.07 for each tenfold number of visits.

    >>> [round(usual_threshold(n), 2) for n in (1, 10, 100, 1000)]
    [0.66, 0.69, 0.76, 0.83]
    """
    return 0.69 + 0.07 * (math.log10(max(visits, FEWEST_VISITS)) - 1)


def similarities(tracklets: Sequence[Tracklet]) -> FloatArray:
    """Return the cosine similarities (N, N) of the visits' looks; 0 without views."""
    looks = np.array([look(t) for t in tracklets], np.float64)
    return looks @ looks.T


def impossible(tracklets: Sequence[Tracklet], config: LinkConfig) -> BoolArray:
    """Tell which pairs cannot be one person, (N, N) bool, symmetric, True on the diagonal.

    Nobody is at two places in one camera at one instant, nor walks between two of them faster
    than a person can.
    """
    count = len(tracklets)
    camera = np.unique([t.camera for t in tracklets], return_inverse=True)[1]
    start_s, end_s = (np.array([getattr(t, name) for t in tracklets]) for name in _ENDS)
    entered, left = (
        np.array([t.xyxy[i] for t in tracklets], np.float64).reshape(-1, 4) for i in (0, -1)
    )
    centre_in, centre_out = ((b[:, :2] + b[:, 2:]) / 2 for b in (entered, left))
    height_in, height_out = (b[:, 3] - b[:, 1] for b in (entered, left))
    gap_s = start_s[None] - end_s[:, None]  # from leaving (row) to entering again (column)
    offset = np.linalg.norm(centre_out[:, None] - centre_in[None], axis=2)
    heights = np.maximum(np.maximum(height_out[:, None], height_in[None]), 1)
    too_fast = (gap_s > 0) & (offset / heights > config.max_speed * gap_s + STANDING_SLACK)
    at_once = (gap_s <= 0) & (gap_s.T <= 0)
    excluded = (camera[:, None] == camera[None]) & (at_once | too_fast | too_fast.T)
    return np.asarray(excluded | np.eye(count, dtype=bool))
