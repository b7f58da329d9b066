"""Which crops show a person well enough to remember what they look like."""

import numpy as np

from tracker import boxes
from tracker.boxes import FloatArray


def covered_share(xyxy: FloatArray) -> FloatArray:
    """Return how much of each box the box of one nearer person covers, (N,) in [0, 1].

    Nearer is whose feet are lower in the picture, for cameras that look down on the ground.

    >>> covered_share(np.array([[0, 0, 10, 20], [5, 0, 15, 30.0]])).tolist()
    [0.5, 0.0]

    Args:
        xyxy: (N, 4) pixels.
    """
    top_left = np.maximum(xyxy[:, None, :2], xyxy[None, :, :2])
    bottom_right = np.minimum(xyxy[:, None, 2:], xyxy[None, :, 2:])
    side = np.maximum(bottom_right - top_left, 0)
    shared = side[..., 0] * side[..., 1]
    nearer = xyxy[None, :, 3] > xyxy[:, None, 3]
    covered: FloatArray = np.where(nearer, shared, 0).max(axis=1, initial=0)
    return covered / np.maximum(boxes.area(xyxy), 1e-9)
