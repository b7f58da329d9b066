"""Webcams, by OpenCV: each system's own way to them is in its wheels, and not in PyAV's."""

import math
from collections.abc import Iterator

import cv2
import numpy as np

from tracker.core.errors import SourceError
from tracker.core.types import Image
from tracker.video.capture import Picture
from tracker.video.header import FASTEST_FPS
from tracker.video.source import FALLBACK_FPS


class Webcam:
    """An open webcam; it has what of `Capture` a live source needs.

    Raises:
        SourceError: There is none of that number.
    """

    has_times = False

    def __init__(self, label: str, number: int) -> None:
        self._camera = cv2.VideoCapture(number)
        if not self._camera.isOpened():
            raise SourceError(
                f"{label} cannot be opened; is a webcam with that number connected, and may this "
                "user open it?"
            )
        stated = float(self._camera.get(cv2.CAP_PROP_FPS))
        self.fps = stated if 0 < stated <= FASTEST_FPS else FALLBACK_FPS

    def pictures(self) -> Iterator[Picture]:
        """Yield what it sees; an image must be asked for before the next picture."""
        index = 0
        while self._camera.grab():
            yield Picture(index, math.nan, self._develop)
            index += 1

    def release(self) -> None:
        """Let go of it."""
        self._camera.release()

    def _develop(self) -> Image:
        ok, image = self._camera.retrieve()
        if not ok:
            raise SourceError("the webcam gave no picture")
        return np.asarray(image, np.uint8)
