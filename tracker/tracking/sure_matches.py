"""Which detections continue a track without a doubt, so that nobody needs to look at them.

Most people in most frames are where they were expected and far from everybody else. An embedding
costs a tenth of a detection or more, and would only confirm what the boxes say already.
"""

import numpy as np

from tracker.core import boxes
from tracker.core.types import BoolArray, FloatArray
from tracker.tracking.assignment import Pair

NEAR_ENOUGH = 0.6  # IoU of the expected box and the detection
LONELY_IOU = 0.15  # largest IoU with anybody else's box, expected or detected


def undoubted(expected: FloatArray, seen: BoolArray, found: FloatArray) -> list[Pair]:
    """Return the (track, detection) pairs between which there is no choice.

    Args:
        expected: (T, 4) boxes of the tracks at the time of the detections, pixels.
        seen: (T,) which tracks are confirmed and were detected in the frame before.
        found: (D, 4) detections, pixels.
    """
    if not len(expected) or not len(found):
        return []
    overlap = boxes.iou(expected, found)
    crowded = boxes.iou(found, found)
    np.fill_diagonal(crowded, 0)
    lonely = (crowded.max(axis=1) <= LONELY_IOU) & ((overlap > LONELY_IOU).sum(axis=0) == 1)
    chosen = (overlap >= NEAR_ENOUGH) & lonely[None] & seen[:, None]
    chosen &= ((overlap > LONELY_IOU).sum(axis=1) == 1)[:, None]
    return [(int(t), int(d)) for t, d in np.argwhere(chosen)]
