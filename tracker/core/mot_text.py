"""MOTChallenge's text, read in one way: as detections, as results and as a truth.

A row is ``frame,id,left,top,width,height`` and maybe score, class and more, in pixels, frames from
1, between commas or blanks.
"""

import math
from pathlib import Path

from tracker.core.errors import SourceError
from tracker.core.foreign import read_text

LEAST = 6
FLAG, CLASS, VISIBLE = 6, 7, 8  # columns of a truth; results have a score in the first
TRUTH_COLUMNS = 9
PEDESTRIAN = 1  # of MOTChallenge's classes
COCO_PERSON = 0
UNKNOWN = -1
LARGEST = 1e9  # of any number: beyond, single floats and frame numbers mean nothing

Row = list[float]


def read_rows(path: Path, *, identified: bool = True, least: int = LEAST) -> list[Row]:
    """Read all rows.

    Args:
        path: The file.
        identified: Whether ids count, so that each is once in a frame; else boxes are.
        least: Columns that a row must have.

    Raises:
        SourceError: Missing, or a row is wrong; the message has file, line and value.
    """
    rows: list[Row] = []
    seen: dict[tuple[float, ...], int] = {}
    for number, line in enumerate(read_text(path, "MOTChallenge text").splitlines(), start=1):
        cells = line.replace(",", " ").split()
        if not cells:
            continue
        row, problem = _parsed(cells, least)
        key = tuple(row[:2] if identified else [row[0], *row[2:LEAST]]) if row else ()
        if not problem and key in seen:
            problem = f"is there already, in line {seen[key]}"
        if problem:
            raise SourceError(f"{path}, line {number}: '{line[:60]}' {problem}")
        if not identified or row[1] != UNKNOWN:
            seen[key] = number
        rows.append(row)
    return rows


def has_coco_classes(rows: list[Row]) -> bool:
    """Tell whether the classes of 9 columns are COCO's, where a person is 0.

    So they are in the files of trackers, which have scores where a truth says 0 or 1; in a truth
    no class is 0.
    """
    whole = [row for row in rows if len(row) == TRUTH_COLUMNS]
    return any(row[CLASS] == COCO_PERSON or row[FLAG] not in (0, 1) for row in whole)


def _parsed(cells: list[str], least: int) -> tuple[Row, str]:
    """Return the numbers of a row, and what is wrong with them."""
    try:
        row = [float(cell) for cell in cells]
    except ValueError:
        row = []
    if len(row) < least:
        names = "frame,id,left,top,width,height" + ",score" * (least > LEAST)
        return [], f"is not {names} with frames from 1"
    for cell, value in zip(cells, row, strict=True):
        if not (math.isfinite(value) and abs(value) <= LARGEST):
            return row, f"has {cell[:20]}, which is no number that can be"
    if row[0] < 1 or row[0] != int(row[0]) or row[1] != int(row[1]):
        return row, "is not a whole frame from 1 and a whole id"
    return row, ""
