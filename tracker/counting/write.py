"""Counts as files: all of them as JSON, and a table each of stays and crossings."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np

from tracker.core.atomic import make_folder, replacing, require_writable
from tracker.formats.people import write_table
from tracker.rendering.heat_map import heat_map
from tracker.results.counts_file import CountsFile, write_counts
from tracker.results.result import Result
from tracker.results.tracks_json import TIME_DIGITS

FILES = ("counts.json", "stays.csv", "crossings.csv")


def planned_counts(folder: Path, *, overwrite: bool) -> None:
    """Make a folder for counts and check that they can be written there.

    Raises:
        OutputError: They cannot.
    """
    make_folder(folder)
    for name in FILES:
        require_writable(folder / name, overwrite=overwrite)


def write_heat_maps(result: Result, posters: Mapping[str, Path], folder: Path) -> Iterator[Path]:
    """Write ``heat-CAMERA.png`` for each camera, over its poster if there is one.

    Raises:
        OutputError: It cannot be written.
    """
    visits = result.visits()
    for camera in result.cameras:
        poster = posters.get(camera.name)
        picture = None if poster is None else cv2.imread(str(poster), cv2.IMREAD_COLOR)
        own = [visit for visit in visits if visit.camera == camera.name]
        image = heat_map(camera, own, None if picture is None else np.asarray(picture, np.uint8))
        path = folder / f"heat-{camera.name}.png"
        with replacing(path) as temporary:
            temporary.write_bytes(cv2.imencode(".png", image)[1].tobytes())
        yield path


def write_counted(counts: CountsFile, folder: Path) -> Iterator[Path]:
    """Write counts into a folder, yielding each file when it is there."""
    json, stays, crossings = (folder / name for name in FILES)
    write_counts(counts, json)
    yield json
    rows = (
        [z.name, s.global_id, s.enter_s, s.leave_s, round(s.dwell_s, TIME_DIGITS), int(s.first)]
        for z in counts.zones for s in z.stays
    )  # fmt: skip
    write_table(stays, ("zone", "global_id", "enter_s", "leave_s", "dwell_s", "first"), rows)
    yield stays
    crossed = (
        [x.name, c.global_id, c.time_s, c.direction, c.camera]
        for x in counts.lines for c in x.crossings
    )  # fmt: skip
    write_table(crossings, ("line", "global_id", "time_s", "direction", "camera"), crossed)
    yield crossings
