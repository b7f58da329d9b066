"""What every detector has in common."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from tracker.core.errors import ConfigError, suggestion
from tracker.core.types import Detections, FloatArray, Frame, Image

NAMES_SHOWN = 10
USUAL_CONF, USUAL_IOU, USUAL_SIZE = 0.25, 0.7, 640  # Ultralytics' own, where a card says nothing


@runtime_checkable
class Detector(Protocol):
    """Finds the people in frames.

    Attributes:
        workers: How many threads may, and best do, call it at once.
        batch: How many frames are best given to it together.
    """

    workers: int
    batch: int

    def detect(self, frame: Frame) -> Detections:
        """Return the people's boxes in pixels of the frame, (0, 4) where there are none."""
        ...

    def detect_all(self, frames: Sequence[Frame]) -> list[Detections]:
        """Return those of several frames, of one or more cameras, computed together."""
        ...


class OneByOne:
    """What detectors share that gain nothing from several frames together."""

    workers = 1
    batch = 1

    def detect_all(self: Detector, frames: Sequence[Frame]) -> list[Detections]:
        """See `Detector.detect_all`."""
        return [self.detect(frame) for frame in frames]


class FunctionDetector(OneByOne):
    """A user's own detector, given as a function.

    Args:
        find: From a picture (H, W, 3) uint8 BGR to xyxy (N, 4) in pixels and scores (N,).
    """

    def __init__(self, find: Callable[[Image], tuple[FloatArray, FloatArray]]) -> None:
        self._find = find

    def detect(self, frame: Frame) -> Detections:
        """See `Detector.detect`."""
        xyxy, score = self._find(frame.image)
        return Detections(
            np.asarray(xyxy, np.float32).reshape(-1, 4), np.asarray(score, np.float32).reshape(-1)
        )


@dataclass(frozen=True, slots=True)
class YoloOptions:
    """Ultralytics' options, with its names."""

    conf: float | None = None  # least score; None is the model's own, likewise below
    iou: float | None = None  # overlap at which one detection hides another
    # input size in pixels: one number, or height and width
    imgsz: int | tuple[int, int] | None = None
    max_det: int = 300
    classes: tuple[str, ...] = ("person",)  # names or numbers of the classes to keep
    device: str = "cpu"
    half: bool = False
    # frames that are looked at side by side on a CPU; None is one for each core
    workers: int | None = None


def class_numbers(wanted: Sequence[str], names: Mapping[int, str]) -> list[int]:
    """Translate class names or numbers to the model's numbers.

    >>> class_numbers(["person", "2"], {0: "person", 1: "bicycle", 2: "car"})
    [0, 2]

    Raises:
        ConfigError: Unknown; an empty filter would silently mean everything.
    """
    by_name = {name: number for number, name in names.items()}
    numbers = []
    for item in wanted:
        number = int(item) if item.isdecimal() else by_name.get(item, -1)
        if number not in names:
            known = ", ".join(list(by_name)[:NAMES_SHOWN]) + (
                ", …" if len(names) > NAMES_SHOWN else ""
            )
            raise ConfigError(
                f"--classes: unknown class '{item}'.{suggestion(item, by_name)} "
                f"The model knows {len(names)} classes: {known}"
            )
        numbers.append(number)
    return numbers


def first_of(*values: Any) -> Any:
    """Choose a setting: the user's, else the model's own, else the usual one."""
    return next(value for value in values if value is not None)
