"""Inputs that failed in the field, each made anew: the MOT reader, frames, checkpoints, exports."""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch

from tests.media import (
    cut,
    logged,
    picture,
    read_source,
    read_video,
    reid_track,
    write_boxes,
    write_pictures,
    write_video,
)
from tests.parts import parity_state
from tracker.core.errors import SourceError, WeightsError
from tracker.core.mot_text import read_rows
from tracker.detection.openvino import can_run
from tracker.detection.replay import ReplayDetector
from tracker.evaluation.box_table import read_mot
from tracker.reid.checkpoint import load_osnet
from tracker.results.tracks_file import read_tracks

NO_MODEL = ("--detections", "boxes.txt", "--reid", "none")
COLUMNS = "camera,frame,x_min,y_min,x_max,y_max,tracker_id"
SIZE = ("--size", "640x480", "--fps", "25")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Boxes in the working directory."""
    monkeypatch.chdir(tmp_path)
    write_boxes(tmp_path / "boxes.txt", 20)
    return tmp_path


def tracks_text(frames: int = 40, tail: str = "0.9,-1,-1,-1") -> str:
    """Three people who walk, as MOTChallenge text."""
    return "".join(
        f"{f},{n},{20 + 180 * n + f},100,60,150,{tail}\n" for f in range(1, frames + 1)
        for n in (1, 2, 3)
    )  # fmt: skip


# One reader of MOTChallenge's text


def test_trackers_files_of_nine_columns_have_cocos_classes(here: Path, capsys) -> None:
    (here / "m.txt").write_text(tracks_text(tail="0.9,0,-1").replace(",0.9,0,", ",0.87,0,"))
    assert reid_track("import", "m.txt", *SIZE, "--out", "o.json") == 0
    assert len(read_tracks(here / "o.json").identities) == 3
    bicycles = "".join(f"{f},9,300,10,60,90,0.5,1,-1\n" for f in range(1, 11))
    (here / "m.txt").write_text((here / "m.txt").read_text() + bicycles)
    assert reid_track("import", "m.txt", *SIZE, "--out", "p.json") == 0
    assert "left out what is no person: 10 x class 1" in capsys.readouterr().err
    assert len(read_tracks(here / "p.json").identities) == 3
    assert len(set(read_mot(here / "m.txt", truth=True).identity.tolist())) == 3


def test_a_truth_of_nine_columns_keeps_motchallenges_classes(here: Path, capsys) -> None:
    rows = "1,1,9,9,9,9,1,1,1\n1,2,30,9,9,9,1,3,1\n1,3,60,9,9,9,0,1,1\n"
    (here / "gt.txt").write_text(rows)
    assert read_mot(here / "gt.txt", truth=True).identity.tolist() == [1]
    assert reid_track("import", "gt.txt", *SIZE, "--out", "o.json") == 0
    assert "1 x class 3" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(tracks_text().replace(",", " "), id="blanks"),
        pytest.param("\ufeff" + tracks_text(), id="byte order mark"),
        pytest.param(tracks_text().replace("\n", "\r\n"), id="CRLF"),
        pytest.param(tracks_text() + "\n \n", id="empty lines"),
    ],
)
def test_every_way_to_write_it_is_read_by_all(here: Path, text: str) -> None:
    (here / "m.txt").write_text(text, newline="")
    assert reid_track("import", "m.txt", *SIZE, "--out", "o.json") == 0
    assert reid_track("evaluate", "tracks", "o.json", "--truth", "m.txt") == 0
    assert reid_track("--detections", "m.txt", *SIZE, "--reid", "none", "--json", "d.json") == 0
    assert len(read_tracks(here / "d.json").identities) == 3


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("nan,1,5,5,9,9,1", "has nan"),
        ("inf,1,5,5,9,9,1", "has inf"),
        ("1,1,nan,5,9,9,1", "has nan"),
        ("1,1,5,5,9,1e300,1", "has 1e300"),
        ("9" * 400 + ",1,5,5,9,9,1", "which is no number"),
        ("1.5,1,5,5,9,9,1", "whole frame"),
        ("0,1,5,5,9,9,1", "frame from 1"),
        ("1,1.5,5,5,9,9,1", "whole id"),
        ("1,1,5,5,9", "is not frame,id"),
        ("a,b,c,d,e,f,g", "is not frame,id"),
    ],
)
def test_a_row_that_cannot_be_names_file_line_and_value(
    here: Path, capsys, row: str, words: str
) -> None:
    (here / "t.txt").write_text(tracks_text(2))
    assert reid_track("import", "t.txt", *SIZE, "--out", "t.json") == 0
    (here / "m.txt").write_text("1,4,5,5,9,9,1\n" + row + "\n")
    capsys.readouterr()
    for command in (
        ("import", "m.txt", *SIZE, "--out", "o.json"),
        ("evaluate", "tracks", "t.json", "--truth", "m.txt"),
        ("--detections", "m.txt", *SIZE, "--reid", "none", "--json", "d.json"),
    ):
        assert reid_track(*command) == 1
        told = capsys.readouterr().err
        assert "m.txt, line 2" in told
        assert words in told
        assert told.count("\n") == 1


def test_rows_that_are_there_twice_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.txt"
    path.write_text("1,1,5,5,9,9,1\n1,1,6,6,9,9,1\n")
    with pytest.raises(SourceError, match=r"line 2.*is there already, in line 1"):
        read_rows(path)
    assert len(read_rows(path, identified=False)) == 2  # ids of detections mean nothing
    path.write_text("1,-1,5,5,9,9,1\n1,-1,5,5,9,9,1\n")
    with pytest.raises(SourceError, match="is there already"):
        ReplayDetector(path)


def test_an_empty_file_is_told_and_no_score(here: Path, capsys) -> None:
    (here / "t.txt").write_text(tracks_text(2))
    assert reid_track("import", "t.txt", *SIZE, "--out", "t.json") == 0
    (here / "e.txt").write_text("")
    assert reid_track("evaluate", "tracks", "t.json", "--truth", "e.txt") == 1
    assert "e.txt has no rows" in capsys.readouterr().err
    assert reid_track("--detections", "e.txt", *SIZE, "--reid", "none") == 1
    assert "e.txt has no rows" in capsys.readouterr().err


def test_boxes_without_area_and_scores_in_percent_are_told(tmp_path: Path) -> None:
    (tmp_path / "m.txt").write_text("1,-1,5,5,9,9,90\n1,-1,5,5,0,9,80\n")
    with logged() as told:
        ReplayDetector(tmp_path / "m.txt")
    assert "left out 1 boxes without width or height" in told[0]
    assert "has scores up to 90" in told[1]


# Frames


def test_hidden_files_are_no_frames(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["1.jpg", "2.jpg"])
    for number in (1, 2):
        (tmp_path / f"._{number}.jpg").write_bytes(b"\x00\x05\x16\x07 of macOS")
    with logged() as told:
        assert [frame.index for frame in read_source(tmp_path, fps=5.0)] == [0, 1]
    assert told == []


def test_frames_keep_the_numbers_of_their_names_and_gaps_are_told(tmp_path: Path) -> None:
    write_pictures(tmp_path, [f"{n:06d}.png" for n in (1, 3, 5, 7)])
    with logged() as told:
        frames = read_source(tmp_path, fps=10.0)
    assert [(f.index, f.time_s) for f in frames] == [(0, 0.0), (2, 0.2), (4, 0.4), (6, 0.6)]
    assert "3 of 7 frames are missing by their names" in told[0]


def test_names_that_are_times_are_counted(tmp_path: Path) -> None:
    write_pictures(tmp_path, [f"{1_700_000_000_000 + 40 * n}.png" for n in range(3)])
    assert [f.index for f in read_source(tmp_path, fps=10.0)] == [0, 1, 2]


def test_a_folder_that_is_called_like_a_webcam_is_a_folder(here: Path) -> None:
    write_pictures(here / "0001", ["1.png", "2.png"])
    assert reid_track("0001", "--fps", 5, *NO_MODEL, "--json", "o.json") == 0
    assert read_tracks(here / "o.json").cameras[0].frames == 2


def test_a_motchallenge_sequence_is_read_by_its_folder(here: Path) -> None:
    (here / "seq").mkdir()
    write_pictures(here / "seq/img1", ["000001.jpg", "000002.jpg"])
    (here / "seq/seqinfo.ini").write_text("[Sequence]\nname=seq\nframeRate=14\n")
    assert reid_track("seq", *NO_MODEL, "--json", "o.json") == 0
    assert read_tracks(here / "o.json").cameras[0].fps == 14


def test_a_comma_in_a_files_name_splits_no_camera(here: Path) -> None:
    write_video(here / "a,b.mp4", 3)
    assert reid_track("--cams", "a,b.mp4", *NO_MODEL, "--json", "o.json") == 0
    assert [c.name for c in read_tracks(here / "o.json").cameras] == ["a_b"]


def test_a_stride_says_how_many_frames_the_video_has(here: Path) -> None:
    write_video(here / "a.mp4", 20)
    assert reid_track("a.mp4", *NO_MODEL, "--vid-stride", 6, "--json", "o.json") == 0
    assert read_tracks(here / "o.json").cameras[0].frames == 20


# Videos


def test_av1_is_decoded(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as out:
        stream = out.add_stream("libsvtav1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(picture(number), "bgr24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert len(read_source(tmp_path / "a.mp4")) == 5


def test_a_video_that_was_never_ended_says_what_is_missing(tmp_path: Path) -> None:
    path = cut(write_video(tmp_path / "a.mp4", 20), 0.6)
    with pytest.raises(SourceError, match="moov"):
        read_source(path)


def test_people_of_a_video_with_wide_pixels_keep_their_shape(here: Path) -> None:
    with av.open(str(here / "w.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(16, 9)
        for number in range(5):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number), "bgr24")))
        out.mux(stream.encode(None))
    assert reid_track("w.mp4", *NO_MODEL, "--out", "o.mp4") == 0
    assert read_source(here / "o.mp4")[0].image.shape[:2] == (64, 172)  # even-sided
    assert read_video(here / "o.mp4")[0] == 5


# Networks


def numbers(state: dict) -> dict:
    """A checkpoint as Torchreid's training writes it, with NumPy's numbers."""
    groups = [{"lr": 0.0015}]
    return {
        "state_dict": state, "epoch": 60, "rank1": np.float32(0.53), "best": np.float64(0.5),
        "optimizer": {"state": {}, "param_groups": groups},
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(numbers, id="Torchreid's"),
        pytest.param(
            lambda s: {k: v for k, v in s.items() if not k.endswith("num_batches_tracked")},
            id="without counts of batches",
        ),
        pytest.param(lambda s: {"model": s}, id="under model"),
        pytest.param(lambda s: {f"_orig_mod.{k}": v for k, v in s.items()}, id="compiled"),
    ],
)
def test_checkpoints_as_trainings_write_them_load(tmp_path: Path, wrap) -> None:
    state = parity_state("osnet_x0_25")
    path = tmp_path / "model.pth.tar-60"
    torch.save(wrap(state), path)
    loaded = load_osnet(path).state_dict()
    assert torch.equal(loaded["conv1.conv.weight"], state["conv1.conv.weight"])


def test_numbers_of_numpy_let_no_code_in(tmp_path: Path) -> None:
    class Bad:
        """Runs code where it is unpickled."""

        def __reduce__(self) -> tuple:
            return (print, ("pwned",))

    torch.save({"state_dict": parity_state("osnet_x0_25"), "x": Bad()}, tmp_path / "b.pth")
    with pytest.raises(WeightsError, match="not a safe"):
        load_osnet(tmp_path / "b.pth")


def test_an_export_for_poses_is_refused_by_its_own_word(tmp_path: Path) -> None:
    facts = "task: pose\nimgsz: [320, 320]\nnames: {0: person}\n"
    (tmp_path / "metadata.yaml").write_text(facts)
    (tmp_path / "m.xml").write_text(SMALLEST_GRAPH)
    with pytest.raises(WeightsError, match="a YOLO model for 'pose', not for 'detect'"):
        can_run(tmp_path)


SMALLEST_GRAPH = """<net name="m" version="11"><layers>
<layer id="0" name="x" type="Parameter" version="opset1"><data shape="1,56,10" element_type="f32"/>
<output><port id="0"><dim>1</dim><dim>56</dim><dim>10</dim></port></output></layer>
<layer id="1" name="y" type="Result" version="opset1">
<input><port id="0"><dim>1</dim><dim>56</dim><dim>10</dim></port></input></layer>
</layers><edges><edge from-layer="0" from-port="0" to-layer="1" to-port="0"/></edges></net>"""


def test_an_onnx_export_for_poses_is_refused_too(tmp_path: Path, yolo_file: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    shapes = ([1, 3, 320, 320], [1, 56, 2100])
    head = helper.make_tensor("c", TensorProto.FLOAT, [1, 56, 2100], np.zeros(56 * 2100))
    graph = helper.make_graph(
        [helper.make_node("Constant", [], ["output0"], value=head)], "m",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shapes[0])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, shapes[1])],
    )  # fmt: skip
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    about = {"task": "pose", "imgsz": "[320, 320]", "names": "{0: 'person'}", "stride": "32",
             "batch": "1", "kpt_shape": "[17, 3]"}  # fmt: skip
    for key, value in about.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, tmp_path / "p.onnx")
    from tracker.detection.detector import YoloOptions
    from tracker.detection.yolo import YoloDetector
    from tracker.models.locate import LocatedModel

    with pytest.raises(WeightsError, match="for 'pose', not for 'detect'"):
        YoloDetector(LocatedModel("p", tmp_path / "p.onnx", "0" * 64), YoloOptions(device="cpu"))


RACE = """
import sys, threading, faulthandler
import openvino
from openvino import opset13 as ops
import numpy as np
from tracker.models.device import compile_for_cpu
faulthandler.dump_traceback_later(60, exit=True)
x = ops.parameter([1, 4], np.float32)
compiled = compile_for_cpu(openvino.Model([ops.relu(x)], [x]), {"NUM_STREAMS": 2})
requests = [compiled.create_infer_request() for _ in range(2)]
sys.setswitchinterval(1e-6)
together = threading.Barrier(2)
def infer(request):
    together.wait()
    request.infer(np.zeros((1, 4), np.float32), share_inputs=True)
