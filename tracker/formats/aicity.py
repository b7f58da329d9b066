"""The text of the AI City Challenge's multi-camera track, written."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tracker.core.atomic import replacing
from tracker.formats.lines import all_rows
from tracker.formats.rounding import left_top_size
from tracker.results.result import PersonBox, Result
from tracker.results.tracks_json import METRE_DIGITS

UNKNOWN = "-1 -1"


def write_aicity(result: Result, path: Path) -> None:
    """Write ``camera obj frame xmin ymin width height xworld yworld``, a row per box.

    People (`global_id`), not visits; frames from 0; whole pixels; metres, -1 where not calibrated.
    """
    number_of = camera_numbers([camera.name for camera in result.cameras])
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        for camera, row in all_rows(result):
            box = " ".join(str(round(side)) for side in left_top_size(row))
            out.write(f"{number_of[camera]} {row.global_id} {row.frame} {box} {_place(row)}\n")


def camera_numbers(names: Sequence[str]) -> dict[str, int]:
    """Return each camera's number: the last one in its name, else its place among all.

    >>> camera_numbers(["c041", "c042"]), camera_numbers(["door", "cam2"])
    ({'c041': 41, 'c042': 42}, {'door': 1, 'cam2': 2})
    """
    found = [re.findall(r"\d+", name) for name in names]
    own = [int(digits[-1]) for digits in found if digits]
    usable = len(set(own)) == len(names)
    return dict(zip(names, own if usable else range(1, len(names) + 1), strict=True))


def _place(row: PersonBox) -> str:
    if row.place_m is None or np.isnan(row.place_m).any():
        return UNKNOWN
    return " ".join(f"{value:.{METRE_DIGITS}f}" for value in row.place_m)
