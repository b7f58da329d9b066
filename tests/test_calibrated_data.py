"""Places on the ground against the truth of real and rendered recordings."""

import gzip
import itertools
import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from scipy.io import loadmat

from tracker.core.ground import GroundPlane, Places
from tracker.video.calibration import read_calibration

pytestmark = pytest.mark.shared

Places_ = dict[tuple[object, int], Places]  # (instant, person) -> place


def test_twins_stand_where_the_truth_has_them(shared: Path) -> None:
    folder = _folder(shared, "twins")
    truth = _twins_truth(folder)
    found = [_twins_places(folder, name) for name in ("Cam_x1_0", "Cam_x2_0")]

    for places, median, nearly_all in zip(found, (0.17, 0.30), (0.26, 0.43), strict=True):
        off = [np.linalg.norm(place - truth[key]) for key, place in places.items()]
        assert np.median(off) < median
        assert np.quantile(off, 0.9) < nearly_all
    same, others = _between_views(*found)
    assert same.max() < 0.5
    assert others.min() > 2.0


def test_multiviewx_people_stand_where_the_truth_has_them(shared: Path) -> None:
    folder = _folder(shared, "multiviewx")
    grounds = [_multiviewx_ground(folder, number) for number in range(1, 7)]
    off, ratio, same = [], [], []

    for file in sorted(folder.glob("annotations_positions/*.json")):
        for person in json.loads(file.read_text()):
            true = np.array(divmod(person["positionID"], 1000))[::-1] * 0.025  # a grid of 2.5 cm
            places = []
            for view in person["views"]:
                if view["xmin"] != -1:  # in sight
                    ground, box = grounds[view["viewNum"]], _box(view)
                    places.append(ground.place(box)[0])
                    off.append(float(np.linalg.norm(places[-1] - true)))
                    ratio.append(off[-1] / ground.uncertainty(box)[0])
            same += [np.linalg.norm(a - b) for a, b in itertools.combinations(places, 2)]

    assert len(off) == 1091
    assert np.median(off) < 0.1
    assert max(off) < 0.35
    assert max(ratio) < 2
    assert max(same) < 0.35


def test_auditorium_views_agree_on_where_people_stand(shared: Path) -> None:
    folder = _folder(shared, "auditorium")
    grounds = _auditorium_grounds(folder)
    boxes = {name: _auditorium_boxes(folder, name) for name in grounds}
    places = {
        name: dict(zip(boxes[name], grounds[name].place(list(boxes[name].values())), strict=True))
        for name in grounds
    }

    same, others = _between_views(places["HC3"], places["HC4"])

    assert len(same) > 2000
    assert np.median(same) < 0.35
    assert np.quantile(same, 0.9) < 0.7
    assert np.median(others) > 3


def _folder(shared: Path, name: str) -> Path:
    folder = shared / "data" / "multicam" / name
    if not folder.is_dir():
        pytest.skip(f"needs shared data that is not here: {name}")
    return folder


def _calibrated(name: str, entry: dict[str, object]) -> GroundPlane:
    ground = read_calibration(name, entry)
    assert ground is not None
    return ground


def _between_views(
    first: Places_, second: Places_
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Distances between two views' places of the same person, and of different people."""
    present = defaultdict(list)
    for when, person in second:
        present[when].append(person)
    distances: dict[bool, list[float]] = {True: [], False: []}
    for (when, person), place in first.items():
        for other in present[when]:
            off = float(np.linalg.norm(place - second[when, other]))
            distances[person == other].append(off)
    return np.array(distances[True]), np.array(distances[False])


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _twins_truth(folder: Path) -> Places_:
    """True places at the instants of the cameras' frames, which are among those of the truth."""
    return {
        (_second(row), thing["id"]): np.array(thing["translation"][:2])
        for row in _lines(folder / "gtLoc.json")
        for things in row["objects"].values()
        for thing in things
    }


def _twins_places(folder: Path, name: str) -> Places_:
    sensor = json.loads((folder / "config.json").read_text())["sensors"][name]
    pairs = zip(sensor["camera points"], sensor["map points"], strict=True)
    ground = _calibrated(name, {"points": [{"image": i, "map": m[:2]} for i, m in pairs]})
    places = {}
    for row in _lines(folder / f"{name}_10fps.json"):
        people = [p for kind in ("person", "Person") for p in row["objects"].get(kind, [])]
        for person in people:
            left, top, height, width = person["bounding_box_px"].values()
            box = [[left, top, left + width, top + height]]
            places[_second(row), person["id"]] = ground.place(box)[0]
    return places


def _second(row: dict) -> float:
    return datetime.fromisoformat(row["timestamp"].replace("Z", "+00:00")).timestamp()


def _multiviewx_ground(folder: Path, number: int) -> GroundPlane:
    inner = _matrices(folder / f"calibrations/intrinsic/intr_Camera{number}.xml",
                      "camera_matrix", "distortion_coefficients")  # fmt: skip
    outer = _matrices(folder / f"calibrations/extrinsic/extr_Camera{number}.xml", "rvec", "tvec")
    entry = {"K": inner[0], "distortion": inner[1].ravel(), "R": outer[0].ravel(), "t": outer[1]}
    return _calibrated(f"C{number}", entry)


def _matrices(path: Path, *names: str) -> list[Places]:
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
    return [storage.getNode(name).mat() for name in names]


def _box(view: dict[str, float]) -> list[list[float]]:
    return [[view[key] for key in ("xmin", "ymin", "xmax", "ymax")]]


def _auditorium_grounds(folder: Path) -> dict[str, GroundPlane]:
    """Two of the four cameras have a calibration; pixels count from the principal point there."""
    grounds = {}
    for entry in loadmat(folder / "cam_param.mat")["cam_param"][0]:
        name = str(entry["name"][0]).removeprefix("view-")
        inner, rotation = entry["K"].astype(float), entry["R"].astype(float)
        inner[:2, 2] += entry["center"].ravel()
        shift = -rotation @ entry["T"].astype(float).ravel()
        assert entry["scale"].ravel() == [1]
        grounds[name] = _calibrated(name, {"K": inner, "R": rotation, "t": shift})
    return grounds


def _auditorium_boxes(folder: Path, name: str) -> dict[tuple[object, int], list[int]]:
    """The true boxes that are in view as a whole, by frame and person."""
    boxes = {}
    with gzip.open(folder / f"view-{name}.txt.gz", "rt") as rows:
        for row in rows:
            person, *box, frame, lost, occluded = map(int, row.split()[:8])
            whole = box[0] > 0 and box[2] < 1919 and box[3] < 1079
            if whole and not lost and not occluded:
                boxes[frame, person] = box
    return boxes
