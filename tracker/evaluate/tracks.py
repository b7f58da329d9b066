"""HOTA, CLEAR and Identity scores of tracks, by the MOTChallenge protocol.

Sources: Luiten et al., "HOTA", IJCV 2021; Bernardin and Stiefelhagen, "CLEAR MOT", 2008;
Ristani et al., "Performance Measures … for Multi-Target, Multi-Camera Tracking", 2016.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from tracker import boxes
from tracker.errors import ConfigError, SourceError

PEDESTRIAN = 1
DISTRACTORS = (2, 7, 8, 12)  # MOT16 classes: people on vehicles, static, distractor, reflection
MATCH_IOU = 0.5
COLUMNS = 9
_Array = Any  # NumPy arrays of mixed types go into trackeval as they are


@dataclass(frozen=True, slots=True)
class BoxTable:
    """Boxes with identities, one row each.

    Attributes:
        frame: (N,) int, from 1 as in MOTChallenge files.
        identity: (N,) int.
        xyxy: (N, 4) float64 pixels.
        ignored: (N,) bool; boxes of the truth that neither help nor hurt.
    """

    frame: _Array
    identity: _Array
    xyxy: _Array
    ignored: _Array

    def __getitem__(self, index: _Array) -> "BoxTable":
        return BoxTable(*(a[index] for a in (self.frame, self.identity, self.xyxy, self.ignored)))


def read_mot(path: Path, *, truth: bool = False) -> BoxTable:
    """Read a MOTChallenge text file.

    In a truth, rows whose seventh column is 0 or whose class (MOT16 and later) is no pedestrian
    do not count; the classes that look like people are kept as ignored.

    Raises:
        SourceError: Missing or not in that format.
    """
    try:
        rows = [r for r in csv.reader(path.read_text().splitlines()) if r]
        table = np.array([[float(v) for v in (r + ["-1"] * COLUMNS)[:COLUMNS]] for r in rows])
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} is no MOTChallenge text file: {error}") from error
    table = table.reshape(-1, COLUMNS)
    ignored = np.zeros(len(table), bool)
    if truth:
        has_classes = (table[:, 7] == np.round(table[:, 7])).all() and (table[:, 7] > 0).all()
        ignored = np.isin(table[:, 7], DISTRACTORS) & has_classes
        counted = (table[:, 6] != 0) & ((table[:, 7] == PEDESTRIAN) | ~np.array(has_classes))
        table, ignored = table[counted | ignored], ignored[counted | ignored]
    xyxy = boxes.xywh_to_xyxy(table[:, 2:6])
    return BoxTable(table[:, 0].astype(int), table[:, 1].astype(int), xyxy, ignored)


def read_people(path: Path) -> dict[int, str]:
    """Read which truth numbers are one person: a csv with the columns ``gt_id,person``.

    Raises:
        SourceError: Missing or without these columns.
    """
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            rows = csv.DictReader(stream)
            if not {"gt_id", "person"} <= set(rows.fieldnames or []):
                raise SourceError(f"{path} is no csv with the columns gt_id,person")
            return {int(r["gt_id"]): r["person"] for r in rows}
    except (OSError, csv.Error, ValueError) as error:
        raise SourceError(f"{path} is no csv with gt_id,person: {error}") from error


def join_people(truth: BoxTable, person_of: Mapping[int, str]) -> BoxTable:
    """Give all visits of one person one number."""
    numbers = {name: n for n, name in enumerate(sorted(set(person_of.values())), start=1)}
    fresh = len(numbers) + 1 + truth.identity
    joined = [
        numbers[person_of[i]] if i in person_of else f
        for i, f in zip(truth.identity.tolist(), fresh.tolist(), strict=True)
    ]
    return BoxTable(truth.frame, np.array(joined, int), truth.xyxy, truth.ignored)


def score(truth: BoxTable, found: BoxTable) -> dict[str, float]:
    """Score found tracks against the truth.

    Only the frames up to the truth's last one count.

    Returns:
        HOTA, DetA, AssA, MOTA, IDF1 in percent, IDSW and Frag, and the numbers of identities.
    """
    from trackeval.metrics import CLEAR, HOTA, Identity

    found = found[found.frame <= truth.frame.max(initial=0)]
    data = _trackeval_data(truth, found)
    settings = {"PRINT_CONFIG": False, "THRESHOLD": MATCH_IOU}
    hota = HOTA().eval_sequence(data)
    clear = CLEAR(settings).eval_sequence(data)
    identity = Identity(settings).eval_sequence(data)
    percent = {name: float(np.mean(hota[name])) for name in ("HOTA", "DetA", "AssA")}
    percent |= {"MOTA": float(clear["MOTA"]), "IDF1": float(identity["IDF1"])}
    return {name: round(100 * value, 2) for name, value in percent.items()} | {
        "IDSW": int(clear["IDSW"]),
        "Frag": int(clear["Frag"]),
        "identities": data["num_tracker_ids"],
        "true identities": data["num_gt_ids"],
    }


def _trackeval_data(truth: BoxTable, found: BoxTable) -> dict[str, Any]:
    """Arrange both tables as trackeval's metric classes read them, distractors removed."""
    data: dict[str, Any] = {"gt_ids": [], "tracker_ids": [], "similarity_scores": []}
    kept_truth, kept_found = [], []
    for frame in range(1, int(truth.frame.max(initial=0)) + 1):
        t, f = _without_distractors(truth[truth.frame == frame], found[found.frame == frame])
        kept_truth.append(t)
        kept_found.append(f)
        data["similarity_scores"].append(boxes.iou(t.xyxy, f.xyxy))
    for name, tables in (("gt", kept_truth), ("tracker", kept_found)):
        ids = sorted({int(i) for table in tables for i in table.identity})
        place = {identity: n for n, identity in enumerate(ids)}
        data[f"{name}_ids"] = [np.array([place[int(i)] for i in t.identity], int) for t in tables]
        data[f"num_{name}_ids"] = len(ids)
        data[f"num_{name}_dets"] = sum(len(t.identity) for t in tables)
    data["num_timesteps"] = len(kept_truth)
    return data


