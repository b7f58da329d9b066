"""From the boxes of another tool's file to a result: cameras, visits and people put in order."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import numpy as np

from tracker.core.errors import ConfigError, SourceError, suggestion
from tracker.core.foreign import understanding
from tracker.core.types import CameraInfo, Identity, Visit, VisitKey, no_embeddings
from tracker.formats.file_result import FileResult
from tracker.formats.parsed import FoundBox, FoundCamera, ParsedImport
from tracker.results.record import MOST, name_of
from tracker.results.result import ModelUse
from tracker.results.tracks_json import TIME_DIGITS

logger = logging.getLogger(__name__)

NEW_VISIT_S = 3.0  # where people alone are numbered: unseen for longer, a visit has ended
FPS_DIGITS = 4  # of a rate that is taken from times
LARGEST = {"width": 100_000, "height": 100_000, "fps": 1000, "frames": 100_000_000}
MOST_PIXELS = 1e9  # off a picture, and seconds: single floats say nothing beyond


@dataclass(frozen=True, slots=True)
class Hints:
    """What the user says of the cameras, over what the file says."""

    # by name, for example those of an earlier result
    cameras: Mapping[str, CameraInfo] = field(default_factory=dict)
    size: tuple[int, int] | None = None  # width and height of all others, in pixels
    fps: float | None = None  # frames per second of all
    offsets: Mapping[str, float] = field(default_factory=dict)  # seconds by camera name


def gather(found: ParsedImport, hints: Hints, path: Path, kind: str) -> FileResult:
    """Put what a file says into a result.

    Args:
        found: Its cameras and boxes.
        hints: What the user says beside it.
        path: The file, for messages and as the name of the detector where it names none.
        kind: The file's format, likewise.

    Raises:
        SourceError: It has no boxes, or they contradict each other.
        ConfigError: A camera's size or rate is known from nowhere.
    """
    with understanding(path, kind):
        return _gathered(found, hints, path, kind)


def _gathered(found: ParsedImport, hints: Hints, path: Path, kind: str) -> FileResult:
    if found.left_out:
        told = ", ".join(f"{number} x {label}" for label, number in found.left_out.items())
        logger.warning("%s: left out what is no person: %s", path, told)
    if not found.boxes:
        raise SourceError(f"{path} has no boxes of people")
    for name in hints.offsets:
        names = [camera.name for camera in found.cameras]
        if name not in names:
            raise ConfigError(
                f"--offset: no camera '{name}'.{suggestion(name, names)} "
                f"The cameras are: {', '.join(names)}"
            )
    cameras = {c.name: _complete(c, found.boxes, hints) for c in found.cameras}
    timed = [_checked(_timed(box, cameras[box.camera]), path) for box in found.boxes]
    visits = _visits(timed, path)
    detector = found.detector or ModelUse(f"{kind} file {path.name}", None)
    return FileResult(
        list(cameras.values()), detector, found.reid, _people(visits, path),
        known_places={k: _places(v) for k, v in visits.items() if any(b.place_m for b in v)},
    )  # fmt: skip


def _complete(camera: FoundCamera, boxes: Sequence[FoundBox], hints: Hints) -> CameraInfo:
    own = [box for box in boxes if box.camera == camera.name]
    known = hints.cameras.get(camera.name)
    width, height = (known.width, known.height) if known else (camera.width, camera.height)
    if hints.size is not None and (width is None or height is None):
        width, height = hints.size
    if width is None or height is None:
        raise ConfigError(
            f"the picture size of camera '{camera.name}' is known from nowhere; add "
            "--size WIDTHxHEIGHT, or --cameras TRACKS.json of an earlier result"
        )
    fps = hints.fps or (known.fps if known else camera.fps) or _rate(own, camera.name)
    offset_s = hints.offsets.get(camera.name, known.offset_s if known else camera.offset_s)
    last = max((box.frame for box in own), default=-1) + 1
    stated = (known.frames if known else camera.frames) or 0
    numbers = {"width": width, "height": height, "fps": fps, "frames": max(stated, last)}
    for what, value in numbers.items():
        if isinstance(value, str) or not 0 < value <= LARGEST[what]:
            raise SourceError(
                f"camera '{camera.name}' has {what} {value}; allowed is 0 to {LARGEST[what]:,}"
            )
    return CameraInfo(
        camera.name, (known.source if known else "") or camera.source or "none", width, height,
        fps, max(stated, last), offset_s=_first_s(own, fps) if offset_s is None else offset_s,
    )  # fmt: skip


def _rate(boxes: Sequence[FoundBox], camera: str) -> float:
    """Take a camera's rate from the times of its boxes."""
    timed = [(box.frame, box.time_s) for box in boxes if box.time_s is not None]
    if timed:
        (first, since), (last, until) = min(timed), max(timed)
        if last > first and until > since:
            return round((last - first) / (until - since), FPS_DIGITS)
    raise ConfigError(
        f"the frame rate of camera '{camera}' is known from nowhere; add --fps, or --cameras "
        "TRACKS.json of an earlier result"
    )


