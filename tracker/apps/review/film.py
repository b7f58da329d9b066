"""What the review's page needs beside a camera's video to draw the people over it."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av import FFmpegError

from tracker.core.errors import SourceError
from tracker.core.types import VisitKey
from tracker.corrections.pieces import Pieces
from tracker.results.record import rounded
from tracker.results.tracks_file import Camera
from tracker.video.writer import BEGINS

KINDS = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm",
         ".mkv": "video/x-matroska"}  # fmt: skip
MOST_S = 60.0  # of which boxes are given at once
PIXEL_DIGITS = 1


@dataclass(frozen=True, slots=True)
class Footage:
    """A camera's video.

    Attributes:
        path: The file.
        drawn: Whether it is the annotated one, with the run's own boxes in it.
    """

    path: Path
    drawn: bool

    @property
    def kind(self) -> str:
        """What a browser shall take it for."""
        return KINDS.get(self.path.suffix.lower(), "application/octet-stream")


class Film:
    """The boxes of one camera by time, and how the times of its video follow from those of the run.

    Raises:
        SourceError: The file is no video.
    """

    def __init__(self, footage: Footage, camera: Camera, was: Mapping[VisitKey, int]) -> None:
        self._footage = footage
        self._camera = camera
        begins_s, length_s = _span(footage.path)
        self._begins_s = camera.offset_s if begins_s is None else begins_s
        self._length_s = length_s
        self._was = was if footage.drawn else {}
        self._boxes: list[list[float]] = []
        self._shown: Pieces | None = None

    def facts(self) -> dict[str, Any]:
        """Return where the video stands in the run."""
        return {
            "name": self._footage.path.name,
            "begins": self._begins_s,
            "length": self._length_s,
        }

    def boxes(self, pieces: Pieces, from_s: float, until_s: float) -> list[list[float]]:
        """Return boxes of a stretch of the run, by time.

        Each is time, track_id, xyxy, observed, frame, and the person's id in the picture, 0 where
        none is drawn there.
        """
        if pieces is not self._shown:
            self._boxes, self._shown = sorted(self._rows(pieces)), pieces
        until_s = min(until_s, from_s + MOST_S)
        return self._boxes[bisect_left(self._boxes, [from_s]) : bisect_left(self._boxes, [until_s])]

    def _rows(self, pieces: Pieces) -> Iterator[list[float]]:
        for key, track in pieces.tracks.items():
            if key[0] == self._camera.name:
                for b in track.boxes:
                    was = self._was.get(pieces.source(key, b.frame), 0) if self._was else 0
                    corners = rounded(b.xyxy, PIXEL_DIGITS)
                    yield [b.time_s, key[1], *corners, int(b.observed), b.frame, was]


def _span(path: Path) -> tuple[float | None, float]:
    """Return when a video's first picture was taken, if it tells, and its length."""
    try:
        with av.open(f"file:{path}", metadata_errors="replace") as video:
            told = video.metadata.get("comment", "")
            length_s = (video.duration or 0) / av.time_base
    except (FFmpegError, OSError) as error:
        raise SourceError(f"{path} is no readable video") from error
    if not told.startswith(BEGINS):
        return None, length_s
    return float(told.removeprefix(BEGINS).split()[0]), length_s
