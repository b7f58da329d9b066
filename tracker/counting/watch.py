"""From where people's feet are to who is in which zone and who crosses which line, as it happens.

A person counts once, whichever cameras see them: in a zone is who is in it for one of them, and a
line that two cameras see crossed at once is crossed once.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tracker.core.ground import Places
from tracker.core.types import VisitKey
from tracker.counting.steady import Steady
from tracker.counting.zones import Line, Point, Shape, Zone, Zones
from tracker.results.events_file import (
    Crossed,
    EnteredZone,
    LeftZone,
    Occupancy,
    Side,
    ZoneEvent,
)
from tracker.results.tracks_json import TIME_DIGITS

UNSEEN_S = 2.0  # out of sight for so long, --max-age's default, a person is no more where they were


@dataclass(frozen=True, slots=True)
class Seen:
    """A person whom a camera sees.

    Attributes:
        visit: Camera and track_id.
        person: The global_id.
        time_s: When.
    """

    visit: VisitKey
    person: int
    time_s: float


@dataclass(slots=True)
class _View:
    """A person and a shape as one camera sees them."""

    steady: Steady
    visit: VisitKey
    point: Point


@dataclass(slots=True)
class _Stay:
    """A person in a zone or at a line, for all cameras."""

    person: int
    views: dict[tuple[Shape, str], _View] = field(default_factory=dict)
    entered_s: float | None = None  # there while the person is in the zone
    until_s: float = -math.inf  # when the camera that lost the person last did so
    crossings: dict[Side, Crossed] = field(default_factory=dict)  # the latest


class ZoneWatch:
    """Follows each person through all zones and over all lines.

    Args:
        zones: Where.
        tell: Is told of each event.
        staff: People who are not counted; whoever enters a zone of the staff joins them.
    """

    def __init__(
        self, zones: Zones, tell: Callable[[ZoneEvent], None], staff: Iterable[int] = ()
    ) -> None:
        self._zones = zones
        self._tell = tell
        self.staff = set(staff)
        self._stays: dict[tuple[str, int], _Stay] = {}  # by zone or line, and person
        self.inside: Counter[str] = Counter()

    def see(self, camera: str, people: Sequence[Seen], feet: Places, places: Places | None) -> None:
        """Take in the people in a camera's frame, in order of time.

        Args:
            camera: Its name.
            people: The N people.
            feet: (N, 2) pixels.
            places: (N, 2) metres, NaN where unknown; None where the camera is not calibrated.
        """
        for shape in self._zones.seen_by(camera):
            points = feet if shape.camera is not None else places
            if points is None or not len(people):
                continue
            rows = zip(people, points.tolist(), shape.states(points).tolist(), strict=True)
            for seen, point, state in rows:
                if not np.isnan(point[0]):
                    self.note(shape, seen, (point[0], point[1]), state=state)

    def note(self, shape: Shape, seen: Seen, point: Point, *, state: bool) -> None:
        """Take in what one camera sees of a person and a shape; see `see`."""
        stay = self._stays.setdefault((shape.name, seen.person), _Stay(seen.person))
        self._forget_unseen(shape.name, stay, seen.time_s)
        place = shape, seen.visit[0]
        view = stay.views.get(place)
        if view is None:
            view = stay.views[place] = _View(Steady(state, seen.time_s), seen.visit, point)
            if isinstance(shape, Zone) and state:
                self._enter(shape.name, stay, view, seen.time_s)
            return
        through = isinstance(shape, Line) and shape.passed(view.point, point)
        changed_s = view.steady.tell(state, seen.time_s, mark=through)
        view.visit, view.point = seen.visit, point
        self._changed(shape, stay, view, changed_s)

    def rename(self, gone: int, kept: int) -> None:
        """Take note that two people are one."""
        if gone in self.staff or kept in self.staff:
            self._excuse(gone)
            self._excuse(kept)
        for name, person in [key for key in self._stays if key[1] == gone]:
            stay = self._stays.pop((name, person))
            known = self._stays.setdefault((name, kept), _Stay(kept))
            known.views.update(stay.views)
            known.crossings.update(stay.crossings)
            known.until_s = max(known.until_s, stay.until_s)
            if known.entered_s is None:
                known.entered_s = stay.entered_s
            elif stay.entered_s is not None and kept not in self.staff:
                self._count(name, -1, max(known.entered_s, stay.entered_s))

    def pass_time(self, time_s: float) -> None:
        """Let who has been out of sight for too long be gone."""
        for key, stay in list(self._stays.items()):
            self._forget_unseen(key[0], stay, time_s)
            if not stay.views:
                del self._stays[key]

    def finish(self) -> None:
        """Say that there will be nothing more to see."""
        self.pass_time(math.inf)

    def _forget_unseen(self, name: str, stay: _Stay, time_s: float) -> None:
        for place, view in list(stay.views.items()):
            if time_s - view.steady.last_s > UNSEEN_S:
                self._changed(place[0], stay, view, view.steady.end())
                del stay.views[place]
                if view.steady.now and isinstance(place[0], Zone):
                    self._lose(name, stay, view, view.steady.last_s)

    def _changed(self, shape: Shape, stay: _Stay, view: _View, changed_s: float | None) -> None:
        """Act on a change of the steady state."""
        if changed_s is None:
            return
        if isinstance(shape, Zone):
            act = self._enter if view.steady.now else self._lose
            act(shape.name, stay, view, changed_s)
        elif view.steady.marked:
            self._cross(shape.name, stay, view, changed_s)

    def _cross(self, name: str, stay: _Stay, view: _View, time_s: float) -> None:
        """Tell of a crossing, unless another camera has seen the same one."""
        direction: Side = "in" if view.steady.now else "out"
        event = Crossed(*_about(stay, view, time_s), name, direction)
        before = stay.crossings.get(direction)
        stay.crossings[direction] = event
        if before and before.camera != event.camera and abs(time_s - before.time_s) <= UNSEEN_S:
            return
        if stay.person not in self.staff:
            self._tell(event)

    def _enter(self, name: str, stay: _Stay, view: _View, time_s: float) -> None:
        if name in self._zones.staff_zones:
            self._excuse(stay.person)
        if stay.entered_s is None:
            stay.entered_s = time_s
            if stay.person not in self.staff:
                self._tell(EnteredZone(*_about(stay, view, time_s), name))
                self._count(name, 1, time_s)

    def _lose(self, name: str, stay: _Stay, view: _View, time_s: float) -> None:
        """Take note that a camera sees somebody no more in a zone; tell if none does."""
        stay.until_s = max(stay.until_s, time_s)
        within = (v.steady.now for (shape, _), v in stay.views.items() if isinstance(shape, Zone))
        if stay.entered_s is None or any(within):
            return
        entered_s, stay.entered_s = stay.entered_s, None
        if stay.person not in self.staff:
            about = _about(stay, view, stay.until_s)
            self._tell(LeftZone(*about, name, round(entered_s, TIME_DIGITS)))
            self._count(name, -1, stay.until_s)

    def _excuse(self, person: int) -> None:
        """Count somebody no more."""
        if person in self.staff:
            return
        self.staff.add(person)
        for (name, whose), stay in self._stays.items():
            if whose == person and stay.entered_s is not None:
                self._count(name, -1, stay.entered_s)

    def _count(self, name: str, change: int, time_s: float) -> None:
        self.inside[name] += change
        self._tell(Occupancy(round(time_s, TIME_DIGITS), None, name, self.inside[name]))


def _about(stay: _Stay, view: _View, time_s: float) -> tuple[float, None, str, int, int]:
    return round(time_s, TIME_DIGITS), None, *view.visit, stay.person
