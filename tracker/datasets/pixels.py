"""Decode whole data sets once: the pictures are small, so that they fit into memory."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from PIL import Image as PilImage

from tracker.core.types import Image
from tracker.datasets.pictures import Picture, read_picture

THREADS = 4  # decoding releases Python's lock


def common_size(pictures: Sequence[Picture], size: tuple[int, int]) -> tuple[int, int]:
    """Choose the (height, width) to keep pictures at.

    When a sample of them all have one size smaller than `size` (Market-1501: 128x64), they are
    kept at that and enlarged in training; else at `size`.
    """
    step = max(len(pictures) // 50, 1)
    found = {read_picture(p).shape[:2] for p in pictures[::step]}
    height, width = next(iter(found))
    smaller = height <= size[0] and width <= size[1]
    return (height, width) if len(found) == 1 and smaller else size


def decode(pictures: Sequence[Picture], size: tuple[int, int]) -> Image:
    """Decode all pictures: (N, height, width, 3) uint8 RGB.

    Other sizes are resized without keeping the aspect ratio, see `resized`.

    Raises:
        SourceError: A picture cannot be read.
    """
    pixels = np.empty((len(pictures), *size, 3), np.uint8)

    def fill(index: int) -> None:
        pixels[index] = resized(read_picture(pictures[index]), size)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(fill, range(len(pictures))))
    return pixels


def resized(picture: Image, size: tuple[int, int]) -> Image:
    """Stretch (H, W, 3) uint8 to `size` (height, width): bilinear, antialiased where it shrinks.

    As PIL's filter, within one level of 255. OpenCV is five times faster but enlarges only: where
    it shrinks it leaves out pixels, and networks then see other pictures.
    """
    if picture.shape[:2] == size:
        return picture
    height, width = size
    if picture.shape[0] <= height and picture.shape[1] <= width:
        larger = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(larger, np.uint8)
    whole = PilImage.fromarray(np.ascontiguousarray(picture))
    return np.asarray(whole.resize((width, height), PilImage.Resampling.BILINEAR))
