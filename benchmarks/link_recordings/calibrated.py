"""Recordings of which it is known how the cameras stand."""

import gzip
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.io import loadmat

from benchmarks.link_recordings.scene import Scene
from tracker.core.boxes import xyxy_to_xywh
from tracker.evaluation.box_table import BoxTable

TWINS = ("Cam_x1_0", "Cam_x2_0")
FPS, SIZE = 29.97, (1920, 1080)  # of the auditorium
SIDES = ("left", "top", "right", "bottom")


def twins(data: Path, folder: Path) -> Scene:
    """Two people who look the same, in two views."""
    there = data / "multicam/twins"
    sensors = json.loads((there / "config.json").read_text())["sensors"]
    cameras = {}
    for name in TWINS:
        pairs = zip(sensors[name]["camera points"], sensors[name]["map points"], strict=True)
        points = [{"image": i, "map": m[:2]} for i, m in pairs]
        cameras[name] = {"source": str(there / f"{name}_10fps.mp4"), "points": points}
    truth = {name: _twins_truth(there / f"{name}_10fps.json") for name in TWINS}
    return Scene(_config(folder, cameras), truth)


def _twins_truth(file: Path) -> BoxTable:
    rows = []
    for line in file.read_text().splitlines():
        row = json.loads(line)
        for kind in ("person", "Person"):
            for one in row["objects"].get(kind, []):
                x, y, height, width = one["bounding_box_px"].values()
                rows.append((row["frame"] + 1, one["id"] + 1, x, y, x + width, y + height))
    return _table(rows)


def auditorium(data: Path, folder: Path, *, true_boxes: bool = False) -> Scene:
    """A hall with two calibrated views; boxes without pictures, a detector's or the true ones."""
    there, boxes = data / "multicam/auditorium", folder / "boxes"
    boxes.mkdir()
    cameras, truth = {}, {}
    for entry in loadmat(there / "cam_param.mat")["cam_param"][0]:
        name = str(entry["name"][0]).removeprefix("view-")
        inner, rotation = entry["K"].astype(float), entry["R"].astype(float)
        inner[:2, 2] += entry["center"].ravel()  # pixels count from there
        shift = -rotation @ entry["T"].astype(float).ravel()
        known = {"K": inner.tolist(), "R": rotation.tolist(), "t": shift.tolist()}
        cameras[name] = {"source": "none", **known}
        truth[name] = _auditorium_truth(there / f"view-{name}.txt.gz")
        found = there / f"view-{name}.yolov8n.json.gz"
        rows = _as_found(truth[name]) if true_boxes else _found(found)
        np.savetxt(boxes / f"{name}.txt", rows, "%.6g", delimiter=",")
    size = f"{SIZE[0]}x{SIZE[1]}"
    known_of_boxes = ["--detections", str(boxes), "--size", size, "--fps", str(FPS)]
    return Scene([*_config(folder, cameras), *known_of_boxes], truth, looks=False)


def _found(file: Path) -> list[tuple[float, ...]]:
    """Read a detector's boxes as rows of MOTChallenge."""
    with gzip.open(file, "rt") as stream:
        frames = json.load(stream)["frames"]
    rows = []
    for frame in frames:
        for found in frame["detections"]:
            left, top, right, bottom = (found["bbox"][k] for k in SIDES)
            box = np.array([left, top, right - left, bottom - top]) * [*SIZE, *SIZE]
            rows.append((frame["frame_number"] + 1, -1, *box, found["confidence"]))
    return rows


def _as_found(truth: BoxTable) -> list[tuple[float, ...]]:
    boxes = xyxy_to_xywh(truth.xyxy)
    return [(frame, -1, *box, 1.0) for frame, box in zip(truth.frame, boxes, strict=True)]


def _auditorium_truth(file: Path) -> BoxTable:
    with gzip.open(file, "rt") as stream:
        rows = [[int(v) for v in line.split()[:8]] for line in stream]
    seen = [(frame + 1, who, *box) for who, *box, frame, lost, _ in rows if not lost]
    return _table(seen)


def _table(rows: list[tuple[Any, ...]]) -> BoxTable:
    table = np.array(rows, float)
    who = table[:, :2].astype(int)
    return BoxTable(who[:, 0], who[:, 1], table[:, 2:], np.zeros(len(table), bool))


def _config(folder: Path, cameras: dict[str, Any]) -> list[str]:
    path = folder / "cameras.yaml"
    path.write_text(yaml.safe_dump({"cameras": cameras}))
    return ["--config", str(path)]


CALIBRATED = {
    "twins": twins,
    "auditorium, boxes alone": auditorium,
    "auditorium, true boxes": partial(auditorium, true_boxes=True),
}
