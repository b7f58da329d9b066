"""Decode pictures of any origin: from bytes, so that names do not matter, and of bounded size."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

MOST_BYTES = 1 << 29
Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


def decode(content: bytes, flags: int = cv2.IMREAD_COLOR) -> Pixels | None:
    """Return a picture as OpenCV decodes it; None if it is none, or larger than 2**27 pixels."""
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), flags) if content else None
    except cv2.error:  # larger than OPENCV_IO_MAX_IMAGE_PIXELS, see `tracker`
        return None
    return None if image is None or image.dtype not in (np.uint8, np.uint16) else image  # type: ignore[return-value]


def read_image(path: Path, flags: int = cv2.IMREAD_COLOR) -> Pixels | None:
    """Return a picture of a file; None if there is none that can be decoded."""
    try:
        with path.open("rb") as stream:
            return decode(stream.read(MOST_BYTES), flags)
    except OSError:
        return None
