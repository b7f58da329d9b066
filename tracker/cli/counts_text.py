"""Counts of people in zones and over lines, in words."""

from collections.abc import Iterator

from tracker.core.time_text import clock
from tracker.results.counts_file import CountsFile, Hour, ZoneCounts


def counts_lines(counts: CountsFile) -> Iterator[str]:
    """Yield a line for each line, zone, way between zones and hour."""
    for line in counts.lines:
        yield f"{line.name}: {line.entries} in, {line.exits} out, {_people(line.people)}"
    yield from map(_zone, counts.zones)
    for way in counts.conversions:
        yield (
            f"{way.from_zone} to {way.to_zone}: {way.people} of {way.of}, "
            f"the middle one after {way.median_s:.1f} s"
        )
    yield from map(_hour, counts.hours)
    if counts.staff:
        yield f"not counted: {', '.join(map(str, counts.staff))}"


def _zone(zone: ZoneCounts) -> str:
    if zone.mean_dwell_s is None or zone.longest_dwell_s is None:
        return f"{zone.name}: nobody"
    return (
        f"{zone.name}: {_people(zone.people)} ({zone.returning} returning), "
        f"{zone.mean_dwell_s:.1f} s on average, {zone.longest_dwell_s:.1f} s at most, "
        f"{zone.most_present} at once"
    )


def _hour(hour: Hour) -> str:
    begin = hour.clock[:16].replace("T", " ") if hour.clock else f"hour from {clock(hour.start_s)}"
    return f"{begin}: {_people(hour.people)}, {hour.new} new"


def _people(number: int) -> str:
    return f"{number} {'person' if number == 1 else 'people'}"
