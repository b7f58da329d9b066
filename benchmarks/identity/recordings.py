"""The recordings: their cameras, and who is where in them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.link_recordings.calibrated import TWINS, _twins_truth
from benchmarks.link_recordings.cuts import CUTS, Cut, View
from tracker.core.ground import GroundPlane
from tracker.evaluation.box_table import BoxTable, join_people, read_mot, read_people
from tracker.video.calibration import from_points

Judged = Literal["boxes", "ids", "count"]
Truths = dict[str, BoxTable]  # by camera; numbers from 1, frames from 1


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera of a recording.

    Attributes:
        source: Video, or public boxes where there are no pictures; below the data folder.
        view: What it sees of that video; all by default.
        frames: How many of its frames are taken; None for all.
        offset_frames: Of its first frame from the recording's zero.
        every: Only every so manieth frame is looked at.
    """

    name: str
    source: str
    view: View | None = None
    frames: int | None = None
    offset_frames: int = 0
    every: int = 1


@dataclass(frozen=True, slots=True)
class Recording:
    """What was filmed at one time, by one or more cameras.

    Attributes:
        truth: Reads who is where from the data folder, one number for each person.
        visits: The same with a new number for who returns; None where that is the same.
        people: How many there are in all frames.
        judged: By boxes and ids; by the ids of true boxes alone, where not everybody is labelled;
            or by the number of people.
        labelled: Only the truth's own frames count.
        stride: Only every so manieth frame is processed.
        least_bottom: Pixels; whose feet are above is not labelled and does not count.
    """

    name: str
    cameras: tuple[Camera, ...]
    truth: Callable[[Path], Truths]
    people: int
    visits: Callable[[Path], Truths] | None = None
    judged: Judged = "boxes"
    labelled: bool = False
    stride: int = 1
    least_bottom: float = 0.0
    grounds: Callable[[Path], dict[str, GroundPlane]] = field(default=lambda _: {})

    def at(self, stride: int, frame_rate: str) -> "Recording":
        """Return it at a lower frame rate."""
        return replace(self, name=f"{self.name} at {frame_rate}/s", stride=stride)


def _one(name: str, source: str, truth: str, people: int, **more: object) -> Recording:
    """A recording of one camera whose truth is a MOTChallenge text."""

    def read(data: Path) -> Truths:
        return {name: read_mot(data / truth, truth=True)}

    return Recording(name, (Camera(name, source),), read, people, **more)  # type: ignore[arg-type]


def _pets(name: str, data: Path) -> BoxTable:
    folder = data / "pets09-s2l1"
    table = read_mot(folder / "gt_frames_001-300.txt", truth=True)
    return join_people(table, read_people(folder / "people_001-300.csv"))


def _cut(name: str, cut: Cut, people: int) -> Recording:
    cameras = tuple(Camera(v.name, cut.video, v, cut.frames) for v in cut.views)
    return Recording(name, cameras, cut._truths, people)


def _terrace(data: Path) -> Truths:
    truths = {}
    for name in ("cam0", "cam1"):
        folder = data / "multicam/terrace"
        known = read_mot(folder / f"gt_{name}.txt")
        other = read_mot(folder / f"unassigned_{name}.txt")
        columns = (known.frame, known.identity, known.xyxy, known.ignored)
        ignored = (other.frame, other.identity, other.xyxy, np.ones(len(other.frame), bool))
        truths[name] = BoxTable(*(np.concatenate(p) for p in zip(columns, ignored, strict=True)))
    return truths


def _caviar(data: Path) -> Truths:
    folder = data / "multicam/caviar-crossing"
    return {name: read_mot(folder / f"gt_{name}.txt") for name in ("cor", "front")}


def _twins(data: Path) -> Truths:
    return {name: _twins_truth(data / f"multicam/twins/{name}_10fps.json") for name in TWINS}


def _twins_grounds(data: Path) -> dict[str, GroundPlane]:
    sensors = json.loads((data / "multicam/twins/config.json").read_text())["sensors"]
    return {
        name: from_points(
            name,
            np.array(sensors[name]["camera points"], float),
            np.array([p[:2] for p in sensors[name]["map points"]], float),
        )
        for name in TWINS
    }


def _nobody(*names: str) -> Callable[[Path], Truths]:
    nothing = BoxTable(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 4)), np.zeros(0, bool))
    return lambda _: dict.fromkeys(names, nothing)


STADTMITTE = _one(
    "TUD-Stadtmitte", "tud-stadtmitte/TUD-Stadtmitte.mp4", "tud-stadtmitte/gt.txt", 10
)
CAMPUS = _one("TUD-Campus", "tud-campus/TUD-Campus.mp4", "tud-campus/gt.txt", 8)
PETS = Recording(
    "PETS09",
    (Camera("PETS09", "pets09-s2l1/vtest.avi"),),
    lambda data: {"PETS09": _pets("PETS09", data)},
    10,
    lambda data: {"PETS09": read_mot(data / "pets09-s2l1/gt_frames_001-300.txt", truth=True)},
)
PETS300 = Recording(
    "PETS09, 300 frames",
    (Camera("PETS09", "pets09-s2l1/vtest.avi", None, 300),),
    PETS.truth,
    8,
    PETS.visits,
)
TOWN = _one(
    "TownCentre", "towncentre/TownCentreXVID.mp4", "towncentre/gt.txt", 19, least_bottom=150.0
)
TERRACE = Recording(
    "terrace at 5/s",
    tuple(Camera(n, f"multicam/terrace/{n}.mp4", every=5) for n in ("cam0", "cam1")),
    _terrace,
    9,
    labelled=True,
    stride=5,
)
_CAVIAR = "multicam/caviar-crossing/EnterExitCrossingPaths1"
RECORDINGS = (
    STADTMITTE,
    CAMPUS,
    PETS,
    PETS300,
    TOWN,
    _one("human7", "otb/human7.mp4", "otb/human7.gt.txt", 1, judged="ids"),
    _one("crossing", "otb/crossing.mp4", "otb/crossing.gt.txt", 1, judged="ids"),
    TERRACE,
    Recording(
        "caviar",
        (
            Camera("cor", f"{_CAVIAR}cor.mpg", None, None, 76),
            Camera("front", f"{_CAVIAR}front.mpg"),
        ),
        _caviar,
        4,
        judged="ids",
        labelled=True,
    ),
    Recording(
        "door",
        tuple(Camera(n, f"multicam/door/{n}.mp4") for n in ("cam1", "cam2")),
        _nobody("cam1", "cam2"),
        1,
        judged="count",
    ),
    Recording(
        "twins",
        tuple(Camera(n, f"multicam/twins/{n}_10fps.mp4") for n in TWINS),
        _twins,
        2,
        grounds=_twins_grounds,
    ),
    _cut("PETS halves", CUTS["PETS, two halves"], 8),
    _cut("PETS four times", CUTS["PETS four times at once"], 8),
    _cut("Stadtmitte halves", CUTS["TUD-Stadtmitte, two halves that overlap"], 10),
    _cut("Campus twice", CUTS["TUD-Campus twice"], 8),
    *(
        _one(n, f"mot17-text/{n}/det/det_FRCNN.txt", f"mot17-text/{n}/gt/gt.txt", people)
        for n, people in (("MOT17-05", 133), ("MOT17-10", 57), ("MOT17-11", 75), ("MOT17-13", 110))
    ),
    STADTMITTE.at(5, "5"),
    STADTMITTE.at(12, "2"),
    PETS.at(2, "5"),
    PETS.at(5, "2"),
    replace(TERRACE, name="terrace at 2.5/s", stride=10),
)
