"""counts.json, schema ``reid-track-counts/1``: who was in which zone and crossed which line."""

from pathlib import Path
from typing import Annotated, Literal

from tracker.results.events_file import Side
from tracker.results.record import (
    Count,
    Generator,
    Id,
    Length,
    Name,
    Record,
    about,
    write_in_lines,
)

COUNTS: Literal["reid-track-counts/1"] = "reid-track-counts/1"


class Stay(Record):
    """A person in a zone, from entering to leaving, whichever cameras saw it."""

    global_id: Id
    enter_s: float
    leave_s: float
    first: Annotated[bool, about("Whether the person had never been there before.")]

    @property
    def dwell_s(self) -> float:
        """How long it lasted."""
        return self.leave_s - self.enter_s


class Crossing(Record):
    """A person over a line; in is to the right of who walks from its first point."""

    global_id: Id
    time_s: float
    direction: Side
    camera: Name


class ZoneCounts(Record):
    """A zone: a queue, a shop, a way."""

    name: Name
    people: Annotated[Count, about("Different people who were there.")]
    returning: Annotated[Count, about("Of them, those who came more than once.")]
    mean_dwell_s: Annotated[Length | None, about("Of a stay; null where nobody came.")]
    longest_dwell_s: Length | None
    mean_present: Annotated[Length, about("People there at once, over the run's whole time.")]
    most_present: Count
    stays: tuple[Stay, ...]

    @property
    def occupancy(self) -> list[tuple[float, int]]:
        """How many people are there from which time on."""
        changes = [(s.enter_s, 1) for s in self.stays] + [(s.leave_s, -1) for s in self.stays]
        steps: dict[float, int] = {}
        for time_s, change in sorted(changes):
            steps[time_s] = (list(steps.values()) or [0])[-1] + change
        return list(steps.items())


class LineCounts(Record):
    """A line: a door, a gate."""

    name: Name
    entries: Annotated[Count, about("Crossings inwards.")]
    exits: Annotated[Count, about("Crossings outwards.")]
    people: Annotated[Count, about("Different people who crossed it.")]
    crossings: tuple[Crossing, ...]


class Conversion(Record, kw_only=True):
    """How many of those who were in one zone went to another one later."""

    from_zone: Name
    to_zone: Name
    people: Count
    of: Annotated[Count, about("Who was in the first zone.")]
    median_s: Annotated[Length, about("From entering the one to entering the other.")]


class Hour(Record):
    """An hour: of the clock where the run's start is known, else of the run."""

    start_s: float
    clock: Annotated[str | None, about("ISO 8601; null where the run's start is not known.")]
    people: Annotated[Count, about("Different people who were seen in it.")]
    new: Annotated[Count, about("Of them, those who had not been seen before.")]


class CountsHead(Record):
    """All of a counts.json that is short."""

    schema: Literal["reid-track-counts/1"]
    generator: Generator
    people: Annotated[Count, about("Different people in all cameras, without the staff.")]
    staff: Annotated[tuple[Id, ...], about("Who was not counted.")]
    hours: tuple[Hour, ...]
    conversions: tuple[Conversion, ...]


class CountsFile(CountsHead, kw_only=True):
    """People in zones and over lines, each once, whichever cameras saw them."""

    zones: list[ZoneCounts]
    lines: list[LineCounts]


def write_counts(content: CountsFile, path: Path) -> None:
    """Write a counts.json, a zone or line in each line.

    Raises:
        OutputError: The file cannot be written.
    """
    head = CountsHead(*(getattr(content, name) for name in CountsHead.__struct_fields__))
    write_in_lines(path, head, zones=content.zones, lines=content.lines)
