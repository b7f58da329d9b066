"""What the live page shows: the newest picture of each camera, who is present, who moved."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracker.apps.live.crops import NewestCrops
from tracker.core.pictures import as_jpeg
from tracker.core.types import Frame, Step
from tracker.rendering.draw import Annotator, Label, hex_colour_of, labels_of
from tracker.results.events_file import Appeared, Crossed, Event, Left, Merged, Moved, Occupancy
from tracker.results.record import rounded
from tracker.video.recent import FRAGMENTED
from tracker.video.segments import segments_of
from tracker.video.source import FrameSource

WIDEST_PX = 960
KEPT_S = 120.0  # that can be played again
QUALITY = 80  # of the JPEGs
RATE_OVER_S = 5.0
MOST_MOVES = 20
PIXEL_DIGITS = 1


@dataclass(slots=True)
class _Camera:
    """One camera as far as its frames have come."""

    source: FrameSource
    annotator: Annotator
    shown: deque[float] = field(default_factory=deque)  # when, within `RATE_OVER_S`
    frame: Frame | None = None
    labels: list[Label] = field(default_factory=list)
    number: int = 0  # of the frames that were processed
    delay_s: float | None = None
    jpeg: tuple[int, bytes] = (0, b"")
    boxes: deque[list[float]] = field(default_factory=deque)  # those of the last `KEPT_S`

    def keep(self, step: Step) -> None:
        """Note the boxes of a frame, with the ids that are drawn into its video."""
        while self.boxes and self.boxes[0][0] < step.time_s - KEPT_S:
            self.boxes.popleft()
        for box in step.boxes:
            if box.global_id is not None:
                corners = rounded(box.xyxy.tolist(), PIXEL_DIGITS)
                self.boxes.append([step.time_s, box.track_id, *corners, 1, box.global_id])

    def fps(self) -> float:
        """Return the frames per second that were processed lately."""
        while self.shown and self.shown[0] < time.monotonic() - RATE_OVER_S:
            self.shown.popleft()
        if len(self.shown) < 2:  # noqa: PLR2004 - no interval
            return 0.0
        return (len(self.shown) - 1) / max(time.monotonic() - self.shown[0], 1e-3)


class LiveView:
    """Takes frames and events from the run's thread and is read by the server's.

    Args:
        sources: One per camera.
        now_s: The run's clock; None where nothing is live, so that nothing can be late.
        wall: Tells the wall clock's time of the run's; None likewise.
        videos: Where the cameras' videos go, as `Recording` takes it; those in fragments can be
            played while they grow.
    """

    def __init__(
        self, sources: Sequence[FrameSource], now_s: Callable[[], float] | None,
        wall: Callable[[float], str] | None, videos: Mapping[str, Path] | None = None,
    ) -> None:  # fmt: skip
        self._cameras = {
            s.info.name: _Camera(s, Annotator(s.info.width, s.info.height)) for s in sources
        }
        self._now_s, self._wall = now_s, wall
        self._lock = threading.Lock()
        self._drawing = threading.Lock()
        self._present: dict[tuple[str, int], dict[str, Any]] = {}
        self._moves: deque[dict[str, Any]] = deque(maxlen=MOST_MOVES)
        self._zones: dict[str, int] = {}  # people now
        self._lines: dict[str, list[int]] = {}  # crossings in and out
        self.crops = NewestCrops()
        self._people = 0
        self._became: dict[int, int] = {}  # ids that were given up
        self._videos = {n: p for n, p in (videos or {}).items() if p.suffix.lower() in FRAGMENTED}
        self._since = time.time()

    @property
    def cameras(self) -> list[str]:
        """The cameras' names, in the order of the page."""
        return list(self._cameras)

    def step(self, step: Step) -> None:
        """Take in a processed frame; it is drawn only when somebody looks."""
        self.crops.take(step)
        with self._lock:
            camera = self._cameras[step.camera]
            camera.frame, camera.labels = step.frame, labels_of(step.boxes)
            if step.camera in self._videos:
                camera.keep(step)
            camera.number += 1
            camera.shown.append(time.monotonic())
            camera.fps()  # lets go of what is old
            self._people = step.people or 0
            if self._now_s and camera.source.info.live:
                taken_s = step.time_s - camera.source.info.offset_s
                camera.delay_s = max(self._now_s() - taken_s, 0.0)

    def event(self, event: Event) -> None:
        """Take in what happened."""
        with self._lock:
            if isinstance(event, Occupancy):
                self._zones[event.zone] = event.people
                return
            if isinstance(event, Crossed):
                self._lines.setdefault(event.line, [0, 0])[event.direction == "out"] += 1
                return
            key = event.camera, event.track_id
            if isinstance(event, Left):
                self._present.pop(key, None)
            elif isinstance(event, Merged):
                self._rename(event.global_id, event.into)
            elif isinstance(event, Moved):
                self._moves.appendleft(self._move(event))
            elif isinstance(event, Appeared):
                self._present[key] = {"global_id": event.global_id, "since_s": event.time_s}

    def state(self) -> dict[str, Any]:
        """Return all but the pictures, as the page gets it."""
        with self._lock:
            now_s = max((c.frame.time_s for c in self._cameras.values() if c.frame), default=0.0)
            here = [
                {
                    "camera": camera,
                    **entry,
                    "colour": hex_colour_of(entry["global_id"]),
                    "crop": self.crops.version(camera, entry["global_id"]),
                }
                for (camera, _), entry in self._present.items()
            ]
            return {
                "time_s": round(now_s, 3),
                "clock": self._wall(now_s) if self._wall else None,
                "people": self._people,
                "zones": self._zones,
                "lines": self._lines,
                "cameras": [
                    _state(name, c) | {"recorded": bool(self.recorded(name))}
                    for name, c in self._cameras.items()
                ],
                "present": sorted(here, key=lambda e: (e["global_id"], e["camera"])),
                "moves": [self._pictured(move) for move in self._moves],
            }

    def newer(self, seen: Mapping[str, int]) -> dict[str, int]:
        """Return the cameras that have a newer frame than was seen, with its number."""
        return {n: c.number for n, c in self._cameras.items() if c.number > seen.get(n, 0)}

    def jpeg(self, camera: str) -> bytes:
        """Return a camera's newest frame with its people drawn, or nothing before the first."""
        shown = self._cameras[camera]
        with self._drawing:
            with self._lock:
                frame, labels, number = shown.frame, shown.labels, shown.number
            if frame is None or shown.jpeg[0] == number:
                return shown.jpeg[1]
            image = shown.annotator.draw(frame.image, frame.time_s, labels)
            shown.jpeg = number, as_jpeg(image, QUALITY, WIDEST_PX / image.shape[1])
            return shown.jpeg[1]

    def _pictured(self, move: dict[str, Any]) -> dict[str, Any]:
        """Return a move with its person's colour, and what changes with both pictures."""
        person = move["global_id"]
        crops = [self.crops.version(move[end], person) for end in ("from", "to")]
        return move | {"colour": hex_colour_of(person), "crops": crops}

    def recorded(self, camera: str) -> list[Path]:
        """Return the videos of a camera that this run has begun, the newest last."""
        if camera not in self._videos:
            return []
        whole = self._videos[camera]
        found = segments_of(whole) or [whole]
        return [p for p in found if p.is_file() and p.stat().st_mtime >= self._since]

    def boxes(self, camera: str, from_s: float) -> dict[str, Any]:
        """Return the boxes of the last minutes, and who of them is who now.

        Each is time, track_id, xyxy, 1, the id that is drawn, the one that it is now.
        """
        with self._lock:
            rows = [row for row in self._cameras[camera].boxes if row[0] >= from_s]
            now = {int(row[-1]): self._present_id(int(row[-1])) for row in rows}
            return {
                "boxes": [[*row, now[int(row[-1])]] for row in rows],
                "colours": {person: hex_colour_of(person) for person in now.values()},
                "clock": self._wall(from_s) if self._wall else None,
            }

    def _present_id(self, person: int) -> int:
        while person in self._became:
            person = self._became[person]
        return person

    def _rename(self, gone: int, kept: int) -> None:
        self._became[gone] = kept
        self.crops.rename(gone, kept)
        for entry in [*self._present.values(), *self._moves]:
            if entry["global_id"] == gone:
                entry["global_id"] = kept

    def _move(self, event: Moved) -> dict[str, Any]:
        return {
            "global_id": event.global_id, "from": event.from_camera, "to": event.camera,
            "time_s": round(event.time_s, 2),
            "clock": self._wall(event.time_s) if self._wall else None,
            "travel_s": round(event.travel_s, 2), "probability": event.probability,
        }  # fmt: skip


def _state(name: str, camera: _Camera) -> dict[str, Any]:
    info = camera.source.info
    return {
        "name": name, "width": info.width, "height": info.height, "live": info.live,
        "lost": bool(getattr(camera.source, "lost", False)), "number": camera.number,
        "fps": round(camera.fps(), 1), "sends_fps": round(info.fps, 1),
        "delay_s": None if camera.delay_s is None else round(camera.delay_s, 3),
        "dropped": info.dropped, "outages": info.outages, "people": len(camera.labels),
    }  # fmt: skip
