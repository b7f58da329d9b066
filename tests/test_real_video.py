"""Real footage, real models, the real command line: what users are promised."""

import csv
import json
from pathlib import Path

import cv2
import jsonschema
import pytest

from tracker.cli import main
from tracker.evaluation.box_table import (
    BoxTable,
    join_people,
    read_mot,
    read_people,
    table_of,
)
from tracker.evaluation.tracks import score
from tracker.results.schemas import load_schema
from tracker.results.tracks_file import read_tracks

pytestmark = pytest.mark.shared
FRAMES = 300  # the part of PETS09-S2L1 with truth


def run(*words: object) -> None:
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    assert not stop.value.code


@pytest.fixture(scope="module")
def models(shared: Path) -> list[object]:
    weights = shared / "weights"
    return ["--detector", weights / "yolo11n_int8_openvino_model",
            "--reid", weights / "osnet_x0_25_msmt17.pth"]  # fmt: skip


@pytest.fixture(scope="module")
def video(shared: Path) -> Path:
    return shared / "data" / "pets09-s2l1" / "vtest.avi"


@pytest.fixture(scope="module")
def pets(video: Path, models: list[object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pets") / "a.mp4"
    run(video, *models, "--max-frames", FRAMES, "--out", out, "--format", "mot")
    jsonschema.validate(json.loads(out.with_suffix(".json").read_text()), load_schema())
    return out


@pytest.fixture(scope="module")
def truth(shared: Path) -> BoxTable:
    return read_mot(shared / "data" / "pets09-s2l1" / "gt_frames_001-300.txt", truth=True)


def test_the_video_is_complete(pets: Path) -> None:
    video = cv2.VideoCapture(str(pets))
    read = [video.get(p) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)]
    assert read == [768, 576]
    assert video.get(cv2.CAP_PROP_FPS) == 10
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == FRAMES


def test_visits_are_at_least_as_good_as_the_median_peer(pets: Path, truth: BoxTable) -> None:
    found = table_of(read_tracks(pets.with_suffix(".json")), person=False, camera="vtest")
    scores = score(truth, found)
    assert scores["HOTA"] >= 55.5
    assert scores["IDF1"] >= 71.3
    assert score(truth, read_mot(pets.with_suffix(".txt")))["HOTA"] == pytest.approx(
        scores["HOTA"], abs=0.2
    )


def test_people_are_at_least_as_good_as_the_best_peer(
    pets: Path, truth: BoxTable, shared: Path
) -> None:
    people = read_people(shared / "data" / "pets09-s2l1" / "people_001-300.csv")
    found = table_of(read_tracks(pets.with_suffix(".json")), person=True, camera="vtest")
    scores = score(join_people(truth, people), found)
    assert scores["HOTA"] >= 52.3
    assert scores["IDF1"] >= 67.7


def test_onnx_and_pytorch_give_the_same_ids(
    pets: Path, video: Path, models: list[object], shared: Path, tmp_path: Path
) -> None:
    out = tmp_path / "onnx.json"
    onnx = shared / "weights" / "osnet_x0_25_msmt17.onnx"
    run(video, *models, "--reid", onnx, "--max-frames", FRAMES, "--json", out)
    by_torch, by_onnx = (json.loads(p.read_text()) for p in (pets.with_suffix(".json"), out))
    assert by_onnx["identities"] == by_torch["identities"]
    assert by_onnx["tracks"] == by_torch["tracks"]


def test_people_who_cross_from_one_camera_to_the_next_keep_their_id(
    video: Path, models: list[object], truth: BoxTable, shared: Path, tmp_path: Path
) -> None:
    """The video cut into two cameras side by side: most who cross the cut must be linked."""
    halves = cut_in_halves(video, tmp_path)
    out = tmp_path / "both.json"
    run("--cams", f"left={halves[0]},right={halves[1]}", *models, "--json", out)
    found = json.loads(out.read_text())
    jsonschema.validate(found, load_schema())
    linked = [{t["camera"] for t in i["tracks"]} for i in found["identities"]]
    crossing = people_in_both_halves(truth, shared)
    assert sum(len(cameras) == 2 for cameras in linked) >= 0.7 * crossing
    for camera in ("left", "right"):
        places = [
            (t["global_id"], b["frame"])
            for t in found["tracks"] if t["camera"] == camera for b in t["boxes"]
        ]  # fmt: skip
        assert len(places) == len(set(places))


def cut_in_halves(video: Path, folder: Path) -> list[Path]:
    source = cv2.VideoCapture(str(video))
    paths = [folder / "left.avi", folder / "right.avi"]
    codec = cv2.VideoWriter.fourcc(*"MJPG")
    sinks = [cv2.VideoWriter(str(p), codec, 10.0, (384, 576)) for p in paths]
    for _ in range(FRAMES):
        image = source.read()[1]
        sinks[0].write(image[:, :384])
        sinks[1].write(image[:, 384:])
    for sink in sinks:
        sink.release()
    return paths


def people_in_both_halves(truth: BoxTable, shared: Path) -> int:
    with (shared / "data" / "pets09-s2l1" / "people_001-300.csv").open() as stream:
        person_of = {int(r["gt_id"]): r["person"] for r in csv.DictReader(stream)}
    middle = truth.xyxy[:, [0, 2]].mean(axis=1)
    names = [person_of.get(i, str(i)) for i in truth.identity.tolist()]
    sides = [{n for n, x in zip(names, middle, strict=True) if (x > 384) == right}
             for right in (False, True)]  # fmt: skip
    return len(sides[0] & sides[1])
