"""Cut, judge and store the pictures of a gallery."""

import cv2
import numpy as np

from tracker.core.pictures import shrunk
from tracker.core.types import FloatArray, Image
from tracker.reid.crop import cut_out

HIGHEST_CROP, WIDEST_CROP = 256, 512  # pixels; OSNet looks at 256 x 128
WIDEST_POSTER = 960
CROP_QUALITY, POSTER_QUALITY = 92, 85  # of 100: JPEG's
_JUDGED_HEIGHT = 128  # pixels; so that large pictures do not look sharper


def cut(image: Image, xyxy: FloatArray) -> Image:
    """Cut a box (4,) out of a frame, at most 256 pixels high and 512 wide.

    Args:
        image: (H, W, 3) uint8 BGR.
        xyxy: Pixels; must be `croppable`.
    """
    (crop,) = cut_out(image, xyxy[None])
    return shrunk(crop, HIGHEST_CROP / crop.shape[0], WIDEST_CROP / crop.shape[1])


def poster(image: Image) -> Image:
    """Return a frame at most 960 pixels wide."""
    return shrunk(image, WIDEST_POSTER / image.shape[1])


def sharpness(crop: Image) -> float:
    """Return how much of a crop's contrast lies in its finest detail, from 0.

    Dark clothes have little contrast, which does not make their picture a blurred one.
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    fine = shrunk(np.asarray(grey, np.uint8), _JUDGED_HEIGHT / grey.shape[0])
    detail = float(cv2.Laplacian(fine, cv2.CV_32F).var())
    return detail / (float(fine.var()) + 1.0)
