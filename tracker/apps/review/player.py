"""Single pictures of a run's videos, with the boxes as they are corrected.

Browsers do not play the MPEG-4 Part 2 that OpenCV writes everywhere, nor do all builds of Chromium
play H.264. So the page's player shows pictures one after the other: that works with every video
that OpenCV reads, jumps to the very frame, and the boxes show the people as they are now.
"""

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from tracker.core.errors import SourceError
from tracker.core.types import FloatArray, Image, VisitKey
from tracker.rendering.draw import Annotator, Label, colour_of
from tracker.results.tracks_file import Camera, TracksFile

WIDEST_PX = 1280
QUALITY = 82  # JPEG's, of 100
READ_ON = 30  # frames ahead that are read rather than jumped to
REMEMBERED = 8  # frames just read, since a browser's requests do not come in order


@dataclass(frozen=True, slots=True)
class Footage:
    """A camera's video.

    Attributes:
        path: The file.
        drawn: Whether it is the annotated one, with the run's own boxes in it.
    """

    path: Path
    drawn: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Which of the source's frames a video has: `count` of them, every `stride`-th from `first`."""

    first: int
    stride: int
    count: int

    def place(self, frame: int) -> int:
        """Return the place in the video of the nearest frame of the source."""
        return int(np.clip(round((frame - self.first) / self.stride), 0, self.count - 1))


@dataclass(slots=True)
class _Box:
    key: VisitKey
    xyxy: FloatArray
    observed: bool


class CameraPlayer:
    """Gives the pictures of one camera."""

    def __init__(self, footage: Footage, camera: Camera, content: TracksFile) -> None:
        self._footage = footage
        self._size = (camera.width, camera.height)
        self._reader = _Reader(footage.path)
        self.span = _span(self._reader, camera, drawn=footage.drawn)
        self._boxes = _boxes_of(content, camera.name)
        self._lock = Lock()

    def picture(
        self,
        frame: int,
        people: dict[VisitKey, int],
        before: dict[VisitKey, int],
        chosen: int | None,
    ) -> bytes | None:
        """Return a frame as JPEG; None if it cannot be decoded.

        Args:
            frame: Number in the source; the nearest one of the video is taken.
            people: Who each visit is now.
            before: Who it was when the run was made.
            chosen: The person whose box stands out.
        """
        place = self.span.place(frame)
        with self._lock:
            image = self._reader.read(place)
        if image is None:
            return None
        shown = self._boxes.get(self.span.first + place * self.span.stride, [])
        drawn = self._draw(image[: self._size[1], : self._size[0]], shown, people, before, chosen)
        return _jpeg(drawn)

    def _draw(
        self, image: Image, shown: list[_Box], people: dict[VisitKey, int],
        before: dict[VisitKey, int], chosen: int | None,
    ) -> Image:  # fmt: skip
        now = [(box, people[box.key]) for box in shown if box.key in people]
        if self._footage.drawn:  # what the run drew is there; what has changed comes over it
            now = [(b, p) for b, p in now if p == chosen or p != before.get(b.key)]
        canvas = image.copy()
        for box, person in now:
            if person == chosen:
                _stand_out(canvas, box.xyxy, person)
        labels = [Label(person, box.xyxy, box.observed) for box, person in now]
        return Annotator(*self._size).draw(canvas, 0.0, labels)


@dataclass(slots=True)
class _Reader:
    """Reads a video by frame number; going on is fast, going far back jumps."""

    path: Path
    count: int = 0
    fps: float = 0.0
    _capture: cv2.VideoCapture = field(init=False)
    _next: int = 0
    _recent: dict[int, Image] = field(default_factory=dict)  # by place, oldest first

    def __post_init__(self) -> None:
        self._open()
        self.count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        if self.count < 1 or self.fps <= 0:
            raise SourceError(f"{self.path} is no video that can be shown frame by frame")

    def read(self, place: int) -> Image | None:
        """Return the picture at a place; None if it cannot be decoded."""
        if place in self._recent:
            return self._recent[place]
        if not self._next <= place <= self._next + READ_ON:
            self._jump(place)
        while self._next <= place:
            if not self._step(keep=place - self._next < REMEMBERED):
                self._next = -1 - READ_ON  # so that the next one jumps
                return None
        return self._recent[place]

    def _step(self, *, keep: bool) -> bool:
        """Go on by one frame; tell whether there was one."""
        if not self._capture.grab():
            return False
        if keep:
            ok, image = self._capture.retrieve()
            if not ok:
                return False
            self._recent[self._next] = np.asarray(image, np.uint8)
            while len(self._recent) > REMEMBERED:
                del self._recent[next(iter(self._recent))]
        self._next += 1
        return True

    def _jump(self, place: int) -> None:
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, place)
        self._next = int(self._capture.get(cv2.CAP_PROP_POS_FRAMES))
        if self._next > place:  # some containers cannot be jumped in
            self._capture.release()
            self._open()

    def _open(self) -> None:
        self._capture = cv2.VideoCapture(str(self.path), cv2.CAP_FFMPEG)
        self._next = 0
        if not self._capture.isOpened():
            raise SourceError(f"{self.path} is no readable video")


def _span(reader: _Reader, camera: Camera, *, drawn: bool) -> Span:
    """Return which frames a video has; one that the run drew lacks those that it left out."""
    if not drawn:
        return Span(0, 1, reader.count)
    stride = max(round(camera.fps / reader.fps), 1)
    last = max(camera.frames - 1, 0) // stride * stride  # the last one that was processed
    return Span(max(last - (reader.count - 1) * stride, 0), stride, reader.count)


def _boxes_of(content: TracksFile, camera: str) -> dict[int, list[_Box]]:
    found: dict[int, list[_Box]] = {}
    for track in content.tracks:
        if track.camera == camera:
            for box in track.boxes:
                xyxy = np.array(box.xyxy, np.float32)
                found.setdefault(box.frame, []).append(_Box(track.key, xyxy, box.observed))
    return found


def _stand_out(canvas: Image, xyxy: FloatArray, person: int) -> None:
    """Put a wide frame around a box: white and black show on everything."""
    x1, y1, x2, y2 = (round(float(v)) for v in xyxy)
    unit = max(round(min(canvas.shape[:2]) / 240), 1)
    for colour, reach, width in (
        ((0, 0, 0), 4 * unit, 2 * unit), ((255, 255, 255), 3 * unit, 2 * unit),
        (colour_of(person), unit, 3 * unit),
    ):  # fmt: skip
        corners = (x1 - reach, y1 - reach), (x2 + reach, y2 + reach)
        cv2.rectangle(canvas, *corners, colour, width)


def _jpeg(image: Image) -> bytes:
    scale = WIDEST_PX / image.shape[1]
    if scale < 1:
        size = (WIDEST_PX, max(round(image.shape[0] * scale), 1))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return data.tobytes()
