"""Boxes with identities, from truth files and from results."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tracker.core import boxes
from tracker.core.errors import ConfigError, SourceError, suggestion
from tracker.core.foreign import read_text, understanding
from tracker.core.mot_text import (
    CLASS,
    COCO_PERSON,
    FLAG,
    PEDESTRIAN,
    TRUTH_COLUMNS,
    UNKNOWN,
    has_coco_classes,
    read_rows,
)
from tracker.results.tracks_file import TracksFile

DISTRACTORS = (2, 7, 8, 12)  # MOT16 classes: people on vehicles, static, distractor, reflection
_Array = Any  # NumPy arrays of mixed types go into trackeval as they are


@dataclass(frozen=True, slots=True)
class BoxTable:
    """Boxes with identities, one row each."""

    frame: _Array  # (N,) int, from 1 as in MOTChallenge files
    identity: _Array  # (N,) int
    xyxy: _Array  # (N, 4) float64 pixels
    ignored: _Array  # (N,) bool; boxes of the truth that neither help nor hurt

    def __getitem__(self, index: _Array) -> "BoxTable":
        return BoxTable(*(a[index] for a in (self.frame, self.identity, self.xyxy, self.ignored)))


def read_mot(path: Path, *, truth: bool = False) -> BoxTable:
    """Read a MOTChallenge text file.

    In a truth, rows whose seventh column is 0 or whose class (MOT16 and later) is no pedestrian
    do not count, by COCO's classes where they are those; the classes that look like people are
    kept as ignored.

    Raises:
        SourceError: Missing or not in that format.
    """
    rows = read_rows(path)
    if truth and not rows:
        raise SourceError(f"{path} has no rows, so that there is nothing to compare with")
    padded = [(row + [float(UNKNOWN)] * TRUTH_COLUMNS)[:TRUTH_COLUMNS] for row in rows]
    table = np.array(padded, np.float64).reshape(-1, TRUTH_COLUMNS)
    ignored = np.zeros(len(table), bool)
    if truth and has_coco_classes(rows):
        table = table[np.isin(table[:, CLASS], (COCO_PERSON, UNKNOWN))]
        ignored = np.zeros(len(table), bool)
    elif truth:
        has_classes = (table[:, 7] == np.round(table[:, 7])).all() and (table[:, 7] > 0).all()
        ignored = np.isin(table[:, 7], DISTRACTORS) & has_classes
        counted = (table[:, FLAG] != 0) & ((table[:, 7] == PEDESTRIAN) | ~np.array(has_classes))
        table, ignored = table[counted | ignored], ignored[counted | ignored]
    xyxy = boxes.xywh_to_xyxy(table[:, 2:6])
    return BoxTable(table[:, 0].astype(int), table[:, 1].astype(int), xyxy, ignored)


def read_people(path: Path) -> dict[int, str]:
    """Read which truth numbers are one person: a csv with the columns ``gt_id,person``.

    Raises:
        SourceError: Missing or without these columns.
    """
    with understanding(path, "csv with gt_id,person"):
        rows = csv.DictReader(read_text(path, "csv").splitlines())
        if not {"gt_id", "person"} <= set(rows.fieldnames or []):
            raise SourceError(f"{path} is no csv with the columns gt_id,person")
        return {int(r["gt_id"]): str(r["person"]) for r in rows}


def join_people(
    truth: BoxTable, person_of: Mapping[int, str], everybody: Iterable[str] | None = None
) -> BoxTable:
    """Give all visits of one person one number.

    Args:
        truth: One sequence.
        person_of: Who its numbers are.
        everybody: The people of all sequences, so that each has one number in all of them.
    """
    names = set(person_of.values() if everybody is None else everybody)
    numbers = {name: n for n, name in enumerate(sorted(names), start=1)}
    fresh = len(numbers) + 1 + truth.identity
    joined = [
        numbers[person_of[i]] if i in person_of else f
        for i, f in zip(truth.identity.tolist(), fresh.tolist(), strict=True)
    ]
    return BoxTable(truth.frame, np.array(joined, int), truth.xyxy, truth.ignored)


def table_of(content: TracksFile, *, person: bool, camera: str) -> BoxTable:
    """Return the boxes of one camera.

    Args:
        content: A tracks.json.
        person: Take the people's global_id instead of the visits' track_id.
        camera: Which camera.

    Raises:
        ConfigError: It has no such camera.
    """
    names = [camera.name for camera in content.cameras]
    if camera not in names:
        raise ConfigError(
            f"the result has no camera '{camera}'.{suggestion(camera, names)} It has: "
            f"{', '.join(names)}"
        )
    rows = [
        (box.frame + 1, track.global_id if person else track.track_id, *box.xyxy)
        for track in content.tracks if track.camera == camera for box in track.boxes
    ]  # fmt: skip
    table = np.array(rows, np.float64).reshape(-1, 6)
    ignored = np.zeros(len(table), bool)
    return BoxTable(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2:], ignored)
