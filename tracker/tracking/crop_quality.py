"""Which crops show a person well enough to remember what they look like."""

import numpy as np

from tracker.core import boxes
from tracker.core.boxes import Floats


def entangled_share(xyxy: Floats) -> Floats:
    """Return how much each box shares with another one, as a part of the smaller, (N,) in [0, 1].

    >>> entangled_share(np.array([[0, 0, 10, 20], [5, 0, 15, 30.0]])).tolist()
    [0.5, 0.5]

    Args:
        xyxy: (N, 4) pixels.
    """
    part = boxes.shared_part(xyxy, xyxy)
    np.fill_diagonal(part, 0)
    largest: Floats = part.max(axis=1, initial=0)
    return largest


def covered_share(xyxy: Floats) -> Floats:
    """Return how much of each box the box of one nearer person covers, (N,) in [0, 1].

    Nearer is whose feet are lower in the picture, for cameras that look down on the ground.

    >>> covered_share(np.array([[0, 0, 10, 20], [5, 0, 15, 30.0]])).tolist()
    [0.5, 0.0]

    Args:
        xyxy: (N, 4) pixels.
    """
    nearer = xyxy[None, :, 3] > xyxy[:, None, 3]
    shared = np.where(nearer, boxes.intersection(xyxy, xyxy), 0)
    covered: Floats = shared.max(axis=1, initial=0)
    return covered / np.maximum(boxes.area(xyxy), 1e-9)
