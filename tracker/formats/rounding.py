"""Boxes as files have them: rounded once, so that every format tells the same numbers."""

from tracker.results.record import Corners, rounded
from tracker.results.result import PersonBox
from tracker.results.tracks_json import PIXEL_DIGITS

LeftTopSize = tuple[float, float, float, float]  # left, top, width, height in pixels


def corners_of(row: PersonBox) -> Corners:
    """Return a box's corners as tracks.json has them."""
    return rounded(row.xyxy.tolist(), PIXEL_DIGITS)


def left_top_size(row: PersonBox) -> LeftTopSize:
    """Return left, top, width and height, from the rounded corners."""
    x1, y1, x2, y2 = corners_of(row)
    return x1, y1, round(x2 - x1, PIXEL_DIGITS), round(y2 - y1, PIXEL_DIGITS)


def corners_from(left: float, top: float, width: float, height: float) -> Corners:
    """Return the corners of a box given by its size."""
    right, bottom = round(left + width, PIXEL_DIGITS), round(top + height, PIXEL_DIGITS)
    return round(left, PIXEL_DIGITS), round(top, PIXEL_DIGITS), right, bottom
