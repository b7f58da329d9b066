"""Tracks in the files of other tools: read by those tools, and read back by us without a loss.

One real run on the sample clips; only the boxes are stand-ins, replayed from the clips' truth
without hidden people, so that some are filled in. The first camera is calibrated, the second late.
"""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pandas as pd
import polars as pl
import pytest
import supervision as sv
import trackeval
from pycocotools.coco import COCO

from tests.media import names_in, reid_track
from tracker.results.schemas import load_schema

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
CAMERAS = ("cam1", "cam2")
LEAST_VISIBLE = 0.4
FORMATS = "mot,cvat,coco-video,aicity,csv,jsonl,parquet,supervision"
ENDINGS = {"mot": "", "cvat": "", "coco-video": ".json", "csv": ".csv", "jsonl": ".jsonl",
           "parquet": ".parquet"}  # fmt: skip
POINTS = [([101, 300], [3, 15]), ([592, 300], [10, 15]), ([639, 479], [10, 5]), ([2, 479], [3, 5])]
Row = tuple[Any, ...]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run with every format."""
    folder = tmp_path_factory.mktemp("run")
    for camera in CAMERAS:
        rows = np.loadtxt(SAMPLES / f"{camera}.gt.txt", delimiter=",")
        rows = rows[rows[:, 8] >= LEAST_VISIBLE]
        np.savetxt(folder / f"{camera}.txt", rows[:, :7], delimiter=",", fmt="%.2f")
    points = [{"image": image, "map": place} for image, place in POINTS]
    cameras = {
        "cam1": {"source": str(SAMPLES / "cam1.mp4"), "points": points},
        "cam2": {"source": str(SAMPLES / "cam2.mp4"), "offset": -1.5},
    }
    (folder / "cameras.yaml").write_text(json.dumps({"cameras": cameras}))  # JSON is YAML
    (folder / "out").mkdir()
    assert not reid_track(
        *("--config", folder / "cameras.yaml", "--detections", folder, "--reid", "none"),
        *("--max-frames", 160, "--json", folder / "out" / "tracks.json", "--format", FORMATS),
    )
    return folder / "out"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def content(run: Path) -> dict[str, Any]:
    return json.loads((run / "tracks.json").read_text())


def rows_of(content: dict[str, Any], camera: str | None = None) -> list[Row]:
    """All boxes as (camera, frame, track, person, x1, y1, x2, y2), sorted."""
    return sorted(
        (t["camera"], b["frame"], t["track_id"], t["global_id"], *b["xyxy"])
        for t in content["tracks"] if camera in (None, t["camera"]) for b in t["boxes"]
    )  # fmt: skip


def export(run: Path, to: str, out: str) -> Path:
    assert not reid_track("export", "tracks", run / "tracks.json", "--to", to, "--out", out)
    return Path(out)


def test_the_run_has_what_formats_can_lose(content) -> None:
    boxes = [b for t in content["tracks"] for b in t["boxes"]]
    assert {b["observed"] for b in boxes} == {True, False}
    assert [c["offset_s"] for c in content["cameras"]] == [0, -1.5]
    assert [c["calibrated"] for c in content["cameras"]] == [True, False]
    assert any(b.get("place_m") for b in boxes)
    assert len(rows_of(content)) > 400


@pytest.mark.parametrize("kind", list(ENDINGS))
def test_what_comes_back_is_what_was_there(run: Path, content, capsys, kind: str) -> None:
    out = export(run, kind, f"there{ENDINGS[kind]}")
    # A table of boxes does not say how large pictures are.
    more = ["--cameras", run / "tracks.json"] if kind == "csv" else []
    assert reid_track("import", out, "--from", kind, "--out", "back.json", *more) == 0
    back = json.loads(Path("back.json").read_text())
    jsonschema.validate(back, load_schema())

    assert rows_of(back) == rows_of(content)
    assert back["identities"] == content["identities"]  # with all times
    lost = {"mot": {"score", "place_m"}, "jsonl": set(), "parquet": set()}.get(kind, {"place_m"})
    for old, new in zip(content["tracks"], back["tracks"], strict=True):
        for b, c in zip(old["boxes"], new["boxes"], strict=True):
            assert {k: v for k, v in b.items() if k not in lost} == {
                k: v for k, v in c.items() if k not in lost
            }
    unlike = {"mot": {"source"}, "cvat": {"source"}}.get(kind, set()) | {
        name for name in ("calibrated",) if "place_m" in lost
    }
    for old, new in zip(content["cameras"], back["cameras"], strict=True):
        assert {k: v for k, v in old.items() if k not in unlike} == {
            k: v for k, v in new.items() if k not in unlike
        }
    assert "people in" in capsys.readouterr().err
    assert reid_track("identities", "back.json") == 0  # other commands take it


@pytest.mark.parametrize(
    ("kind", "exported", "written"),
    [
        ("mot", "data/cam1.txt", "cam1.txt"),
        ("mot", "data/cam2.txt", "cam2.txt"),
        ("cvat", "cam1.xml", "cam1.xml"),
        ("cvat", "cam2.xml", "cam2.xml"),
        ("coco-video", "x.json", "tracks.coco.json"),
        ("aicity", "x.txt", "tracks.aicity.txt"),
        ("csv", "x.csv", "tracks.csv"),
        ("jsonl", "x.jsonl", "tracks.jsonl"),
        ("supervision", "x.csv", "tracks.supervision.csv"),
    ],
)
def test_a_run_and_an_export_write_the_same(run: Path, kind, exported, written) -> None:
    per_camera = kind in ("mot", "cvat")
    export(run, kind, "out" if per_camera else exported)
    path = Path("out") / exported if per_camera else Path(exported)
    assert path.read_bytes() == (run / written).read_bytes()


def hota_of(dataset: Any, kind: str) -> dict[str, float]:
    quiet = {"PRINT_RESULTS": False, "PRINT_CONFIG": False, "TIME_PROGRESS": False,
             "OUTPUT_SUMMARY": False, "OUTPUT_DETAILED": False, "PLOT_CURVES": False,
             "OUTPUT_EMPTY_CLASSES": False, "DISPLAY_LESS_PROGRESS": True,
             "BREAK_ON_ERROR": True}  # fmt: skip
    evaluator = trackeval.Evaluator(quiet)
    results, _ = evaluator.evaluate([dataset], [trackeval.metrics.HOTA({"PRINT_CONFIG": False})])
    found = next(iter(results[dataset.get_name()].values()))
    return {name: float(np.mean(found[name][kind]["HOTA"]["HOTA"])) for name in found}


def test_trackeval_reads_the_mot_folder_as_truth_and_as_result(run: Path, content) -> None:
    out = export(run, "mot", "mine").resolve()
    dataset = trackeval.datasets.MotChallenge2DBox({
        "GT_FOLDER": str(out), "TRACKERS_FOLDER": str(out.parent), "TRACKERS_TO_EVAL": [out.name],
        "SEQMAP_FILE": str(out / "seqmap.txt"), "SKIP_SPLIT_FOL": True, "PRINT_CONFIG": False,
    })  # fmt: skip
    assert dataset.seq_list == list(CAMERAS)
    raw = dataset.get_raw_seq_data(out.name, "cam1")
    assert raw["num_timesteps"] == 160
    seen = [(t, i) for t, ids in enumerate(raw["gt_ids"]) for i in ids.tolist()]
    assert sorted(seen) == [(r[1], r[2]) for r in rows_of(content, "cam1")]
    scores = hota_of(dataset, "pedestrian")
    assert scores == pytest.approx(dict.fromkeys((*CAMERAS, "COMBINED_SEQ"), 1.0))


def test_our_evaluation_takes_the_mot_folder_too(run: Path, capsys) -> None:
    export(run, "mot", "mine")
    truths = [f"--truth={c}=mine/{c}/gt/gt.txt" for c in CAMERAS]
    people = [f"--people=mine/{c}/people.csv" for c in CAMERAS]
    words = ["evaluate", "tracks", run / "tracks.json", "--level", "person", "--json"]
    assert reid_track(*words, *truths, *people) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["JOINT"]["HOTA"] == scores["JOINT"]["IDF1"] == 100


def test_coco_tools_read_the_video_file(run: Path, content) -> None:
    coco = COCO(str(export(run, "coco-video", "tracks.json")))
    assert len(coco.imgs) == 320
    found = []
    for annotation in coco.loadAnns(coco.getAnnIds(catIds=coco.getCatIds(["person"]))):
        image = coco.imgs[annotation["image_id"]]
        x, y, w, h = annotation["bbox"]
        found.append((image["video"], image["frame_index"], x, y, x + w, y + h))
    wanted = [(r[0], r[1], *r[4:]) for r in rows_of(content)]
    assert len(found) == len(wanted)
    for one, other in zip(sorted(found), sorted(wanted), strict=True):
        assert one[:2] == other[:2]
        assert one[2:] == pytest.approx(other[2:], abs=1e-6)


def test_trackeval_reads_the_video_file_as_tao(run: Path) -> None:
    for folder in ("truth", "results/mine/data"):
        Path(folder).mkdir(parents=True)
    path = export(run, "coco-video", "truth/tracks.json")
    results = json.loads(path.read_text())["annotations"]
    Path("results/mine/data/mine.json").write_text(json.dumps(results))
    dataset = trackeval.datasets.TAO(
        {"GT_FOLDER": "truth", "TRACKERS_FOLDER": "results", "PRINT_CONFIG": False}
    )
    assert dataset.seq_list == list(CAMERAS)
    scores = hota_of(dataset, "person")
    assert [scores[camera] for camera in CAMERAS] == pytest.approx([1.0, 1.0])


def test_cvat_has_tracks_with_few_key_frames_and_ends(run: Path, content) -> None:
    root = ElementTree.parse(export(run, "cvat", "cvat") / "cam1.xml").getroot()
    assert root.findtext("meta/task/size") == "160"
    assert root.findtext("meta/task/mode") == "interpolation"
    assert root.findtext("meta/task/labels/label/name") == "person"
    tracks = [t for t in content["tracks"] if t["camera"] == "cam1"]
    assert len(root.findall("track")) == len(tracks)
    keys = total = 0
    for element, track in zip(root.findall("track"), tracks, strict=True):
        boxes = [b for b in element.findall("box") if b.get("outside") == "0"]
        assert [int(b.attrib["frame"]) for b in boxes] == [b["frame"] for b in track["boxes"]]
        assert [b.get("occluded") == "0" for b in boxes] == [b["observed"] for b in track["boxes"]]
        _require_near_lines(boxes)
        gone = element.findall("box[@outside='1']")
        if track["last_frame"] + 1 < 160:
            assert int(gone[-1].attrib["frame"]) == track["last_frame"] + 1
        keys += sum(b.get("keyframe") == "1" for b in boxes)
        total += len(boxes)
    assert keys < total / 2


def _require_near_lines(boxes: list[ElementTree.Element]) -> None:
    """What CVAT would draw between the key frames is within half a pixel of what is there."""
    names = ("xtl", "ytl", "xbr", "ybr")
    corners = np.array([[float(b.attrib[n]) for n in names] for b in boxes])
    frames = np.array([int(b.attrib["frame"]) for b in boxes])
    key = np.array([b.get("keyframe") == "1" for b in boxes])
    assert key[0]
    for side in range(4):
        drawn = np.interp(frames, frames[key], corners[key][:, side])
        assert np.abs(drawn - corners[:, side]).max() <= 0.5 + 1e-9


def test_what_a_person_changed_in_cvat_comes_back(run: Path, content) -> None:
    """A track drawn anew, one given to somebody else, one deleted, and another label."""
    path = export(run, "cvat", "cvat") / "cam1.xml"
    tree = ElementTree.parse(path)
    root, tracks = tree.getroot(), tree.getroot().findall("track")
    for attribute in tracks[1].iterfind("box/attribute[@name='global_id']"):
        attribute.text = "77"
    drawn = ElementTree.SubElement(root, "track", id="9", label="person", source="manual")
    for frame in range(5):
        box = ElementTree.SubElement(
            drawn, "box", frame=str(frame), outside="0", occluded="0", keyframe="1",
            xtl="10.0", ytl="20.5", xbr="30.0", ybr="80.0",
        )  # fmt: skip
        ElementTree.SubElement(box, "attribute", name="camera_track_id").text = "0"
    ElementTree.SubElement(root, "track", id="10", label="car")
    root.remove(tracks[0])
    root.find("meta").remove(root.find("meta/reid-track"))  # CVAT forgets it
    Path("annotations.xml").write_bytes(ElementTree.tostring(root))
    with zipfile.ZipFile("task.zip", "w") as archive:  # as CVAT gives it
        archive.write("annotations.xml")
    assert reid_track("import", "task.zip", "--out", "no.json") == 1  # the rate is lost
    known = ["--cameras", run / "tracks.json"]
    Path("task.zip").rename("cam1.zip")
    assert reid_track("import", "cam1.zip", "--out", "back.json", *known) == 0

    back = json.loads(Path("back.json").read_text())
    jsonschema.validate(back, load_schema())
    old = {t["track_id"]: t for t in content["tracks"] if t["camera"] == "cam1"}
    new = {t["track_id"]: t for t in back["tracks"]}
    _, second, *others = sorted(old)
    assert new[second]["global_id"] == 77
    assert [b["xyxy"] for b in new[second]["boxes"]] == [b["xyxy"] for b in old[second]["boxes"]]
    assert [b["time_s"] for b in new[second]["boxes"]] == [
        b["time_s"] for b in old[second]["boxes"]
    ]
    mine = next(t for t in new.values() if t["boxes"][0]["xyxy"] == [10.0, 20.5, 30.0, 80.0])
    assert mine["global_id"] == 78
    assert set(new) == {second, *others, mine["track_id"]}


def test_aicity_rows_have_people_places_and_frames_from_zero(run: Path, content) -> None:
    rows = [line.split() for line in export(run, "aicity", "x.txt").read_text().splitlines()]
    assert {len(row) for row in rows} == {9}
    found = sorted((f"cam{r[0]}", int(r[2]), int(r[1])) for r in rows)
    assert found == sorted((r[0], r[1], r[3]) for r in rows_of(content))
    places = {
        (t["camera"], b["frame"], t["global_id"]): b.get("place_m")
        for t in content["tracks"] for b in t["boxes"]
    }  # fmt: skip
    for row in rows:
        place = places[f"cam{row[0]}", int(row[2]), int(row[1])]
        assert [float(v) for v in row[7:]] == (place or [-1, -1])
    assert any(row[7:] != ["-1", "-1"] for row in rows)


def test_pandas_and_polars_read_the_tables(run: Path, content) -> None:
    wanted = rows_of(content)
    columns = ["camera", "frame", "track_id", "global_id", "x_min", "y_min", "x_max", "y_max"]
    parquet = export(run, "parquet", "x.parquet")
    table = pd.read_parquet(parquet)
    assert sorted(table[columns].itertuples(index=False, name=None)) == wanted
    assert sorted(pl.read_parquet(parquet).select(columns).rows()) == wanted
    assert table["observed"].dtype == bool
    assert table.loc[table.camera == "cam1", "place_x_m"].notna().any()
    assert table.loc[table.camera == "cam2", "place_x_m"].isna().all()

    text = pd.read_csv(export(run, "csv", "x.csv")).rename(columns={"tracker_id": "track_id"})
    assert sorted(text[columns].itertuples(index=False, name=None)) == wanted
    lines = pd.read_json(export(run, "jsonl", "x.jsonl"), lines=True).dropna(subset="camera")
    assert len(lines) == len(wanted)


@pytest.mark.parametrize("ending", [".csv", ".json"])
def test_supervisions_own_sinks_write_the_same(run: Path, content, ending: str) -> None:
    ours = export(run, "supervision", f"ours{ending}")
    sink = sv.CSVSink("theirs.csv") if ending == ".csv" else sv.JSONSink("theirs.json")
    boxes = {
        (t["camera"], b["frame"], t["track_id"]): (t, b)
        for t in content["tracks"] for b in t["boxes"]
    }  # fmt: skip
    with sink:
        for camera, frame, track_id in sorted(boxes):
            track, box = boxes[camera, frame, track_id]
            found = sv.Detections(
                xyxy=np.array([box["xyxy"]]), confidence=np.array([box["score"]]),
                class_id=np.array([0]), tracker_id=np.array([track_id]),
            )  # fmt: skip
            observed = box["observed"] if ending == ".json" else int(box["observed"])
            sink.append(found, custom_data={
                "camera": camera, "frame": frame, "time_s": box["time_s"],
                "global_id": track["global_id"], "observed": observed,
            })  # fmt: skip
    theirs = Path(f"theirs{ending}")
    if ending == ".csv":
        assert ours.read_bytes() == theirs.read_bytes()
    else:
        assert json.loads(ours.read_text()) == json.loads(theirs.read_text())


def test_what_supervision_wrote_comes_back_as_a_table(run: Path, content) -> None:
    out = export(run, "supervision", "x.csv")
    words = ["--cameras", run / "tracks.json", "--out", "back.json"]
    assert reid_track("import", out, *words) == 0
    assert rows_of(json.loads(Path("back.json").read_text())) == rows_of(content)


def test_parquet_without_its_library_says_what_to_install(run: Path) -> None:
    code = (
        "import importlib.util as u, sys; real = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'pyarrow' else real(name, *a)\n"
        "from tracker.cli import main; main(sys.argv[1:])"
    )
    words = ["export", "tracks", str(run / "tracks.json"), "--to", "parquet", "--out", "x.parquet"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "needs pyarrow" in done.stderr
    assert "pip install 'reid-track[formats]'" in done.stderr
    assert names_in(Path()) == set()
