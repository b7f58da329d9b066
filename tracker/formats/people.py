"""Tables of who was there: a row per visit, and a row per person."""

import csv
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from tracker.core.atomic import replacing
from tracker.core.types import Identity, in_view_s
from tracker.results.result import Result
from tracker.results.tracks_json import TIME_DIGITS

VISIT_COLUMNS = (
    "global_id", "name", "camera", "track_id", "enter_s", "leave_s", "dwell_s", "enter_clock",
    "leave_clock",
)  # fmt: skip
PERSON_COLUMNS = (
    "global_id", "name", "visits", "cameras", "first_s", "last_s", "in_view_s", "first_clock",
    "last_clock",
)  # fmt: skip


def write_visits(result: Result, path: Path) -> None:
    """Write a row for each visit; clocks are empty where the run's start is not known."""
    write_table(path, VISIT_COLUMNS, _visits(result))


def write_people(result: Result, path: Path) -> None:
    """Write a row for each person; who was in two views at once was in view once."""
    write_table(path, PERSON_COLUMNS, (_person(result, p) for p in result.identities))


def write_table(path: Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a CSV file.

    Raises:
        OutputError: It cannot be written.
    """
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerows(rows)


def _visits(result: Result) -> Iterator[list[Any]]:
    for person in result.identities:
        for v in sorted(person.visits, key=lambda v: (v.start_s, v.camera)):
            yield [person.global_id, person.name or "", *v.key, *_span(result, v.start_s, v.end_s)]


def _person(result: Result, person: Identity) -> list[Any]:
    spans = [(v.start_s, v.end_s) for v in person.visits]
    first_s, last_s, _, *clocks = _span(result, min(s for s, _ in spans), max(s for _, s in spans))
    seen_in = " ".join(dict.fromkeys(v.camera for v in person.visits))
    seen_s = round(in_view_s(spans), TIME_DIGITS)
    number = len(spans)
    return [person.global_id, person.name or "", number, seen_in, first_s, last_s, seen_s, *clocks]


def _span(result: Result, enter_s: float, leave_s: float) -> list[Any]:
    """Return begin, end and length in seconds, and begin and end by the wall clock."""
    start = result.start
    clocks = [
        (start + timedelta(seconds=t)).isoformat(timespec="milliseconds") if start else ""
        for t in (enter_s, leave_s)
    ]
    return [*(round(t, TIME_DIGITS) for t in (enter_s, leave_s, leave_s - enter_s)), *clocks]
