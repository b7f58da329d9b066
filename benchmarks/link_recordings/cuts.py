"""One video as several cameras: other crops, sizes, colours, or seen in a mirror."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.link_recordings.scene import Scene, Truths
from tracker.evaluation.box_table import BoxTable, join_people, read_mot, read_people

LEAST_INSIDE = 0.6  # of a person in the picture, to count
JUST_SEEN = 0.1  # of a person in the picture; below that no answer is expected or excused
CODEC = cv2.VideoWriter.fourcc(*"MJPG")


@dataclass(frozen=True, slots=True)
class View:
    """What a made-up camera sees of the video.

    Attributes:
        crop: xyxy, pixels of the video.
        gains: Of blue, green and red.
    """

    name: str
    crop: tuple[int, int, int, int]
    scale: float = 1.0
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    mirrored: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture."""
        left, top, right, bottom = self.crop
        return round((right - left) * self.scale), round((bottom - top) * self.scale)

    def picture(self, image: np.ndarray) -> np.ndarray:
        """Return what the camera sees of a (H, W, 3) uint8 image."""
        left, top, right, bottom = self.crop
        seen = cv2.resize(image[top:bottom, left:right], self.size)
        seen = (seen * np.float32(self.gains)).clip(0, 255).astype(np.uint8)
        return seen[:, ::-1] if self.mirrored else seen

    def truth(self, table: BoxTable) -> BoxTable:
        """Return the boxes that are in the picture, in its pixels; ignored if only just."""
        left, top, right, bottom = self.crop
        part = table.xyxy.clip([left, top, left, top], [right, bottom, right, bottom])
        inside = np.prod(part[:, 2:] - part[:, :2], axis=1)
        inside /= np.prod(table.xyxy[:, 2:] - table.xyxy[:, :2], axis=1)
        xyxy = (part - [left, top, left, top]) * self.scale
        if self.mirrored:
            xyxy[:, [0, 2]] = self.size[0] - xyxy[:, [2, 0]]
        ignored = table.ignored | (inside < LEAST_INSIDE)
        whole = BoxTable(table.frame, table.identity, xyxy, ignored)
        return whole[inside > JUST_SEEN]


@dataclass(frozen=True, slots=True)
class Cut:
    """A video with a truth, and the cameras that are made of it."""

    video: str  # below the data folder
    truth: str
    frames: int
    views: tuple[View, ...]
    people: str | None = None

    def scene(self, data: Path, folder: Path) -> Scene:
        """Write the videos and return them with their truths."""
        self._write(data / self.video, folder)
        cams = ",".join(f"{v.name}={folder / v.name}.avi" for v in self.views)
        return Scene(["--cams", cams], self._truths(data))

    def _write(self, video: Path, folder: Path) -> None:
        source = cv2.VideoCapture(str(video))
        fps = source.get(cv2.CAP_PROP_FPS)
        sinks = [
            cv2.VideoWriter(str(folder / f"{v.name}.avi"), CODEC, fps, v.size) for v in self.views
        ]
        for _ in range(self.frames):
            image = source.read()[1]
            for view, sink in zip(self.views, sinks, strict=True):
                sink.write(view.picture(image))
        for sink in sinks:
            sink.release()

    def _truths(self, data: Path) -> Truths:
        table = read_mot(data / self.truth, truth=True)
        if self.people:
            table = join_people(table, read_people(data / self.people))
        return {v.name: v.truth(table) for v in self.views}


_PETS = ("pets09-s2l1/vtest.avi", "pets09-s2l1/gt_frames_001-300.txt", 300)
_WHO = "pets09-s2l1/people_001-300.csv"
_STADTMITTE = ("tud-stadtmitte/TUD-Stadtmitte.mp4", "tud-stadtmitte/gt.txt", 179)
_CAMPUS = ("tud-campus/TUD-Campus.mp4", "tud-campus/gt.txt", 71)
_WARM, _COLD, _DARK = (0.85, 1.0, 1.15), (1.15, 1.0, 0.85), (0.75, 0.75, 0.75)

CUTS = {
    "PETS uncut": Cut(*_PETS, (View("all", (0, 0, 768, 576)),), _WHO),
    "PETS, two halves": Cut(
        *_PETS,
        (View("left", (0, 0, 384, 576)), View("right", (384, 0, 768, 576), 1.25, _WARM)),
        _WHO,
    ),
    "PETS, two halves and 40 pixels in both": Cut(
        *_PETS,
        (View("left", (0, 0, 404, 576)), View("right", (364, 0, 768, 576), 1.25, _WARM)),
        _WHO,
    ),
    "PETS four times at once": Cut(
        *_PETS,
        (
            View("one", (0, 0, 768, 576)),
            View("two", (60, 40, 768, 576), 1.2, _WARM),
            View("three", (0, 30, 700, 560), 1.0, _COLD, mirrored=True),
            View("four", (30, 0, 740, 540), 0.9, _DARK),
        ),
        _WHO,
    ),
    "TUD-Stadtmitte, two halves that overlap": Cut(
        *_STADTMITTE,
        (View("left", (0, 0, 400, 480)), View("right", (240, 0, 640, 480), 1.2, _WARM)),
    ),
    "TUD-Campus twice": Cut(
        *_CAMPUS, (View("one", (0, 0, 640, 480)), View("two", (0, 0, 640, 480), 0.9, _COLD, True))
    ),
}