def _first_s(boxes: Sequence[FoundBox], fps: float) -> float:
    """Return when the first frame was taken, from the time of the first box."""
    timed = [(box.frame, box.time_s) for box in boxes if box.time_s is not None]
    if not timed:
        return 0.0
    frame, time_s = min(timed)
    offset_s = round(time_s - frame / fps, 3)
    return offset_s if abs(offset_s) > 0.5 / fps else 0.0


def _timed(box: FoundBox, camera: CameraInfo) -> FoundBox:
    if box.time_s is not None:
        return box
    return replace(box, time_s=round(camera.offset_s + box.frame / camera.fps, TIME_DIGITS))


def _checked(box: FoundBox, path: Path) -> FoundBox:
    x1, y1, x2, y2 = box.xyxy
    ids = [n for n in (box.track_id, box.person) if n is not None]
    values = (*box.xyxy, box.time_s or 0.0, box.score)
    if (
        not all(math.isfinite(value) and abs(value) <= MOST_PIXELS for value in values)
        or any(type(n) is not int or n > MOST for n in (*ids, box.frame))
        or x2 <= x1
        or y2 <= y1
        or box.frame < 0
        or box.score < 0
        or min(ids, default=1) < 1
    ):
        raise SourceError(
            f"{path}: camera '{box.camera}', frame {box.frame}, ids {ids}: the box "
            f"{list(box.xyxy)} of score {box.score:g} cannot be; sides must be positive, frames "
            "count from 0, ids from 1"
        )
    return box


def _visits(boxes: Sequence[FoundBox], path: Path) -> dict[VisitKey, list[FoundBox]]:
    """Sort the boxes into visits, each in order of its frames."""
    visits: dict[VisitKey, list[FoundBox]] = {}
    for box in boxes:
        if box.track_id is not None:
            visits.setdefault(box.key, []).append(box)
    for camera in dict.fromkeys(box.camera for box in boxes):
        nameless = [b for b in boxes if b.camera == camera and b.track_id is None]
        free = (n for n in count(1) if (camera, n) not in visits)
        for part in sorted(_stays(nameless), key=lambda p: (p[0].frame, p[0].person or 0)):
            number = next(free)
            visits[camera, number] = [replace(box, track_id=number) for box in part]
    for key, found in visits.items():
        found.sort(key=lambda box: box.frame)
        frames = [box.frame for box in found]
        if len(set(frames)) < len(frames):
            twice = next(f for f in frames if frames.count(f) > 1)
            raise SourceError(f"{path}: {name_of(key)} is twice in frame {twice}")
    return visits


def _stays(boxes: Sequence[FoundBox]) -> Iterator[list[FoundBox]]:
    """Cut the boxes of each person where nobody saw them for long."""
    for person in dict.fromkeys(box.person for box in boxes):
        own = sorted((b for b in boxes if b.person == person), key=lambda b: b.frame)
        stay: list[FoundBox] = []
        for box in own:
            if stay and (box.time_s or 0.0) - (stay[-1].time_s or 0.0) > NEW_VISIT_S:
                yield stay
                stay = []
            stay.append(box)
        yield stay


def _people(visits: Mapping[VisitKey, list[FoundBox]], path: Path) -> list[Identity]:
    """Give the visits to their people; whoever is not named is somebody of their own."""
    people: dict[int, Identity] = {}
    nameless = []
    for key, boxes in sorted(visits.items(), key=lambda item: (item[1][0].time_s, item[0])):
        named = {box.person for box in boxes} - {None}
        if len(named) > 1:
            raise SourceError(
                f"{path}: {name_of(key)} is several people: {sorted(map(str, named))}"
            )
        person = next(iter(named), None)
        if person is None:
            nameless.append(_visit(boxes))
        else:
            people.setdefault(person, Identity(person)).visits.append(_visit(boxes))
    free = count(max(people, default=0) + 1)
    alone = [Identity(next(free), [visit]) for visit in nameless]
    return sorted([*people.values(), *alone], key=lambda person: person.global_id)


def _visit(boxes: Sequence[FoundBox]) -> Visit:
    return Visit(
        boxes[0].camera, boxes[0].track_id or 0,
        np.array([b.frame for b in boxes], np.int64),
        np.array([b.time_s for b in boxes], np.float64),
        np.array([b.xyxy for b in boxes], np.float32).reshape(len(boxes), 4),
        np.array([b.score for b in boxes], np.float32),
        np.array([b.observed for b in boxes], np.bool_),
        no_embeddings(),
    )  # fmt: skip


def _places(boxes: Sequence[FoundBox]) -> np.ndarray:
    return np.array([b.place_m or (math.nan, math.nan) for b in boxes], np.float64)
