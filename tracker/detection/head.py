"""From what a YOLO's head says of thousands of places to the few boxes that count."""

from collections.abc import Sequence

import numpy as np

from tracker.core import boxes
from tracker.core.types import FloatArray, IntArray

CANDIDATES = 3000  # the best that are compared with each other; more are no people


def select(
    head: FloatArray, classes: Sequence[int], *, conf: float, iou: float, most: int
) -> tuple[FloatArray, FloatArray]:
    """Keep the wanted boxes that no better one of their class hides.

    A place shows the class of its highest score; it counts if that is a wanted one.

    Args:
        head: (4 + C, P) float32: centre x, centre y, width and height in pixels of the input, then
            C scores, for P places.
        classes: Wanted classes, 0 to C - 1.
        conf: Least score.
        iou: Overlap at which a box hides another.
        most: Boxes at most.

    Returns:
        xyxy (N, 4) float32 in pixels of the input and scores (N,) float32, best first.
    """
    wanted = head[[4 + c for c in classes]]  # (wanted, P)
    places = np.flatnonzero(wanted.max(axis=0) > conf)
    best = head[4:, places].argmax(axis=0)
    places, best = places[np.isin(best, classes)], best[np.isin(best, classes)]
    score = head[4 + best, places]
    order = np.argsort(-score, kind="stable")[:CANDIDATES]
    centre, half = head[:2, places[order]].T, head[2:4, places[order]].T / 2
    xyxy, score = np.concatenate([centre - half, centre + half], axis=1), score[order]
    kept = _unhidden(xyxy, best[order], iou)[:most]
    return xyxy[kept].astype(np.float32), score[kept].astype(np.float32)


def _unhidden(xyxy: FloatArray, label: IntArray, limit: float) -> IntArray:
    """Greedy non-maximum suppression: positions of the boxes to keep, of boxes best first."""
    hides = (boxes.iou(xyxy, xyxy) > limit) & (label[:, None] == label[None])
    alive = np.ones(len(xyxy), np.bool_)
    for place in range(len(xyxy)):
        if alive[place]:
            alive[place + 1 :] &= ~hides[place, place + 1 :]
    return np.flatnonzero(alive)
