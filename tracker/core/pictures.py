"""Decode pictures of any origin, from bytes and of bounded size; and make JPEG of them."""

from pathlib import Path
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from tracker.core.types import Image

MOST_BYTES = 1 << 29
Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


def decode(content: bytes, flags: int = cv2.IMREAD_COLOR) -> Pixels | None:
    """Return a picture as OpenCV decodes it; None if it is none, or larger than 2**27 pixels."""
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), flags) if content else None
    except cv2.error:  # larger than OPENCV_IO_MAX_IMAGE_PIXELS, see `tracker`
        return None
    if image is None or image.dtype not in (np.uint8, np.uint16):
        return None
    return cast(Pixels, image)


def read_image(path: Path, flags: int = cv2.IMREAD_COLOR) -> Pixels | None:
    """Return a picture of a file; None if there is none that can be decoded."""
    try:
        with path.open("rb") as stream:
            return decode(stream.read(MOST_BYTES), flags)
    except OSError:
        return None


def shrunk(image: Image, *factors: float) -> Image:
    """Scale a picture by the least of the factors, but never up."""
    factor = min(factors)
    if factor >= 1:
        return image
    size = (max(round(image.shape[1] * factor), 1), max(round(image.shape[0] * factor), 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def as_jpeg(image: Image, quality: int, scale: float = 1.0) -> bytes:
    """Return a picture as JPEG, reduced where `scale` is below 1.

    Args:
        image: (H, W, 3) BGR.
        quality: From 0 to 100.
        scale: Of both sides.
    """
    _, data = cv2.imencode(".jpg", shrunk(image, scale), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()
