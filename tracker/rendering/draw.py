"""Draw people's boxes, ids and trails onto frames."""

import colorsys
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from tracker.core.types import FloatArray, Image, TrackBox

Colour = tuple[int, int, int]  # BGR, 0 to 255
Rectangle = tuple[int, int, int, int]  # left, top, right, bottom in pixels

GOLDEN_RATIO = 0.618033988749895
TRAIL_S = 2.0
TRAIL_STEP_PX = 6  # between the points of a trail; nearer ones cost time and cannot be seen
TAG_TRIES = 4  # places above a box that are tried before its tag goes into it
BRIGHT = 140.0  # of 255: black letters on brighter tags, white ones on darker
REFERENCE_HEIGHT_PX = 720  # lines and letters are sized for it and scale with the picture
_FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, slots=True)
class Label:
    """A box to draw: `xyxy` (4,) in pixels, thin when it was not observed."""

    person: int
    xyxy: FloatArray
    observed: bool = True


def hex_colour_of(person: int) -> str:
    """Return a person's colour as pages write it.

    >>> hex_colour_of(1)
    '#1f51cc'
    """
    blue, green, red = colour_of(person)
    return f"#{red:02x}{green:02x}{blue:02x}"


def labels_of(boxes: Iterable[TrackBox]) -> list[Label]:
    """Return what to draw of people whose ids are known."""
    return [Label(b.global_id, b.xyxy) for b in boxes if b.global_id is not None]


@lru_cache(maxsize=1000)
def colour_of(person: int) -> Colour:
    """Return the person's colour: always the same, neighbours in number far apart in hue."""
    hue = (person * GOLDEN_RATIO) % 1.0
    value = (1.0, 0.8, 0.9)[person % 3]
    red, green, blue = colorsys.hsv_to_rgb(hue, (0.85, 0.95, 0.6)[(person // 3) % 3], value)
    return round(blue * 255), round(green * 255), round(red * 255)


class Annotator:
    """Draws one camera's frames in order; it remembers where people have just walked."""

    def __init__(self, width: int, height: int) -> None:
        self._scale = _scale_of(width, height)
        self._trails: dict[int, deque[tuple[float, tuple[int, int]]]] = {}

    def draw(
        self, image: Image, time_s: float, labels: Iterable[Label], *, in_place: bool = False
    ) -> Image:
        """Return a BGR image with all labels drawn.

        Args:
            image: (H, W, 3) uint8 BGR.
            time_s: Time of the frame.
            labels: What to draw; nearer people (lower feet) come on top.
            in_place: Draw into the image itself, if it can be written to, and not into a copy.
        """
        canvas = image if in_place and image.flags.writeable else image.copy()
        shown = sorted(labels, key=lambda label: (float(label.xyxy[3]), label.person))
        self._remember(time_s, shown)
        for label in shown:
            self._trail(canvas, label.person)
        for label in shown:
            self._box(canvas, label)
        placed: list[Rectangle] = []
        for label in reversed(shown):  # the nearest people get the place at their box
            placed.append(self._tag(canvas, label, placed))
        return canvas

    def _remember(self, time_s: float, shown: Iterable[Label]) -> None:
        for label in shown:
            x1, _, x2, bottom = label.xyxy.tolist()
            feet = round((x1 + x2) / 2), round(bottom)
            trail = self._trails.setdefault(label.person, deque())
            if len(trail) > 1 and math.dist(trail[-2][1], feet) < TRAIL_STEP_PX * self._scale:
                trail.pop()
            trail.append((time_s, feet))
        for person, trail in list(self._trails.items()):
            while trail and trail[0][0] < time_s - TRAIL_S:
                trail.popleft()
            if not trail:
                del self._trails[person]

    def _trail(self, canvas: Image, person: int) -> None:
        points = np.array([feet for _, feet in self._trails[person]], np.int32)
        width = max(round(2 * self._scale), 1)
        cv2.polylines(canvas, [points], False, colour_of(person), width, cv2.LINE_AA)

    def _box(self, canvas: Image, label: Label) -> None:
        x1, y1, x2, y2 = (round(float(v)) for v in label.xyxy)
        width = max(round((3 if label.observed else 1) * self._scale), 1)
        cv2.rectangle(canvas, (x1, y1), (x2, y2), colour_of(label.person), width)

    def _tag(self, canvas: Image, label: Label, placed: list[Rectangle]) -> Rectangle:
        """Write the id above the box, or inside its top where there is no room."""
        colour, text = colour_of(label.person), str(label.person)
        size, thick, pad = (
            0.75 * self._scale,
            max(round(2 * self._scale), 1),
            round(4 * self._scale),
        )
        width, height = _text_size(text, size, thick)
        box_w, box_h = width + 2 * pad, height + 2 * pad
        left = min(max(round(float(label.xyxy[0])), 0), max(canvas.shape[1] - box_w, 0))
        top = _free_place(left, round(float(label.xyxy[1])), (box_w, box_h), placed)
        cv2.rectangle(canvas, (left, top), (left + box_w, top + box_h), colour, cv2.FILLED)
        origin = (left + pad, top + pad + height)
        cv2.putText(canvas, text, origin, _FONT, size, _contrast(colour), thick, cv2.LINE_AA)
        return left, top, left + box_w, top + box_h


def draw_stamp(image: Image, text: str) -> None:
    """Write a line into the upper left corner of a BGR image, on a dark ground."""
    scale = _scale_of(image.shape[1], image.shape[0])
    size, thick, pad = 0.6 * scale, max(round(scale), 1), round(6 * scale)
    width, height = _text_size(text, size, thick)
    corner = image[: height + 2 * pad, : width + 2 * pad]
    corner[:] = corner // 4
    cv2.putText(image, text, (pad, pad + height), _FONT, size, (255,) * 3, thick, cv2.LINE_AA)


@lru_cache(maxsize=1000)
def _text_size(text: str, size: float, thick: int) -> tuple[int, int]:
    """Return the width and height of a line in pixels."""
    (width, height), _ = cv2.getTextSize(text, _FONT, size, thick)
    return width, height


def _scale_of(width: int, height: int) -> float:
    return max(min(width, height) / REFERENCE_HEIGHT_PX, 0.5)


def _free_place(left: int, box_top: int, size: tuple[int, int], placed: list[Rectangle]) -> int:
    """Return the top of a tag above a box: beyond the tags there, else inside the box's top."""
    width, height = size
    for top in (box_top - height * step for step in range(1, TAG_TRIES + 1)):
        if top < 0:
            break
        overlaps = any(
            left < right and x < left + width and top < bottom and y < top + height
            for x, y, right, bottom in placed
        )
        if not overlaps:
            return top
    return max(box_top, 0)


def _contrast(colour: Colour) -> Colour:
    blue, green, red = colour
    luma = 0.114 * blue + 0.587 * green + 0.299 * red  # ITU-R BT.601
    return (0, 0, 0) if luma > BRIGHT else (255, 255, 255)
