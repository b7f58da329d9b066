"""HOTA, CLEAR and Identity scores of tracks, by the MOTChallenge protocol.

Sources: Luiten et al., "HOTA: A Higher Order Metric for Evaluating Multi-Object Tracking", IJCV
2021; Bernardin and Stiefelhagen, "Evaluating Multiple Object Tracking Performance: The CLEAR MOT
Metrics", 2008; Ristani et al., "Performance Measures and a Data Set for Multi-Target,
Multi-Camera Tracking", 2016.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from tracker.core import boxes
from tracker.evaluation.box_table import BoxTable

MATCH_IOU = 0.5
_SETTINGS = {"PRINT_CONFIG": False, "THRESHOLD": MATCH_IOU}

Scores = dict[str, float]
Sequences = Mapping[str, tuple[BoxTable, BoxTable]]  # by name: truth and found


def score(truth: BoxTable, found: BoxTable) -> Scores:
    """Score the found tracks of one sequence; frames after the truth's last one do not count.

    Returns:
        HOTA, DetA, AssA, MOTA, IDF1 in percent, IDSW and Frag, and the numbers of identities.
    """
    return score_all({"sequence": (truth, found)})["sequence"]


def score_all(sequences: Sequences) -> dict[str, Scores]:
    """Score several sequences; with more than one, the row COMBINED has them all together.

    Combined as MOTChallenge does: counts are added before ratios are formed, and ids of
    different sequences have nothing to do with each other.
    """
    from trackeval.metrics import CLEAR, HOTA, Identity

    metrics = {"HOTA": HOTA(), "CLEAR": CLEAR(_SETTINGS), "Identity": Identity(_SETTINGS)}
    raw: dict[str, dict[str, Any]] = {}
    counts: dict[str, tuple[int, int]] = {}
    for name, (truth, found) in sequences.items():
        data = _trackeval_data(truth, found[found.frame <= truth.frame.max(initial=0)])
        raw[name] = {m: metric.eval_sequence(data) for m, metric in metrics.items()}
        counts[name] = (data["num_tracker_ids"], data["num_gt_ids"])
    rows = {name: _row(result, *counts[name]) for name, result in raw.items()}
    if len(raw) > 1:
        together = {
            m: metric.combine_sequences({name: result[m] for name, result in raw.items()})
            for m, metric in metrics.items()
        }
        found_ids, true_ids = (sum(column) for column in zip(*counts.values(), strict=True))
        rows["COMBINED"] = _row(together, found_ids, true_ids)
    return rows


def score_cameras(cameras: Sequences) -> dict[str, Scores]:
    """Score several cameras that share identities.

    The mean of the cameras' own scores says how well each is followed. The row JOINT takes all
    cameras as one long sequence, so that an id must be the same person in every camera. (Adding
    up per-camera scores would not test that at all.) The two bounds below it are what these boxes
    could reach: with perfect ids in each camera but no link between cameras, and with perfect
    ids.
    """
    truths = [truth for truth, _ in cameras.values()]
    found = [found[found.frame <= truth.frame.max(initial=0)] for truth, found in cameras.values()]
    perfect = [with_true_ids(t, f) for t, f in zip(truths, found, strict=True)]
    lengths = [int(truth.frame.max(initial=0)) for truth in truths]
    truth = concatenate(truths, lengths)
    rows = {name: score(*pair) for name, pair in cameras.items()}
    rows["mean of cameras"] = _mean(list(rows.values()))
    rows["JOINT"] = score(truth, concatenate(found, lengths))
    rows["bound: no link"] = score(truth, concatenate(_apart(perfect), lengths))
    rows["bound: perfect ids"] = score(truth, concatenate(perfect, lengths))
    return rows


def with_true_ids(truth: BoxTable, found: BoxTable) -> BoxTable:
    """Give each found box the id of the true box that it matches; false alarms get one each.

    What scores it then cannot be beaten by any association of the same boxes.
    """
    identity = -1 - np.arange(len(found.frame))
    for frame in np.unique(found.frame):
        t = truth[(truth.frame == frame) & ~truth.ignored]
        place = np.flatnonzero(found.frame == frame)
        for row, column in _matches(t, found[place]):
            identity[place[column]] = t.identity[row]
    return BoxTable(found.frame, identity, found.xyxy, found.ignored)


def concatenate(tables: Sequence[BoxTable], lengths: Sequence[int]) -> BoxTable:
    """Put sequences of the given lengths in frames one after the other in time."""
    starts = [sum(lengths[:n]) for n in range(len(tables))]
    return BoxTable(
        np.concatenate([t.frame + start for t, start in zip(tables, starts, strict=True)]),
        np.concatenate([t.identity for t in tables]),
        np.concatenate([t.xyxy for t in tables]),
        np.concatenate([t.ignored for t in tables]),
    )


def _apart(tables: Sequence[BoxTable]) -> list[BoxTable]:
    """Make the ids of each table different from those of all others."""
    step = 1 + max(int(np.abs(t.identity).max(initial=0)) for t in tables)
    return [
        BoxTable(
            t.frame, t.identity + np.where(t.identity < 0, -1, 1) * step * n, t.xyxy, t.ignored
        )
        for n, t in enumerate(tables)
    ]


def _mean(rows: Sequence[Scores]) -> Scores:
    return {name: round(float(np.mean([row[name] for row in rows])), 2) for name in rows[0]}


def _row(result: Mapping[str, Any], found_ids: int, true_ids: int) -> Scores:
    hota, clear, identity = result["HOTA"], result["CLEAR"], result["Identity"]
    percent = {name: float(np.mean(hota[name])) for name in ("HOTA", "DetA", "AssA")}
    percent |= {"MOTA": float(clear["MOTA"]), "IDF1": float(identity["IDF1"])}
    return {name: round(100 * value, 2) for name, value in percent.items()} | {
        "IDSW": int(clear["IDSW"]),
        "Frag": int(clear["Frag"]),
        "identities": found_ids,
        "true_identities": true_ids,
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
    hidden = [column for row, column in _matches(truth, found) if truth.ignored[row]]
    keep = np.ones(len(found.frame), bool)
    keep[hidden] = False
    return truth[~truth.ignored], found[keep]


def _matches(truth: BoxTable, found: BoxTable) -> list[tuple[int, int]]:
    """Pair the boxes of one frame at the largest total overlap, each at least `MATCH_IOU`."""
    overlap = boxes.iou(truth.xyxy, found.xyxy)
    rows, columns = linear_sum_assignment(-np.where(overlap >= MATCH_IOU, overlap, 0))
    return [
        (int(r), int(c)) for r, c in zip(rows, columns, strict=True) if overlap[r, c] >= MATCH_IOU
    ]