threads = [threading.Thread(target=infer, args=[r]) for r in requests]
[t.start() for t in threads]; [t.join() for t in threads]
print("done")
"""


def test_first_inferences_of_two_threads_do_not_lock_each_other_out() -> None:
    done = subprocess.run([sys.executable, "-c", RACE], check=False, capture_output=True, text=True)
    assert done.stdout == "done\n", done.stderr


# Results of others


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda c: c["tracks"][0]["boxes"][0].update(time_s=float("nan")), "malformed"),
        (lambda c: c["tracks"][0]["boxes"][0].pop("xyxy"), "`xyxy`"),
        (lambda c: c["cameras"][0].pop("height"), "`height`"),
        (lambda c: c["cameras"][0].update(name="../../outside/y"), "leads out"),
        (lambda c: c["cameras"][0].update(name="c\x1b[2J"), "control signs"),
    ],
    ids=["nan", "no box", "no height", "outside", "terminal codes"],
)
@pytest.mark.parametrize("command", ["report", "identities", "export"])
def test_a_damaged_tracks_json_is_one_line_and_writes_nothing(
    here: Path, capsys, damage, words: str, command: str
) -> None:
    (here / "m.txt").write_text(tracks_text(3))
    assert reid_track("import", "m.txt", *SIZE, "--out", "t.json") == 0
    content = json.loads((here / "t.json").read_text())
    damage(content)
    (here / "t.json").write_text(json.dumps(content))
    before = sorted(here.rglob("*"))
    capsys.readouterr()
    more = {
        "report": ["report", "t.json", "--out", "r.html"],
        "identities": ["identities", "t.json"],
        "export": ["export", "tracks", "t.json", "--to", "cvat", "--out", "ex"],
    }
    assert reid_track(*more[command]) == 1
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1
    assert sorted(here.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", f"{COLUMNS}\na," + "9" * 30 + ",1,1,9,9,1\n"),
        ("a.csv", f"{COLUMNS},confidence\na,1,1,1,9,9,1,1e308\n"),
        ("a.xml", '<?xml version="1.0" encoding="ut2026-13-45f-8"?>\n<annotations></annotations>'),
        ("a.xml", '<annotations><track label="person"><box frame="' + "9" * 30 + '" xtl="1" ytl="1"'
                  ' xbr="9" ybr="9"/></track></annotations>'),
        ("a.xml", '<annotations><track label="person"><box frame="1" xtl="1" ytl="1" xbr="1e308"'
                  ' ybr="9"/></track></annotations>'),
        ("a.txt", "1,1,5,5,9,9,1\n" + "9" * 400 + ",1,5,5,9,9,1\n"),
    ],
)  # fmt: skip
def test_numbers_that_no_picture_has_are_refused(here: Path, capsys, name: str, text: str) -> None:
    (here / name).write_text(text)
    assert reid_track("import", name, *SIZE, "--out", "o.json") == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "bug" not in told
    assert not (here / "o.json").exists()


def test_the_smallest_picture_is_followed(here: Path) -> None:
    write_pictures(here / "f", ["1.png"], size=(2, 2))
    assert cv2.imread(str(here / "f/1.png")).shape == (2, 2, 3)
    assert reid_track("f", "--fps", 5, *NO_MODEL, "--json", "o.json") == 0