def _without_distractors(truth: BoxTable, found: BoxTable) -> tuple[BoxTable, BoxTable]:
    """Drop the found boxes that match an ignored truth box better than a counted one."""
    if not truth.ignored.any():
        return truth, found
    overlap = boxes.iou(truth.xyxy, found.xyxy)
    rows, columns = linear_sum_assignment(-np.where(overlap >= MATCH_IOU, overlap, 0))
    hidden = [
        c
        for r, c in zip(rows, columns, strict=True)
        if truth.ignored[r] and overlap[r, c] >= MATCH_IOU
    ]
    keep = np.ones(len(found.frame), bool)
    keep[hidden] = False
    return truth[~truth.ignored], found[keep]


def read_tracks_json(path: Path, *, person: bool, camera: str | None) -> BoxTable:
    """Read one camera of a tracks.json.

    Args:
        path: The file.
        person: Take the people's global_id instead of the visits' track_id.
        camera: Which camera; may be None if there is only one.

    Raises:
        SourceError: Not a tracks.json.
        ConfigError: No such camera, or several and none named.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        names = [c["name"] for c in content["cameras"]]
        if (len(names) != 1) if camera is None else (camera not in names):
            raise ConfigError(f"{path} has the cameras {', '.join(names)}; choose with --camera")
        key = "global_id" if person else "track_id"
        tracks = [t for t in content["tracks"] if t["camera"] == (camera or names[0])]
        rows = [(b["frame"] + 1, t[key], *b["xyxy"]) for t in tracks for b in t["boxes"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path} is no tracks.json: {error}") from error
    table = np.array(rows, np.float64).reshape(-1, 6)
    ignored = np.zeros(len(table), bool)
    return BoxTable(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2:], ignored)
