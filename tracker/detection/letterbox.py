"""Pictures into a detector's input and its boxes back into the picture."""

from dataclasses import dataclass

import cv2
import numpy as np

from tracker.core import boxes
from tracker.core.types import FloatArray, Image

GREY = (114, 114, 114)  # the border that YOLO's training shows it


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Scales pictures of one size and puts a grey border around them."""

    width: int  # of the pictures, in pixels
    height: int  # of the pictures, in pixels
    sides: tuple[int, int]  # height and width of the detector's input

    @property
    def scale(self) -> float:
        """Pixels of the input per pixel of the picture."""
        return min(self.sides[0] / self.height, self.sides[1] / self.width)

    @property
    def inner(self) -> tuple[int, int]:
        """Width and height of the scaled picture."""
        return round(self.width * self.scale), round(self.height * self.scale)

    @property
    def corner(self) -> tuple[int, int]:
        """Where its left top corner lies."""
        wide, high = self.inner
        return (self.sides[1] - wide) // 2, (self.sides[0] - high) // 2

    def put(self, image: Image) -> Image:
        """Return the input for a picture: (height, width, 3) uint8 BGR."""
        wide, high = self.inner
        if (wide, high) != (self.width, self.height):
            image = np.asarray(cv2.resize(image, (wide, high)), np.uint8)
        left, top = self.corner
        right, bottom = self.sides[1] - wide - left, self.sides[0] - high - top
        if not left + top + right + bottom:
            return image
        border = cv2.BORDER_CONSTANT
        padded = cv2.copyMakeBorder(image, top, bottom, left, right, border, value=GREY)
        return np.asarray(padded, np.uint8)

    def back(self, xyxy: FloatArray) -> FloatArray:
        """Carry boxes (N, 4) of the input into the picture, clipped to it."""
        left, top = self.corner
        moved = (xyxy - np.array([left, top, left, top], xyxy.dtype)) / self.scale
        return np.asarray(boxes.clip(moved, self.width, self.height), np.float32)
