"""What every detector has in common."""

from dataclasses import dataclass
from typing import Protocol

from tracker.types import Detections, Frame

USUAL_CONF, USUAL_IOU, USUAL_SIZE = 0.25, 0.7, 640  # Ultralytics' own, where a card says nothing


class Detector(Protocol):
    """Finds the people in a frame."""

    def detect(self, frame: Frame) -> Detections:
        """Return the people's boxes in pixels of the frame, (0, 4) where there are none."""
        ...


@dataclass(frozen=True, slots=True)
class YoloOptions:
    """Ultralytics' options, with its names.

    Attributes:
        classes: Names or numbers of the classes to keep.
        conf: Least score; None is the model's own, likewise below.
        iou: Overlap at which one detection hides another.
        imgsz: Input size in pixels: one number, or height and width.
    """

    conf: float | None = None
    iou: float | None = None
    imgsz: int | tuple[int, int] | None = None
    max_det: int = 300
    classes: tuple[str, ...] = ("person",)
    device: str = "cpu"
    half: bool = False
