"""From a result and zones to counts: by person, over all cameras."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import permutations
from math import isnan
from statistics import mean, median

import numpy as np

from tracker.core.ground import feet_of
from tracker.core.types import Identity
from tracker.counting.watch import Seen, ZoneWatch
from tracker.counting.zones import Shape, Zones
from tracker.results.counts_file import (
    COUNTS,
    Conversion,
    CountsFile,
    Crossing,
    Hour,
    LineCounts,
    Stay,
    ZoneCounts,
)
from tracker.results.events_file import Crossed, LeftZone, ZoneEvent
from tracker.results.record import GENERATOR
from tracker.results.result import Result
from tracker.results.tracks_json import TIME_DIGITS

HOUR_S = 3600.0
SHARE_DIGITS = 3

Row = tuple[float, Shape, Seen, tuple[float, float], bool]


def count(result: Result, zones: Zones) -> CountsFile:
    """Count the people of a result in zones; hours are the day's where its start is known."""
    named = {p.global_id for p in result.identities if p.name in zones.staff_names}
    events: list[ZoneEvent] = []
    watch = ZoneWatch(zones, events.append, named)
    for person in result.identities:
        for _, shape, seen, point, state in sorted(_rows(result, zones, person), key=_by_time):
            watch.note(shape, seen, point, state=state)
        watch.finish()
    counted = [p for p in result.identities if p.global_id not in watch.staff]
    stays, crossings = _by_place(events, watch.staff)
    times = [v.time_s for p in result.identities for v in p.visits]
    span_s = max(map(np.max, times)) - min(map(np.min, times)) if times else 0.0
    found = [_zone(name, stays[name], float(span_s)) for name in zones.zones]
    return CountsFile(
        COUNTS, GENERATOR, len(counted), tuple(sorted(watch.staff)),
        tuple(_hours(counted, result.start)), tuple(_conversions(found)),
        zones=found, lines=[_line(name, crossings[name]) for name in zones.lines],
    )  # fmt: skip


def _by_time(row: Row) -> tuple[float, str]:
    return row[0], row[2].visit[0]


def _rows(result: Result, zones: Zones, person: Identity) -> Iterator[Row]:
    """Yield where a person's feet were, for each shape that the camera can tell about."""
    for visit in person.visits:
        feet, places = feet_of(visit.xyxy), result.places(visit)
        times = visit.time_s.tolist()
        for shape in zones.seen_by(visit.camera):
            points = feet if shape.camera is not None else places
            if points is None:
                continue
            rows = zip(times, points.tolist(), shape.states(points).tolist(), strict=True)
            for time_s, (x, y), state in rows:
                if not isnan(x):
                    yield time_s, shape, Seen(visit.key, person.global_id, time_s), (x, y), state


def _by_place(
    events: Iterable[ZoneEvent], staff: set[int]
) -> tuple[dict[str, list[LeftZone]], dict[str, list[Crossing]]]:
    """Return who was in each zone and who crossed each line, in order of time."""
    stays, crossings = defaultdict(list), defaultdict(list)
    for event in events:
        if isinstance(event, LeftZone) and event.global_id not in staff:
            stays[event.zone].append(event)
        elif isinstance(event, Crossed) and event.global_id not in staff:
            crossings[event.line].append(
                Crossing(event.global_id, event.time_s, event.direction, event.camera)
            )
    for left in stays.values():
        left.sort(key=lambda e: (e.enter_s, e.global_id))
    for crossed in crossings.values():
        crossed.sort(key=lambda c: (c.time_s, c.global_id))
    return stays, crossings


def _zone(name: str, left: Sequence[LeftZone], span_s: float) -> ZoneCounts:
    been: set[int] = set()
    back: set[int] = set()
    stays = []
    for event in left:
        stays.append(
            Stay(event.global_id, event.enter_s, event.time_s, event.global_id not in been)
        )
        back |= been & {event.global_id}
        been.add(event.global_id)
    dwells = [stay.dwell_s for stay in stays]
    counts = ZoneCounts(
        name, len(been), len(back), round(mean(dwells), TIME_DIGITS) if dwells else None,
        round(max(dwells), TIME_DIGITS) if dwells else None,
        round(sum(dwells) / span_s, SHARE_DIGITS) if span_s else 0.0, 0, tuple(stays),
    )  # fmt: skip
    counts.most_present = max((people for _, people in counts.occupancy), default=0)
    return counts


def _line(name: str, crossings: Sequence[Crossing]) -> LineCounts:
    entries = sum(c.direction == "in" for c in crossings)
    people = {c.global_id for c in crossings}
    return LineCounts(name, entries, len(crossings) - entries, len(people), tuple(crossings))


def _conversions(zones: Sequence[ZoneCounts]) -> Iterator[Conversion]:
    """Yield between which zones people went, one after the other."""
    for one, other in permutations(zones, 2):
        gaps = []
        for person in {stay.global_id for stay in one.stays}:
            first_s = min(s.enter_s for s in one.stays if s.global_id == person)
            later = [
                s.enter_s for s in other.stays if s.global_id == person and s.enter_s > first_s
            ]
            gaps += [min(later) - first_s] if later else []
        if gaps:
            yield Conversion(
                from_zone=one.name, to_zone=other.name, people=len(gaps), of=one.people,
                median_s=round(median(gaps), TIME_DIGITS),
            )  # fmt: skip


def _hours(people: Sequence[Identity], start: datetime | None) -> Iterator[Hour]:
    """Yield how many people each hour had, from the first one with any to the last."""
    shift_s = 0.0
    if start is not None:
        shift_s = (start - start.replace(minute=0, second=0, microsecond=0)).total_seconds()
    seen: dict[int, set[int]] = defaultdict(set)
    first: dict[int, int] = {}
    for person in people:
        for visit in person.visits:
            begin, end = (int((t + shift_s) // HOUR_S) for t in (visit.start_s, visit.end_s))
            first[person.global_id] = min(begin, first.get(person.global_id, begin))
            for hour in range(begin, end + 1):
                seen[hour].add(person.global_id)
    for hour in range(min(seen, default=0), max(seen, default=-1) + 1):
        start_s = hour * HOUR_S - shift_s
        clock = (start + timedelta(seconds=start_s)).isoformat() if start else None
        new = sum(first[person] == hour for person in seen[hour])
        yield Hour(start_s, clock, len(seen[hour]), new)
