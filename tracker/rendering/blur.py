"""Make people unrecognisable: which part of a box is hidden, and how."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from tracker.core.types import FloatArray, Image, IntArray

Part = Literal["people", "heads"]

LEAST_MARGIN_PX = 4.0
SIDE_MARGIN, END_MARGIN = 0.12, 0.06  # of a box's width and height, on each side
# A standing person's head is an eighth of the height; this reaches to the shoulders.
HEAD_HEIGHT = 0.3  # of the box's height
# Of the box's width: of somebody who sits, bends or is cut off below, the head is more of the box.
HEAD_BY_WIDTH = 0.65
CELLS_ACROSS, CELLS_ALONG = 2, 5  # at most


@dataclass(frozen=True, slots=True)
class BlurRule:
    """Who is made unrecognisable."""

    part: Part  # the whole box, or its upper part with the head
    spared: frozenset[int] = frozenset()  # global ids of those who stay as they are


def hidden_regions(xyxy: FloatArray, part: Part) -> IntArray:
    """Return what is hidden of boxes (N, 4), with a margin: (N, 4) whole pixels, not clipped."""
    width, height = xyxy[:, 2] - xyxy[:, 0], xyxy[:, 3] - xyxy[:, 1]
    side = np.maximum(SIDE_MARGIN * width, LEAST_MARGIN_PX)
    end = np.maximum(END_MARGIN * height, LEAST_MARGIN_PX)
    bottom = xyxy[:, 3]
    if part == "heads":
        head = np.maximum(HEAD_HEIGHT * height, HEAD_BY_WIDTH * width)
        bottom = np.minimum(xyxy[:, 1] + head, bottom)
    first = np.floor(np.stack([xyxy[:, 0] - side, xyxy[:, 1] - end], axis=1))
    last = np.ceil(np.stack([xyxy[:, 2] + side, bottom + end], axis=1))
    return np.concatenate([first, last], axis=1).astype(np.int64)


def pixelate(image: Image, regions: IntArray) -> Image:
    """Return a copy of a (H, W, 3) picture in which each region is a few plain cells.

    The cells are means of their pixels: fewer than a face needs, and no detail is left.
    """
    hidden = image.copy()
    limit = np.array([image.shape[1], image.shape[0]] * 2)
    for x1, y1, x2, y2 in np.clip(regions, 0, limit).tolist():
        width, height = x2 - x1, y2 - y1
        if width <= 0 or height <= 0:
            continue
        cells = (min(CELLS_ACROSS, width), min(CELLS_ALONG, max(2 * height // width, 1), height))
        coarse = cv2.resize(hidden[y1:y2, x1:x2], cells, interpolation=cv2.INTER_AREA)
        hidden[y1:y2, x1:x2] = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    return hidden
