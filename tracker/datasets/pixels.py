"""Decode whole data sets once: the pictures are small, so that they fit into memory."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image as PilImage

from tracker.datasets.pictures import Picture, read_picture
from tracker.types import Image

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

    Other sizes are resized without keeping the aspect ratio by PIL's antialiased bilinear
    filter, as in OSNet's published recipe.

    Raises:
        SourceError: A picture cannot be read.
    """
    pixels = np.empty((len(pictures), *size, 3), np.uint8)

    def fill(index: int) -> None:
        pixels[index] = resized(read_picture(pictures[index]), size)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(fill, range(len(pictures))))
    return pixels


def resized(rgb: Image, size: tuple[int, int]) -> Image:
    """Stretch (H, W, 3) uint8 to `size` (height, width)."""
    if rgb.shape[:2] == size:
        return rgb
    height, width = size
    image = PilImage.fromarray(rgb).resize((width, height), PilImage.Resampling.BILINEAR)
    return np.asarray(image)
