"""What speaks for and against two visits being one person."""

from collections.abc import Sequence

import numpy as np

from tracker.boxes import FloatArray
from tracker.config import LinkConfig
from tracker.types import BoolArray, Tracklet

STANDING_SLACK = 0.5  # own heights that a box's centre may jump without any walking


def mean_embedding(tracklet: Tracklet) -> FloatArray:
    """Return the mean (512,) of a visit's embeddings, shorter than 1 the more they vary."""
    if not len(tracklet.embeddings):
        return np.zeros(tracklet.embeddings.shape[1], np.float32)
    return np.asarray(tracklet.embeddings.mean(axis=0))


def similarities(tracklets: Sequence[Tracklet]) -> FloatArray:
    """Return the mean cosine similarity over all pairs of views, (N, N); 0 without views.

    The product of two means is the mean of all products, so the unnormalised means suffice.
    """
    means = np.array([mean_embedding(t) for t in tracklets], np.float64)
    return means @ means.T


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
