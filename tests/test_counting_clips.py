"""Counts of real footage by real models beside counts by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.media import reid_track

pytestmark = pytest.mark.shared
NEAR_S = 0.5


def counts_of(shared: Path, folder: Path, zones: str, *words: object) -> dict:
    """What the command line counts."""
    weights = shared / "weights"
    (folder / "zones.yaml").write_text(zones)
    models = ("--detector", weights / "yolo11n_int8_openvino_model",
              "--reid", weights / "osnet_x0_25_msmt17.pth")  # fmt: skip
    out = ("--json", folder / "tracks.json", "--zones", folder / "zones.yaml", "-q")
    assert reid_track(*words, *models, *out) == 0
    return json.loads((folder / "counts.json").read_text())


def true_crossings(path: Path, x: float, fps: float) -> list[tuple[float, str]]:
    """When the people whom somebody boxed by hand cross a column of pixels, and which way."""
    rows = np.loadtxt(path, delimiter=",")
    found = []
    for person in np.unique(rows[:, 1]):
        own = rows[rows[:, 1] == person]
        right = own[:, 2] + own[:, 4] / 2 > x
        for at in np.flatnonzero(right[1:] != right[:-1]) + 1:
            found.append((float(own[at, 0] - 1) / fps, "in" if right[at] else "out"))
    return sorted(found)


def assert_same(line: dict, truth: list[tuple[float, str]]) -> None:
    assert [c["direction"] for c in line["crossings"]] == [way for _, way in truth]
    off = [c["time_s"] - t for c, (t, _) in zip(line["crossings"], truth, strict=True)]
    assert max(map(abs, off)) < NEAR_S


@pytest.mark.parametrize("online", [False, True], ids=["settled", "online"])
def test_two_people_cross_the_street_of_tud(shared: Path, tmp_path: Path, online: bool):
    folder = shared / "data" / "tud-stadtmitte"
    zones = "lines: {mid: {camera: TUD-Stadtmitte, line: [[320, 480], [320, 0]]}}"
    words = ["--online", "--events", tmp_path / "e.jsonl"] if online else []
    counts = counts_of(shared, tmp_path, zones, folder / "TUD-Stadtmitte.mp4", *words)
    assert_same(counts["lines"][0], true_crossings(folder / "gt.txt", 320, 25))
    if online:
        events = map(json.loads, (tmp_path / "e.jsonl").read_text().splitlines())
        told = [e for e in events if e["event"] == "crossed"]
        assert_same({"crossings": told}, true_crossings(folder / "gt.txt", 320, 25))


def test_nine_crossings_by_six_people_in_pets(shared: Path, tmp_path: Path):
    folder = shared / "data" / "pets09-s2l1"
    zones = "lines: {mid: {camera: vtest, line: [[384, 576], [384, 0]]}}"
    counts = counts_of(shared, tmp_path, zones, folder / "vtest.avi", "--max-frames", 300)
    truth = true_crossings(folder / "gt_frames_001-300.txt", 384, 10)
    assert len(truth) == 9
    assert_same(counts["lines"][0], truth)
    assert counts["lines"][0]["people"] == 6  # by people_001-300.csv


def test_one_person_leaves_a_room_by_the_door_and_is_in_the_next_camera(
    shared: Path, tmp_path: Path
):
    """By hand: seen from frame 38 on, the hinder foot leaves the lower third with frame 92."""
    folder = shared / "data" / "multicam" / "door"
    zones = """
    lines: {door: {camera: cam1, line: [[1280, 480], [0, 480]]}}
    zones:
      room: {camera: cam1, polygon: [[0, 480], [1280, 480], [1280, 720], [0, 720]]}
      hall: {camera: cam2, polygon: [[0, 0], [1280, 0], [1280, 720], [0, 720]]}
    """
    words = ("--cams", f"{folder}/cam1.mp4,{folder}/cam2.mp4", "--offset", "cam2=4.5")
    counts = counts_of(shared, tmp_path, zones, *words)
    assert_same(counts["lines"][0], [(92 / 29.92, "in")])
    [room, hall] = counts["zones"]
    assert room["stays"][0]["leave_s"] - room["stays"][0]["enter_s"] == pytest.approx(
        (92 - 38) / 29.92, abs=NEAR_S
    )
    assert (room["people"], hall["people"], counts["people"]) == (1, 1, 1)
    assert [(c["from_zone"], c["to_zone"], c["people"]) for c in counts["conversions"]] == [
        ("room", "hall", 1)
    ]
