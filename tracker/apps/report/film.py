"""The run's videos, and what a page needs beside them to draw the people over them."""

import os
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import av
from av import FFmpegError

from tracker.core.errors import ConfigError, SourceError
from tracker.core.types import VisitKey
from tracker.corrections.pieces import Pieces
from tracker.results.record import rounded
from tracker.results.tracks_file import Camera, TracksFile
from tracker.video.writer import begins_at

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

    def all_boxes(self, pieces: Pieces) -> list[list[float]]:
        """Return all boxes of the camera's visits as they are now, by time.

        Each is time, track_id, xyxy, observed, frame, and the person's id in the picture, 0 where
        none is drawn there.
        """
        if pieces is not self._shown:
            self._boxes, self._shown = sorted(self._rows(pieces)), pieces
        return self._boxes

    def boxes(self, pieces: Pieces, from_s: float, until_s: float) -> list[list[float]]:
        """Return those of a stretch of the run."""
        found, until_s = self.all_boxes(pieces), min(until_s, from_s + MOST_S)
        return found[bisect_left(found, [from_s]) : bisect_left(found, [until_s])]

    def _rows(self, pieces: Pieces) -> Iterator[list[float]]:
        for key, track in pieces.tracks.items():
            if key[0] == self._camera.name:
                for b in track.boxes:
                    was = self._was.get(pieces.source(key, b.frame), 0) if self._was else 0
                    corners = rounded(b.xyxy, PIXEL_DIGITS)
                    yield [b.time_s, key[1], *corners, int(b.observed), b.frame, was]


def find_footage(
    tracks: Path, content: TracksFile, named: Sequence[str] = ()
) -> dict[str, Footage]:
    """Return each camera's video: the one that was named, else the annotated one in the folder.

    Args:
        tracks: The tracks.json.
        content: What it holds.
        named: ``CAMERA=FILE``, as the user gave them.

    Raises:
        ConfigError: One of them names no camera or no file.
    """
    cameras = [camera.name for camera in content.cameras]
    folder = tracks.parent.resolve()
    found = {}
    for name in cameras:
        alone = [tracks.with_suffix(".mp4")] if len(cameras) == 1 else []
        for path in (tracks.parent / f"{name}.mp4", *alone):
            if path.is_file() and path.resolve().is_relative_to(folder):
                found[name] = Footage(path, drawn=True)
    for item in named:
        name, _, file = item.partition("=")
        if name not in cameras or not file:
            raise ConfigError(f"--video '{item}' is not CAMERA=FILE; cameras: {', '.join(cameras)}")
        if not Path(file).is_file():
            raise ConfigError(f"--video {name}: there is no file '{file}'")
        found[name] = Footage(Path(file), drawn=False)
    return found


def people_in(original: TracksFile) -> dict[VisitKey, int]:
    """Return who each visit was when the videos were drawn."""
    return {track.key: track.global_id for track in original.tracks}


def film_facts(
    footage: Mapping[str, Footage], original: TracksFile, pieces: Pieces, page: Path
) -> dict[str, Any]:
    """Return what a page on a disk needs to play videos where they lie.

    Args:
        footage: By camera.
        original: The result as it was when they were drawn.
        pieces: Its visits as they are now.
        page: Where the page goes: it names them from there.

    Raises:
        SourceError: There is none, or one is no video.
    """
    if not footage:
        raise SourceError("--videos: no video lies beside the result; write them with --out")
    films = {
        n: Film(footage[camera.name], camera, people_in(original))
        for n, camera in enumerate(original.cameras) if camera.name in footage
    }  # fmt: skip
    here = page.resolve().parent
    return {
        "videos": [
            quote(Path(os.path.relpath(footage[c.name].path.resolve(), here)).as_posix())
            if c.name in footage else None
            for c in original.cameras
        ],
        "films": {n: film.facts() | {"boxes": film.all_boxes(pieces)} for n, film in films.items()},
    }  # fmt: skip


def _span(path: Path) -> tuple[float | None, float]:
    """Return when a video's first picture was taken, if it tells, and its length."""
    try:
        with av.open(f"file:{path}", metadata_errors="replace") as video:
            return begins_at(video), (video.duration or 0) / av.time_base
    except (FFmpegError, OSError) as error:
        raise SourceError(f"{path} is no readable video") from error
