"""Cut people out of a frame, the way OSNet was trained to see them."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from tracker.core import boxes
from tracker.core.types import BoolArray, FloatArray, Image
from tracker.datasets.pixels import resized
from tracker.models.registry import Preprocessing

RGB, BGR = (0, 1, 2), (2, 1, 0)
MIN_SIDE_PX = 2.0  # a thinner box shows nothing that could be recognised


def croppable(xyxy: FloatArray, image: Image) -> BoolArray:
    """Tell which boxes (N, 4) still have a picture when clipped to the image: (N,) bool."""
    height, width = image.shape[:2]
    clipped = boxes.clip(xyxy, width, height)
    return np.asarray(((clipped[:, 2:] - clipped[:, :2]) >= MIN_SIDE_PX).all(axis=1))


def cut_out(image: Image, xyxy: FloatArray) -> Iterator[Image]:
    """Yield the part of an image that each box (N, 4) holds, (h, w, 3); all are `croppable`."""
    height, width = image.shape[:2]
    corners = np.round(boxes.clip(xyxy, width, height)).astype(int)
    for left, top, right, bottom in corners:
        yield image[top : max(bottom, top + 1), left : max(right, left + 1)]


def crop_people(image: Image, xyxy: FloatArray, size: Preprocessing) -> FloatArray:
    """Cut, clip, resize and normalise one crop per box.

    The resize does not keep the aspect ratio and is bilinear, antialiased where it shrinks, as in
    OSNet's training.

    Args:
        image: (H, W, 3) uint8 BGR.
        xyxy: (N, 4) pixels; all must be `croppable`.
        size: Target size and normalisation.

    Returns:
        (N, 3, size.height, size.width) float32 RGB, normalised.
    """
    crops = np.empty((len(xyxy), size.height, size.width, 3), np.uint8)
    for crop, cut in zip(crops, cut_out(image, xyxy), strict=True):
        crop[:] = resized(cut, (size.height, size.width))
    return normalise(crops, size, order=BGR)


def normalise(
    pictures: npt.NDArray[np.uint8], size: Preprocessing, *, order: Sequence[int] = RGB
) -> FloatArray:
    """Map (N, H, W, 3) uint8 to (N, 3, H, W) float32 RGB, (x / 255 - mean) / std.

    Args:
        pictures: Of any size.
        size: Mean and deviation.
        order: Where red, green and blue are.
    """
    mean = np.array(size.mean, np.float32) * 255
    scale = 1 / (np.array(size.std, np.float32) * 255)
    value_of = (np.arange(256, dtype=np.float32)[:, None] - mean) * scale  # (256, 3)
    count, height, width, _ = pictures.shape
    values = np.empty((count, 3, height, width), np.float32)
    flat = np.ascontiguousarray(pictures).reshape(count * height, width, 3)
    for channel, place in enumerate(order if count else ()):
        level = cv2.extractChannel(flat, place)
        found = cv2.LUT(level, np.ascontiguousarray(value_of[:, channel]))  # no arithmetic
        values[:, channel] = found.reshape(count, height, width)
    return values
