"""A window per camera that shows the annotated frames as they come."""

import os
import sys

import cv2

from tracker.core.errors import OutputError
from tracker.core.types import Step
from tracker.rendering.draw import Annotator, labels_of

QUIT_KEYS = {ord("q"), 27}  # q and Escape


NO_DISPLAY = "--show finds no display; leave it out, or use --out"


class Window:
    """Windows named after the cameras; any of them takes the q key.

    Raises:
        OutputError: There is no display.
    """

    def __init__(self) -> None:
        # Without this check OpenCV's window library ends the whole process.
        named = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        if sys.platform.startswith("linux") and not named:
            raise OutputError(NO_DISPLAY)
        self._annotators: dict[str, Annotator] = {}

    def show(self, step: Step) -> bool:
        """Show one frame; return False once the user pressed q or Escape.

        Raises:
            OutputError: There is no display.
        """
        annotator = self._annotators.get(step.camera)
        if annotator is None:
            annotator = Annotator(step.image.shape[1], step.image.shape[0])
            self._annotators[step.camera] = annotator
        try:
            labels = labels_of(step.boxes)
            cv2.imshow(step.camera, annotator.draw(step.image, step.time_s, labels))
            return (cv2.waitKey(1) & 0xFF) not in QUIT_KEYS
        except cv2.error as error:
            raise OutputError(NO_DISPLAY) from error

    def close(self) -> None:
        """Close all windows."""
        if self._annotators:
            cv2.destroyAllWindows()
