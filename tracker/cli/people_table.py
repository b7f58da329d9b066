"""Who was where and when, as a table: aligned text, or drawn for a terminal."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.console import Console
from rich.table import Table

from tracker.core.time_text import clock
from tracker.core.types import VisitKey
from tracker.results.tracks_file import Link, PersonVisit, TracksFile

HEADINGS = ("person", "visit", "enters", "leaves", "came", "link", "weakest")
_LEFT = (False, True, False, False, True, False, False)  # which columns are aligned to the left
Row = tuple[str, ...]


def rows(content: TracksFile, person: int | None = None) -> Iterator[list[Row]]:
    """Yield the rows of each person, or of one: a visit each, in order of time."""
    link_of = {link.second.key: link for link in content.links}
    for number, visits in content.visits().items():
        if person in (None, number):
            yield _rows_of(number, visits, link_of)


def print_table(people: Sequence[list[Row]], console: Console) -> None:
    """Print rows for eyes where there is a terminal, else as text that scripts can split."""
    if console.is_terminal:
        console.print(_drawn(people))
        return
    lines = [HEADINGS, *(row for rows_of_one in people for row in rows_of_one)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    for line in lines:
        cells = zip(line, widths, _LEFT, strict=True)
        print("  ".join(c.ljust(w) if left else c.rjust(w) for c, w, left in cells).rstrip())


def _rows_of(number: int, visits: list[PersonVisit], link_of: dict[VisitKey, Link]) -> list[Row]:
    links = [link_of[v.key] for v in visits if v.key in link_of]
    weakest = f"{min(1.0 if x.vouched else x.probability for x in links):.2f}" if links else "-"
    came = ["-", *(_way(a, b) for a, b in pairwise(visits))]
    return [
        (
            str(number),
            str(visit),
            clock(visit.enter_s),
            clock(visit.leave_s),
            way,
            _reason(link_of.get(visit.key)),
            weakest,
        )
        for visit, way in zip(visits, came, strict=True)
    ]


def _way(before: PersonVisit, after: PersonVisit) -> str:
    """Tell how somebody came from the visit before: after so long, or while still in its view."""
    gap_s = after.enter_s - before.leave_s
    if before.camera == after.camera:
        return f"back after {gap_s:.1f} s"
    if gap_s < 0:
        return f"still in {before.camera}"
    return f"from {before.camera} in {gap_s:.1f} s"


def _reason(link: Link | None) -> str:
    if link is None:
        return "-"
    return "said" if link.vouched else f"{link.probability:.2f}"


def _drawn(people: Sequence[list[Row]]) -> Table:
    table = Table(header_style="bold")
    for heading, left in zip(HEADINGS, _LEFT, strict=True):
        table.add_column(heading, justify="left" if left else "right")
    for rows_of_one in people:
        for place, row in enumerate(rows_of_one):
            once = row if place == 0 else ("", *row[1:-1], "")
            table.add_row(*once, end_section=place == len(rows_of_one) - 1)
    return table
