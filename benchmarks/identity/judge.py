"""Scores of an answer by what is known of the recording."""

from pathlib import Path

import numpy as np

from benchmarks.identity.follow import Answer
from benchmarks.identity.recordings import Recording, Truths
from tracker.evaluation.box_table import BoxTable
from tracker.evaluation.tracks import concatenate, score, with_true_ids

Figures = dict[str, float]


def judge(recording: Recording, answer: Answer, data: Path) -> Figures:
    """Return HOTA and IDF1 in percent, of visits and of people in all cameras, and their number."""
    figures: Figures = {"people": len(answer.linked.identities), "there": recording.people}
    if recording.judged == "count":
        return figures
    truth = recording.truth(data)
    visits = recording.visits(data) if recording.visits else truth
    for level, true, found in (("v", visits, answer.visits), ("p", truth, answer.people)):
        scores = _joint(recording, true, found, apart=level == "v")
        figures |= {f"{level} HOTA": scores["HOTA"], f"{level} IDF1": scores["IDF1"]}
    return figures


def _joint(
    recording: Recording, truths: Truths, found: dict[str, BoxTable], *, apart: bool
) -> dict[str, float]:
    """Score all cameras as one long sequence; visits of each camera have ids of their own."""
    pairs = [_comparable(recording, truths[name], found[name]) for name in truths]
    lengths = [int(t.frame.max(initial=0)) for t, _ in pairs]
    if apart:
        pairs = [(_shifted(t, 1000 * n), _shifted(f, 1000 * n)) for n, (t, f) in enumerate(pairs)]
    return score(concatenate([t for t, _ in pairs], lengths),
                 concatenate([f for _, f in pairs], lengths))  # fmt: skip


def _comparable(
    recording: Recording, truth: BoxTable, found: BoxTable
) -> tuple[BoxTable, BoxTable]:
    """Keep the boxes that the truth says something about."""
    found = found[found.xyxy[:, 3] >= recording.least_bottom]
    found = found[found.frame <= truth.frame.max(initial=0)]
    if recording.labelled:
        found = found[np.isin(found.frame, truth.frame)]
    if recording.stride > 1:
        truth, found = (t[(t.frame - 1) % recording.stride == 0] for t in (truth, found))
    if recording.judged == "ids":
        found = found[with_true_ids(truth, found).identity > 0]
    return truth, found


def _shifted(table: BoxTable, step: int) -> BoxTable:
    return BoxTable(table.frame, table.identity + step, table.xyxy, table.ignored)
