"""Draw queries with what they found: right answers framed in green, wrong ones in red."""

from pathlib import Path

import cv2
import numpy as np

from tracker.core.atomic import replacing
from tracker.core.types import Image, IntArray
from tracker.datasets.pictures import PersonSet, Picture, read_picture
from tracker.datasets.pixels import resized

TILE = (128, 64)  # height, width
FRAME = 4
GAP = 12  # between a query and its answers
GREEN, RED, GREY = (0, 170, 0), (220, 0, 0), (128, 128, 128)  # RGB
WHITE = 255


def draw_ranked(
    query: PersonSet, gallery: PersonSet, found: IntArray, rows: IntArray, path: Path
) -> None:
    """Draw one line per chosen query: the query, then the pictures that it found, best first.

    Args:
        query: Queries.
        gallery: Gallery.
        found: (Q, K) positions in the gallery, -1 where there is none.
        rows: Which queries to draw.
        path: A PNG or JPEG file.

    Raises:
        SourceError: A picture cannot be read.
        OutputError: The file cannot be written.
    """
    lines = [_line(query, gallery, int(row), found[row]) for row in rows]
    with replacing(path) as temporary:
        if not cv2.imwrite(str(temporary), np.concatenate(lines)[:, :, ::-1]):
            raise OSError(f"no picture format is called '{path.suffix}'")


def _line(query: PersonSet, gallery: PersonSet, row: int, found: IntArray) -> Image:
    tiles = [_tile(query.pictures[row], GREY), _blank(GAP)]
    for place in found:
        if place < 0:
            tiles.append(_blank(TILE[1] + 2 * FRAME))
        else:
            right = gallery.person[place] == query.person[row]
            tiles.append(_tile(gallery.pictures[place], GREEN if right else RED))
    return np.concatenate(tiles, axis=1)


def _tile(picture: Picture, colour: tuple[int, int, int]) -> Image:
    height, width = TILE
    tile = np.empty((height + 2 * FRAME, width + 2 * FRAME, 3), np.uint8)
    tile[:] = colour
    tile[FRAME:-FRAME, FRAME:-FRAME] = resized(read_picture(picture), TILE)
    return tile


def _blank(width: int) -> Image:
    return np.full((TILE[0] + 2 * FRAME, width, 3), WHITE, np.uint8)
