"""The sequences with a truth, and how they are scored."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tracker.evaluation.box_table import BoxTable, join_people, read_mot, read_people


@dataclass(frozen=True, slots=True)
class Sequence:
    """A recording with a truth.

    Attributes:
        material: The video, or the boxes where there are no pictures; below the data folder.
        truth: MOTChallenge text, which gives a person who returns a new number.
        people: csv that says which of these numbers are one person; None if each is.
    """

    name: str
    material: str
    truth: str
    people: str | None = None

    def visits(self, data: Path) -> BoxTable:
        """Return the truth in which each visit has its own number."""
        return read_mot(data / self.truth, truth=True)

    def persons(self, data: Path) -> BoxTable:
        """Return the truth in which each person has one number."""
        visits = self.visits(data)
        return join_people(visits, read_people(data / self.people)) if self.people else visits


STADTMITTE = Sequence(
    "TUD-Stadtmitte", "tud-stadtmitte/TUD-Stadtmitte.mp4", "tud-stadtmitte/gt.txt"
)
CAMPUS = Sequence("TUD-Campus", "tud-campus/TUD-Campus.mp4", "tud-campus/gt.txt")
PETS = Sequence(
    "PETS09-S2L1",
    "pets09-s2l1/vtest.avi",
    "pets09-s2l1/gt_frames_001-300.txt",
    "pets09-s2l1/people_001-300.csv",
)
FILMED = (STADTMITTE, CAMPUS, PETS)
BOXES_ONLY = tuple(
    Sequence(name, f"mot17-text/{name}/det/det_FRCNN.txt", f"mot17-text/{name}/gt/gt.txt")
    for name in ("MOT17-05", "MOT17-10", "MOT17-11", "MOT17-13")
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tracker says about one sequence: who is where, by visit and by person."""

    visits: BoxTable
    people: BoxTable


Answers = Mapping[str, Answer]  # by the name of the sequence
