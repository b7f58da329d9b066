"""A small file of each kind that is read, made by the project's own writers, and how it is read."""

import hashlib
import io
import json
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.media import write_video
from tests.parts import visit
from tracker.core.failures import Failures
from tracker.core.types import CameraInfo, Identity, Merge
from tracker.counting.zones import read_zones
from tracker.datasets.cut_tracks import list_tracks, read_times
from tracker.detection.openvino import can_run
from tracker.detection.replay import ReplayDetector
from tracker.evaluation.box_table import read_mot, read_people
from tracker.formats.build_result import Hints, gather
from tracker.formats.catalogue import FORMATS
from tracker.formats.recovery import recovered
from tracker.gallery.layout import EMBEDDINGS
from tracker.gallery.read import read_gallery
from tracker.models.locate import find_model
from tracker.reid.checkpoint import load_osnet
from tracker.results.corrections_file import read_corrections, read_corrections_file
from tracker.results.journal import Journal
from tracker.results.result import ModelUse, Result
from tracker.results.steady_lines import steady_lines
from tracker.results.tracks_file import read_tracks
from tracker.results.tracks_json import write_tracks_json
from tracker.video.camera_config import load_camera_config
from tracker.video.cameras import CameraSpec, open_camera
from tracker.video.seqinfo import read_seqinfo
from tracker.video.source import Sampling

HINTS = Hints(size=(640, 480), fps=25.0)
YAML = """cameras:
  door: rtsp://10.0.0.7/live
  hall:
    source: hall.mp4
    start: 2026-01-05T10:00:00.250
    points:
      - {image: [201, 119], map: [3, 15]}
      - {image: [592, 118], map: [10, 15]}
      - {image: [781, 579], map: [10, 5]}
      - {image: [2, 579], map: [3, 5]}
  k: {source: k.mp4, K: [[500,0,320],[0,500,240],[0,0,1]], R: [1.9,0,0], t: [0,1,2]}
overlap: auto
travel: [{from: door, to: hall, min_s: 2, max_s: 60.5}]
"""
ZONES = """zones:
  till: {camera: a, polygon: [[0, 0], [40, 0], [40, 30]]}
lines:
  door: {camera: b, line: [[10, 10], [10, 90]]}
staff: {names: [Ann], zones: [till]}
"""


CARD = json.dumps({
    "sha256": hashlib.sha256(b"").hexdigest(),
    "preprocessing": {"height": 256, "width": 128, "mean": [0.5, 0.5, 0.5], "std": [1, 1, 1]},
    "imgsz": 320, "conf": 0.3, "max_cosine_distance": 0.2,
})  # fmt: skip


@dataclass(frozen=True)
class Seed:
    """A valid file, and what reads it."""

    name: str
    content: bytes
    read: Callable[[Path], object]


def small_result(frames: int = 40) -> Result:
    """Two people, one of them in two cameras."""
    cameras = [CameraInfo(name, f"{name}.mp4", 640, 480, 10.0, frames) for name in ("a", "b")]
    first, again, other = (
        visit("a", 1, (0, 1), None), visit("b", 1, (2, 3), None), visit("a", 2, (0.5, 2), None, 300)
    )  # fmt: skip
    people = [Identity(1, [first, again]), Identity(2, [other])]
    return Result(cameras, ModelUse("boxes", None), None, people)


def write_journal(path: Path, result: Result, *, killed: bool = False) -> Path:
    """The journal of a live run that found this; `killed` while the last visit went on."""
    with steady_lines(path, Failures()) as lines:
        journal = Journal(lines, result, "2026-01-05T10:00:00.250Z")
        for person in result.identities:
            for seen in person.visits:
                last = seen is result.identities[-1].visits[-1]
                journal.visit(seen, person.global_id, passing=killed and last)
        journal.merge(Merge(3.0, 9, 2))
    return path


