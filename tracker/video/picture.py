"""From what FFmpeg decoded to the picture as it is shown: upright, square pixels, 8 bits, BGR."""

import logging
from fractions import Fraction

import cv2
import numpy as np
from av import VideoFrame
from av.sidedata.sidedata import Type as SideData
from av.video.reformatter import VideoReformatter

from tracker.core.types import Image
from tracker.video.high_range import as_usual

logger = logging.getLogger(__name__)

WIDEST_PIXEL = 4  # times its height, or the other way round; beyond, the header is wrong
LEAST_STRETCH = 0.01  # of a side; less is nobody's shape, and scaling costs sharpness
SHOWN_BITS = 8
GREY_SHARE = (0.1, 99.9)  # percentiles that become black and white where grey has over 8 bits
LARGEST_16_BIT = 65535
_QUARTER_TURNS = {  # rows of the display matrix in whole steps -> how to get upright
    (1, 0, 0, 1): (None, None),
    (0, 1, -1, 0): (cv2.ROTATE_90_CLOCKWISE, None),
    (-1, 0, 0, -1): (cv2.ROTATE_180, None),
    (0, -1, 1, 0): (cv2.ROTATE_90_COUNTERCLOCKWISE, None),
    (-1, 0, 0, 1): (None, 1),
    (1, 0, 0, -1): (None, 0),
    (0, 1, 1, 0): (cv2.ROTATE_90_CLOCKWISE, 1),
    (0, -1, -1, 0): (cv2.ROTATE_90_CLOCKWISE, 0),
}


class Developer:
    """Makes pictures of a stream's frames.

    Args:
        pixel: Width of a pixel by its height, as the container or codec states it; None for 1.
    """

    def __init__(self, pixel: Fraction | None) -> None:
        self._pixel = float(pixel) if pixel else 1.0
        self._scaler = VideoReformatter()  # keeps its tables from one frame to the next
        self._rotation: int | None = None  # of the frame before, in degrees
        self._steps: tuple[int | None, int | None] = None, None

    def develop(self, frame: VideoFrame) -> Image:
        """Return a frame as a picture (H, W, 3) uint8 BGR; its memory may be the frame's."""
        width, height = shown_size(frame.width, frame.height, self._pixel)
        grey = frame.format.name.startswith("gray") and frame.format.components[0].bits > SHOWN_BITS
        wanted = "gray16le" if grey else "bgr24"
        pixels = self._scaler.reformat(frame, width, height, wanted, threads=1).to_ndarray()
        image = narrow(pixels) if grey else as_usual(np.asarray(pixels, np.uint8), frame.color_trc)
        turn, flip = self._turn(frame)
        if turn is not None:
            image = np.asarray(cv2.rotate(image, turn), np.uint8)
        if flip is not None:
            image = np.asarray(cv2.flip(image, flip), np.uint8)
        return image

    def _turn(self, frame: VideoFrame) -> tuple[int | None, int | None]:
        """Return what turns a frame upright.

        Its matrix is looked at where its rotation changes only: a frame whose side data were
        asked for is not freed before Python looks for cycles, and the decoder allocates another.
        """
        if frame.rotation != self._rotation:
            self._rotation = frame.rotation
            matrix = frame.side_data.get(SideData.DISPLAYMATRIX)  # type: ignore[call-overload]
            self._steps = _steps(bytes(matrix)) if matrix is not None else (None, None)
        return self._steps


def shown_size(width: int, height: int, pixel: float) -> tuple[int, int]:
    """Return the size of a picture with square pixels; one side grows and none shrinks.

    >>> shown_size(720, 576, 16 / 15), shown_size(720, 480, 8 / 9), shown_size(640, 480, 1.0)
    ((768, 576), (720, 540), (640, 480))
    """
    if not 1 / WIDEST_PIXEL <= pixel <= WIDEST_PIXEL or abs(pixel - 1) < LEAST_STRETCH:
        return width, height
    return (round(width * pixel), height) if pixel > 1 else (width, round(height / pixel))


def narrow(pixels: np.ndarray) -> Image:
    """Bring a picture of 16-bit values to 8 bits, (H, W) or (H, W, 3) to (H, W, 3).

    Grey of many bits is of thermal cameras, which use a small part of the range: what is darkest
    and brightest in the picture becomes black and white, as the cameras' own screens show it.
    """
    channels = pixels.shape[2:]
    colour = bool(channels) and bool((pixels[..., :1] != pixels).any())
    low, high = (0, LARGEST_16_BIT) if colour else np.percentile(pixels, GREY_SHARE)
    steps = (pixels.astype(np.float32) - low) * (255 / max(float(high - low), 1.0))
    narrowed = np.clip(np.rint(steps), 0, 255).astype(np.uint8)
    if channels:
        return narrowed
    return np.asarray(cv2.cvtColor(narrowed, cv2.COLOR_GRAY2BGR), np.uint8)


def _steps(matrix: bytes) -> tuple[int | None, int | None]:
    """Return what `cv2.rotate` and then `cv2.flip` must do, by a display matrix."""
    values = np.frombuffer(matrix, "<i4")[[0, 1, 3, 4]].astype(np.float64)
    whole = np.rint(values / max(np.abs(values).max(), 1.0)).astype(int)
    return _QUARTER_TURNS.get(tuple(whole.tolist()), (None, None))


class FirstSize:
    """Brings the pictures of a source to the size of its first one."""

    def __init__(self, label: str, size: tuple[int, int]) -> None:
        self._label = label
        self._size = size  # width, height
        self._told = size

    def fit(self, image: Image, index: int) -> Image:
        """Return frame `index` at the first size; another size is told once."""
        height, width = image.shape[:2]
        if (width, height) == self._size:
            return image
        if (width, height) != self._told:
            self._told = width, height
            logger.warning(
                "%s changes size at frame %d from %dx%d to %dx%d; scaling it back",
                self._label, index, *self._size, width, height,
            )  # fmt: skip
        return np.asarray(cv2.resize(image, self._size), np.uint8)
