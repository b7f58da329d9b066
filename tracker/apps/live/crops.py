"""The newest picture of each person in each camera, for the page of a run that goes on."""

from collections import OrderedDict
from threading import Lock

import cv2
import numpy as np

from tracker.core.ground import EDGE_PX
from tracker.core.pictures import as_jpeg
from tracker.core.types import FloatArray, Image, Step

HEIGHT_PX = 128
EACH_S = 1.0  # between two pictures of a person
MOST = 400  # kept pictures: 50 MB at most
QUALITY = 80  # of the JPEGs

CropKey = tuple[str, int]  # camera, person


class NewestCrops:
    """Takes frames from the run's thread and is read by the server's."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: OrderedDict[CropKey, tuple[float, Image]] = OrderedDict()

    def take(self, step: Step) -> None:
        """Keep pictures of people of whom there is none, or an old one."""
        for box in step.boxes:
            key = step.camera, box.global_id or 0
            with self._lock:
                known = self._found.get(key)
            if known is None or (step.time_s - known[0] >= EACH_S and _whole(step.image, box.xyxy)):
                picture = _cut(step.image, box.xyxy.round().astype(int).tolist())
                if picture is not None:
                    self._keep(key, step.time_s, picture)

    def rename(self, gone: int, kept: int) -> None:
        """Take note that two people are one."""
        with self._lock:
            for camera, person in [key for key in self._found if key[1] == gone]:
                self._found.setdefault((camera, kept), self._found[camera, person])
                del self._found[camera, person]

    def version(self, camera: str, person: int) -> int | None:
        """Return what changes with the picture, in milliseconds of the run; None without one."""
        with self._lock:
            found = self._found.get((camera, person))
        return None if found is None else round(1000 * found[0])

    def jpeg(self, camera: str, person: int) -> bytes | None:
        """Return a picture; None if there is none."""
        with self._lock:
            found = self._found.get((camera, person))
        if found is None:
            return None
        return as_jpeg(found[1], QUALITY)

    def _keep(self, key: CropKey, time_s: float, picture: Image) -> None:
        with self._lock:
            self._found[key] = time_s, picture
            self._found.move_to_end(key)
            while len(self._found) > MOST:
                self._found.popitem(last=False)


def _whole(image: Image, xyxy: FloatArray) -> bool:
    """Tell whether a box is not cut off at a side, as that of who comes or goes."""
    return bool(xyxy[0] > EDGE_PX and xyxy[2] < image.shape[1] - EDGE_PX)


def _cut(image: Image, corners: list[int]) -> Image | None:
    """Cut a box out, at most so high; None where nothing of it is in the picture."""
    left, top, right, bottom = (max(value, 0) for value in corners)
    part = image[top:bottom, left:right]
    if not part.size:
        return None
    scale = min(HEIGHT_PX / part.shape[0], 1.0)
    size = max(round(part.shape[1] * scale), 1), max(round(part.shape[0] * scale), 1)
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
