"""What speaks for and against two visits being one person."""

import math
from collections.abc import Sequence

import numpy as np

from tracker.boxes import FloatArray
from tracker.config import LinkConfig
from tracker.types import BoolArray, Tracklet

FEWEST_VISITS = 4  # with fewer, the threshold falls no further
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


def look(tracklet: Tracklet) -> FloatArray:
    """Return a visit's mean embedding (512,) at unit length; zero if it has no views.

    Scaling the mean back to unit length makes visits comparable: one seen from many sides is
    less like anything, itself included, and its mean is shorter by as much. On Market-1501,
    PETS and a hand-off through a door one threshold then serves; for plain means of all pairs
    of views the best ones lie 0.12 apart.
    """
    mean = tracklet.embeddings.sum(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12))


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
    result = np.eye(count, dtype=bool)
    for i in range(count):
        for j in range(i):
            result[i, j] = result[j, i] = _excluded(tracklets[i], tracklets[j], config)
    return result


def overlap_in_time(a: Tracklet, b: Tracklet) -> bool:
    """Tell whether two visits to one camera have an instant in common."""
    return a.camera == b.camera and a.start_s <= b.end_s and b.start_s <= a.end_s


def _excluded(a: Tracklet, b: Tracklet, config: LinkConfig) -> bool:
    if a.camera != b.camera:
        return False
    if overlap_in_time(a, b):
        return True
    first, second = (a, b) if a.end_s < b.start_s else (b, a)
    left, entered = first.xyxy[-1], second.xyxy[0]
    height = max(left[3] - left[1], entered[3] - entered[1])
    offset = (left[:2] + left[2:] - entered[:2] - entered[2:]) / 2
    moved = float(np.hypot(*offset)) / max(float(height), 1.0)
    return moved > config.max_speed * (second.start_s - first.end_s) + STANDING_SLACK