def make_seeds(folder: Path) -> list[Seed]:
    """All kinds of files."""
    result = small_result()
    write_tracks_json(result, folder / "tracks.json")
    seeds = [_seed(folder / "tracks.json", read_tracks)]
    for kind, form in FORMATS.items():
        if form.read:
            path = folder / f"made{form.ending}"
            form.write(result, "a" if form.per_camera else "", path, "track")
            seeds.append(_seed(path, _importer(kind)))
    seeds += [Seed("zipped.zip", _zipped(folder / "made.xml"), _importer("cvat"))]
    seeds.append(_seed(write_journal(folder / "a.journal.jsonl", result, killed=True), recovered))
    mot = (folder / "made.txt").read_bytes()
    seeds += [Seed("boxes.txt", mot, ReplayDetector), Seed("gt.txt", mot, _truth)]
    seeds += [
        Seed("cameras.yaml", YAML.encode(), load_camera_config),
        Seed("zones.yaml", ZONES.encode(), read_zones),
        Seed("people.csv", b"gt_id,person\n1,1\n2,2\n", read_people),
        Seed("seqinfo.ini", b"[Sequence]\nname=a\nframeRate=25\nimWidth=64\nimHeight=48\n",
             read_seqinfo),
        Seed("said.json", b'[{"merge": [3, 7]}, {"name": {"global_id": 1, "name": "Ann"}}]',
             read_corrections),
        Seed("corrections.json", _corrections(), read_corrections_file),
        Seed("times.csv", b"camera,track,start_s,end_s\na,1,0.5,2\n", _times),
        Seed("crops.tar", _tar(), list_tracks),
        Seed("picture.png", _png(), _picture),
        Seed("metadata.yaml", b"task: detect\nimgsz: [320, 320]\nnames: {0: person}\n", _metadata),
        Seed("card.json", CARD.encode(), _card),
        Seed("weights.safetensors", _safetensors({"conv1.conv.weight": np.zeros((4, 3))}),
             load_osnet),
        Seed(EMBEDDINGS, _embeddings(), lambda path: read_gallery(path.parent)),
        Seed("weights.pth", _pth(folder / "w.pth"), load_osnet),
        Seed("video.mp4", write_video(folder / "v.mp4", 5).read_bytes(), _video),
        Seed("people.sqlite", _sqlite(folder / "i.sqlite"), _index),
    ]  # fmt: skip
    return seeds


def _seed(path: Path, read: Callable[[Path], object]) -> Seed:
    return Seed(path.name, path.read_bytes(), read)


def _importer(kind: str) -> Callable[[Path], object]:
    def read(path: Path) -> None:
        form = FORMATS[kind]
        assert form.read is not None
        found = gather(form.read(path, "track"), HINTS, path, kind)
        write_tracks_json(found, path.with_name("out.json"))
        read_tracks(path.with_name("out.json"))  # what was taken in is whole

    return read


def _truth(path: Path) -> object:
    return read_mot(path, truth=True)


def _times(path: Path) -> object:
    return read_times(path.parent, path, {("a", "1"): []})


def _picture(path: Path) -> object:
    return [
        f.image.shape
        for f in open_camera(CameraSpec("p", str(path.parent)), Sampling(), 5.0).frames()
    ]


def _video(path: Path) -> object:
    source = open_camera(CameraSpec("v", str(path)), Sampling())
    try:
        return [frame.index for frame in source.frames()]
    finally:
        source.close()


def _metadata(path: Path) -> object:
    (path.parent / "model.xml").write_text("<net/>")
    return can_run(path.parent)


def _card(path: Path) -> object:
    (path.parent / "card.onnx").write_bytes(b"")
    return find_model(str(path.parent / "card.onnx"), "reid")


def _index(path: Path) -> object:
    pytest.importorskip("faiss")
    from tracker.apps.search.index import PeopleIndex

    with PeopleIndex(path.parent) as index:
        return index.runs(), len(index)


def _zipped(path: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("annotations.xml", path.read_text(encoding="utf-8"))
    return out.getvalue()


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:") as archive:
        for name in ("a/1/0.png", "a/2/0.png", "b/1/0.png"):
            entry = tarfile.TarInfo(name)
            entry.size = len(_png())
            archive.addfile(entry, io.BytesIO(_png()))
    return out.getvalue()


def _png() -> bytes:
    return cv2.imencode(".png", np.zeros((8, 4, 3), np.uint8))[1].tobytes()


def _corrections() -> bytes:
    nothing: dict[str, list[object]] = {"visits": [], "same": [], "different": [], "names": []}
    anchor = {"camera": "a", "track_id": 1, "frames": [1], "xyxy": [[1, 2, 3, 4]]}
    content = {
        "schema": "reid-track-corrections/1", "tracks_sha256": "0" * 64,
        "corrections": [{"merge": [1, 2]}], "carried": nothing,
        "sure": nothing | {"visits": [anchor, anchor], "different": [[0, 1]]},
    }  # fmt: skip
    return json.dumps(content).encode()


def _safetensors(arrays: dict[str, np.ndarray], **about: str) -> bytes:
    from safetensors.numpy import save

    return bytes(save(arrays, metadata=about or None))


def _embeddings() -> bytes:
    about = {"format": "reid-track-gallery/1", "reid": None, "cameras": ["a"], "tracks": "t.json"}
    empty = {"embedding": np.zeros((0, 512), np.float32), "row": np.zeros((0, 3), np.int64)}
    return _safetensors(empty, gallery=json.dumps(about))


def _pth(path: Path) -> bytes:
    import torch

    torch.save({"state_dict": {"conv1.conv.weight": torch.zeros(4, 3)}, "epoch": 3}, path)
    return path.read_bytes()


def _sqlite(path: Path) -> bytes:
    from tracker.apps.search.index import _TABLES, FORMAT

    with sqlite3.connect(path) as db:
        db.executescript(_TABLES)
        db.execute("INSERT INTO about VALUES (?, NULL, NULL)", (FORMAT,))
        db.execute("INSERT INTO runs VALUES (1, '/x/tracks.json', NULL)")
    db.close()
    return path.read_bytes()
