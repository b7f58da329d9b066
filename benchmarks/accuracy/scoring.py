"""Score answers, and what the boxes allow at best."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.accuracy.ours import CONF
from benchmarks.accuracy.recording import Recording
from benchmarks.accuracy.sequences import Answer, Answers, Sequence
from tracker.evaluation.box_table import BoxTable
from tracker.evaluation.tracks import Scores, score, score_all, with_true_ids

TOGETHER = "COMBINED"  # the row that `score_all` adds


class Judge:
    """Knows the truths.

    Args:
        data: The folder of the research data.
        sequences: Which of it.
    """

    def __init__(self, data: Path, sequences: tuple[Sequence, ...]) -> None:
        self.visit_truth = {s.name: s.visits(data) for s in sequences}
        self.people_truth = {s.name: s.persons(data) for s in sequences}

    def visits(self, answers: Answers) -> dict[str, Scores]:
        """Score visits, of each sequence and together."""
        return score_all({n: (t, answers[n].visits) for n, t in self.visit_truth.items()})

    def people(self, answers: Answers) -> dict[str, Scores]:
        """Score people, of each sequence and together."""
        return score_all({n: (t, answers[n].people) for n, t in self.people_truth.items()})

    def mean(self, name: str, answer: Answer) -> float:
        """Return one figure for one sequence: the mean of HOTA and IDF1 of visits and people."""
        rows = (
            score(self.visit_truth[name], answer.visits),
            score(self.people_truth[name], answer.people),
        )
        return float(np.mean([row[column] for row in rows for column in ("HOTA", "IDF1")]))

    def bounds(self, recordings: Mapping[str, Recording], *, kept: bool) -> Answers:
        """Give the boxes that we use their true ids, with or without the false alarms."""
        return {
            name: Answer(
                _bound(self.visit_truth[name], boxes, kept=kept),
                _bound(self.people_truth[name], boxes, kept=kept),
            )
            for name, boxes in ((n, _table(r)) for n, r in recordings.items())
        }


def _bound(truth: BoxTable, found: BoxTable, *, kept: bool) -> BoxTable:
    perfect = with_true_ids(truth, found)
    return perfect if kept else perfect[perfect.identity > 0]


def _table(recording: Recording) -> BoxTable:
    sure = recording.score >= CONF
    number = np.zeros(int(sure.sum()), int)
    xyxy = recording.xyxy[sure].astype(np.float64)
    return BoxTable(recording.frame[sure] + 1, number, xyxy, number.astype(bool))
