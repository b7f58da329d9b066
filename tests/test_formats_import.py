"""Files of other tools as they come: other layouts, ids that mean people, and what is wrong."""

import json
from pathlib import Path

import jsonschema
import pytest

from tests.media import names_in, reid_track
from tracker.results.schemas import load_schema

SIZE = ["--size", "640x480", "--fps", 10]
HEAD = '{"schema": "reid-track/1", "rows": "boxes", "frame_base": 0}\n'
TABLE = "camera,frame,x_min,y_min,x_max,y_max,tracker_id\n"
VIDEO = (
    "<annotations><version>1.1</version><meta><task><size>9</size><original_size><width>64</width>"
    '<height>48</height></original_size></task></meta><track id="0" label="{label}">'
    '<box frame="{frame}" outside="0" occluded="0" keyframe="1" xtl="1" ytl="2" xbr="{xbr}" ybr="9"'
    "/></track></annotations>"
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def take(*words: object) -> dict:
    assert reid_track("import", *words, "--out", "out.json") == 0
    content = json.loads(Path("out.json").read_text())
    jsonschema.validate(content, load_schema())
    return content


def visits(content: dict) -> list[tuple]:
    return [
        (t["camera"], t["track_id"], t["global_id"], t["first_frame"], t["last_frame"])
        for t in content["tracks"]
    ]


def test_results_of_a_tracker_in_one_text_file(here: Path) -> None:
    rows = [(f, i, 10 * i, 20, 30, 60, 0.5, -1, -1, -1) for f in (1, 2, 4) for i in (3, 8)]
    (here / "yard.txt").write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    content = take("yard.txt", *SIZE, "--offset", "yard=2")
    assert visits(content) == [("yard", 3, 1, 0, 3), ("yard", 8, 2, 0, 3)]
    box = content["tracks"][0]["boxes"][1]
    assert box == {"frame": 1, "time_s": 2.1, "xyxy": [30, 20, 60, 80], "score": 0.5,
                   "observed": True}  # fmt: skip
    assert content["cameras"][0] | {"source": ""} == {
        "name": "yard", "source": "", "width": 640, "height": 480, "fps": 10, "frames": 4,
        "offset_s": 2, "calibrated": False,
    }  # fmt: skip


def test_a_benchmarks_truth_has_rows_that_do_not_count(here: Path) -> None:
    folder = here / "MOT17-09"
    (folder / "gt").mkdir(parents=True)
    (folder / "seqinfo.ini").write_text(
        "[Sequence]\nname=MOT17-09\nframeRate=30\nseqLength=525\nimWidth=1920\nimHeight=1080\n"
    )
    kept, ignored, car = "1,1,5,6,7,8,1,1,0.5", "1,2,5,6,7,8,0,1,1", "1,3,5,6,7,8,1,3,1"
    hidden = "2,1,5,6,7,8,1,1,0"
    (folder / "gt" / "gt.txt").write_text("\n".join([kept, ignored, car, hidden]))
    content = take(folder)
    assert visits(content) == [("MOT17-09", 1, 1, 0, 1)]
    assert [b["observed"] for b in content["tracks"][0]["boxes"]] == [True, False]
    assert (content["cameras"][0]["width"], content["cameras"][0]["frames"]) == (1920, 525)


def test_numbers_of_people_make_a_visit_of_each_stay(here: Path) -> None:
    (here / "all").mkdir()
    for camera, frames in (("a", [1, 2, 30, 31, 62]), ("b", [5])):
        rows = "".join(f"{frame},7,10,20,30,60,1,-1,-1,-1\n" for frame in frames)
        (here / "all" / f"{camera}.txt").write_text(rows)
    content = take("all", *SIZE, "--mot-id", "person")
    # 2.8 s apart is one stay, 3.1 s are two.
    assert visits(content) == [("a", 1, 7, 0, 30), ("a", 2, 7, 61, 61), ("b", 1, 7, 4, 4)]
    assert [t["camera"] for t in content["identities"][0]["tracks"]] == ["a", "b", "a"]
    assert len(content["identities"][0]["transitions"]) == 2


def test_video_annotations_of_other_coco_tools(here: Path) -> None:
    box = {"bbox": [1, 2, 3.5, 4], "category_id": 1, "instance_id": 4}
    (here / "v.json").write_text(json.dumps({
        "categories": [{"id": 1, "name": "Pedestrian"}, {"id": 2, "name": "dog"}],
        "videos": [{"id": 5, "name": "train/one"}],
        "images": [{"id": 11 + n, "video_id": 5, "frame_id": n, "width": 64, "height": 48}
                   for n in range(3)],
        "annotations": [box | {"id": 1, "image_id": 11}, box | {"id": 2, "image_id": 13},
                        box | {"id": 3, "image_id": 12, "category_id": 2}],
    }))  # fmt: skip
    content = take("v.json", "--fps", 4)
    assert visits(content) == [("train-one", 4, 1, 0, 2)]
    assert [b["time_s"] for b in content["tracks"][0]["boxes"]] == [0, 0.5]
    assert content["cameras"][0]["frames"] == 3


def test_a_table_of_any_tool_with_supervisions_columns(here: Path) -> None:
    (here / "t.csv").write_text(TABLE + "hall,3,1,2,3,4,9\nhall,4,1,2,3,4,9\n")
    content = take("t.csv", *SIZE)
    assert visits(content) == [("hall", 9, 1, 3, 4)]
    assert content["tracks"][0]["boxes"][0]["time_s"] == 0.3


def test_times_in_a_table_tell_rate_and_clock(here: Path) -> None:
    rows = [f"hall,{f},1,2,3,4,9,{2.5 + f / 12.5}\n" for f in range(3, 40)]
    (here / "t.csv").write_text(TABLE.replace("\n", ",time_s\n") + "".join(rows))
    camera = take("t.csv", "--size", "640x480")["cameras"][0]
    assert (camera["fps"], camera["offset_s"]) == (12.5, 2.5)


@pytest.mark.parametrize(
    ("name", "text", "more", "words"),
    [
        ("no.txt", None, [], ["no.txt", "does not exist"]),
        ("a.xyz", "1", [], ["a.xyz", "--from"]),
        ("a.txt", "1,1,1,1,5\n", SIZE, ["a.txt", "line 1"]),
        ("a.txt", "1,1,1,1,x,5,1\n", SIZE, ["a.txt", "line 1", "1,1,1,1,x,5,1"]),
        ("a.txt", "1,1,1,1,0,5,1\n", SIZE, ["a.txt", "frame 0", "positive"]),
        ("a.txt", "0,1,1,1,5,5,1\n", SIZE, ["a.txt", "line 1", "frame from 1"]),
        ("a.txt", "1,-1,1,1,5,5,1\n", SIZE, ["ids [-1]", "ids from 1"]),
        ("a.txt", "1,2,1,1,5,nan,1\n", SIZE, ["line 1", "has nan"]),
        ("a.txt", "1,2,1,1,5,5,1\n1,2,2,2,5,5,1\n", SIZE, ["line 2", "already, in line 1"]),
        ("a.txt", "", SIZE, ["a.txt", "no boxes"]),
        ("a.txt", "1,2,1,1,5,5,1\n", [], ["size of camera 'a'", "--size", "--cameras"]),
        ("a.txt", "1,2,1,1,5,5,1\n", ["--size", "9x9"], ["rate of camera 'a'", "--fps"]),
        ("a.txt", "1,2,1,1,5,5,1\n", [*SIZE, "--offset", "b=1"], ["no camera 'b'", "are: a"]),
        ("a.csv", "frame,x\n1,2\n", SIZE, ["a.csv", "no column camera"]),
        ("a.csv", TABLE + "a,1,2,3,4,5,x\n", SIZE, ["line 2", "'x'"]),
        ("a.csv", TABLE + "a,1,2\n", SIZE, ["line 2"]),
        ("a.csv", TABLE.replace("\n", ",global_id\n") + "a,1,2,3,4,5,6,1\na,2,2,3,4,5,6,2\n",
         SIZE, ["a/6", "several people", "'1', '2'"]),
        ("a.jsonl", "{}\n", SIZE, ["a.jsonl", "first line"]),
        ("a.jsonl", HEAD + "{\n", SIZE, ["line 2"]),
        ("a.jsonl", HEAD + '{"camera": "a"}\n', SIZE, ["line 2", "`frame`"]),
        ("a.json", "[]", SIZE, ["a.json", "COCO for video"]),
        ("a.json", '{"videos": []}', SIZE, ["categories"]),
        ("a.json", '{"schema": "reid-track/1"}', SIZE, ["a.json is a tracks.json already"]),
        ("a.xml", "<annotations>", SIZE, ["a.xml", "CVAT for video 1.1"]),
        ("a.xml", "<annotations><image/></annotations>", SIZE, ["export it as that"]),
        ("a.xml", VIDEO.format(label="car", frame=1, xbr=9), SIZE, ["1 x car", "no boxes"]),
        ("a.xml", VIDEO.format(label="person", frame="x", xbr=9), SIZE, ["a.xml", "'x'"]),
        ("a.xml", VIDEO.format(label="person", frame=1, xbr=0), SIZE, ["positive"]),
        ("a.zip", "no archive", SIZE, ["a.zip", "CVAT"]),
        ("a.parquet", "no table", SIZE, ["a.parquet", "parquet"]),
        ("a.txt", "1,2,1,1,5,5,1\n", [*SIZE, "--from", "mott"], ["'mott'", "'mot'"]),
        ("a.txt", "1,2,1,1,5,5,1\n", [*SIZE, "--from", "aicity"], ["aicity", "Known are: mot"]),
        ("a.txt", "1,2,1,1,5,5,1\n", [*SIZE, "--mot-id", "x"], ["--mot-id", "track, person"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_a_line(here: Path, capsys, name, text, more, words) -> None:
    if text is not None:
        (here / name).write_text(text)
    assert reid_track("import", name, "--out", "out.json", *more) == 1
    told = capsys.readouterr()
    assert all(word in told.err for word in words), told.err
    assert told.err.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in told.err
    assert names_in(here) == ({name} if text is not None else set())


def test_what_is_there_is_kept(here: Path, capsys) -> None:
    (here / "a.txt").write_text("1,2,1,1,5,5,1\n")
    take("a.txt", *SIZE)
    before = (here / "out.json").read_bytes()
    assert reid_track("import", "a.txt", *SIZE[:3], 5, "--out", "out.json") == 1
    assert "--overwrite" in capsys.readouterr().err
    assert (here / "out.json").read_bytes() == before
    assert reid_track("import", "a.txt", *SIZE[:3], 5, "--out", "out.json", "--overwrite") == 0
    assert reid_track("import", "a.txt", *SIZE, "--out", "a.txt", "--overwrite") == 1
    assert "input" in capsys.readouterr().err

    tracks = ["export", "tracks", "out.json"]
    assert reid_track(*tracks, "--to", "mot", "--out", "m") == 0
    assert reid_track(*tracks, "--to", "mot", "--out", "m") == 1
    assert "--overwrite" in capsys.readouterr().err
    assert reid_track(*tracks, "--to", "mot", "--out", "m", "--overwrite") == 0
    assert reid_track(*tracks, "--to", "mot", "--out", "a.mot.txt") == 0  # one camera: results
    assert (here / "a.mot.txt").read_text() == "1,2,1.00,1.00,5.00,5.00,1.0000,-1,-1,-1\n"
    assert reid_track(*tracks, "--to", "csv", "--out", "no/x.csv") == 1
    assert "folder 'no'" in capsys.readouterr().err
    assert reid_track(*tracks, "--to", "jsonl", "--out", "out.json", "--overwrite") == 1
    assert reid_track(*tracks, "--to", "cvt", "--out", "x") == 1
    assert "Did you mean 'cvat'" in capsys.readouterr().err


def test_one_file_for_two_cameras_is_refused(here: Path, capsys) -> None:
    (here / "t.csv").write_text(TABLE + "a,3,1,2,3,4,9\nb,4,1,2,3,4,9\n")
    take("t.csv", *SIZE)
    for kind, name in (("mot", "x.txt"), ("cvat", "x.xml")):
        assert reid_track("export", "tracks", "out.json", "--to", kind, "--out", name) == 1
        assert "2 cameras" in capsys.readouterr().err
    assert names_in(here) == {"t.csv", "out.json"}
