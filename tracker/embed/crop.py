"""Cut people out of a frame, the way OSNet was trained to see them."""

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage

from tracker import boxes
from tracker.models.manifest import Preprocessing
from tracker.types import BoolArray, FloatArray, Image

MIN_SIDE_PX = 2.0  # a thinner box shows nothing that could be recognised


def croppable(xyxy: FloatArray, image: Image) -> BoolArray:
    """Tell which boxes (N, 4) still have a picture when clipped to the image: (N,) bool."""
    height, width = image.shape[:2]
    clipped = boxes.clip(xyxy, width, height)
    return np.asarray(((clipped[:, 2:] - clipped[:, :2]) >= MIN_SIDE_PX).all(axis=1))


def crop_people(image: Image, xyxy: FloatArray, size: Preprocessing) -> FloatArray:
    """Cut, clip, resize and normalise one crop per box.

    The resize does not keep the aspect ratio and is PIL's antialiased bilinear one, as in
    OSNet's training (an OpenCV resize without antialiasing gives other values).

    Args:
        image: (H, W, 3) uint8 BGR.
        xyxy: (N, 4) pixels; all must be `croppable`.
        size: Target size and normalisation.

    Returns:
        (N, 3, size.height, size.width) float32 RGB, normalised.
    """
    height, width = image.shape[:2]
    corners = np.round(boxes.clip(xyxy, width, height)).astype(int)
    crops = np.empty((len(xyxy), size.height, size.width, 3), np.uint8)
    for crop, (left, top, right, bottom) in zip(crops, corners, strict=True):
        crop[:] = _resize(image[top : max(bottom, top + 1), left : max(right, left + 1)], size)
    return normalise(crops, size)


def _resize(bgr: Image, size: Preprocessing) -> npt.NDArray[np.uint8]:
    rgb = PilImage.fromarray(np.ascontiguousarray(bgr[:, :, ::-1]))
    return np.asarray(rgb.resize((size.width, size.height), PilImage.Resampling.BILINEAR))


def normalise(rgb: npt.NDArray[np.uint8], size: Preprocessing) -> FloatArray:
    """Map (N, H, W, 3) uint8 RGB to (N, 3, H, W) float32, (x / 255 - mean) / std."""
    mean = np.array(size.mean, np.float32) * 255
    scale = 1 / (np.array(size.std, np.float32) * 255)
    value_of = ((np.arange(256, dtype=np.float32)[:, None] - mean) * scale)[None]  # (1, 256, 3)
    count, height, width, _ = rgb.shape
    if not count:
        return np.zeros((0, 3, height, width), np.float32)
    values = cv2.LUT(rgb.reshape(count * height, width, 3), value_of)  # one look-up, no arithmetic
    by_channel = values.reshape(count, height, width, 3).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(by_channel, np.float32)
