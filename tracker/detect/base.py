"""What every detector has in common."""

from dataclasses import dataclass
from typing import Protocol

from tracker.types import Detections, Frame


class Detector(Protocol):
    """Finds the people in a frame."""

    def detect(self, frame: Frame) -> Detections:
        """Return the people's boxes in pixels of the frame, (0, 4) where there are none."""
        ...


@dataclass(frozen=True, slots=True)
class YoloOptions:
    """Ultralytics' options, with its names and defaults.

    Attributes:
        classes: Names or numbers of the classes to keep.
        iou: Overlap at which one detection hides another; None is the model's own.
        imgsz: Input size in pixels: one number, or height and width; None is the model's own.
    """

    conf: float = 0.25
    iou: float | None = None
    imgsz: int | tuple[int, int] | None = None
    max_det: int = 300
    classes: tuple[str, ...] = ("person",)
    device: str = "cpu"
    half: bool = False
