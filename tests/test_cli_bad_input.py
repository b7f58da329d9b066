"""Wrong input to the real command line: one line that helps, the right exit code, no files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.media import names_in, reid_track, write_boxes, write_pictures, write_video

NO_MODEL = ["--detections", "boxes.txt", "--reid", "none"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one of everything, as working directory."""
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "a.mp4", 3)
    write_pictures(tmp_path / "frames", ["1.png", "2.png"])
    write_boxes(tmp_path / "boxes.txt", 3)
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "short.txt").write_text("1,-1,5,10,20,40,0.9\n2,-1,5,10\n")
    (tmp_path / "words.txt").write_text("frame,id,left,top,width,height,score\n")
    (tmp_path / "nan.txt").write_text("nan,-1,5,10,20,40,0.9\n")
    (tmp_path / "infinite.txt").write_text("inf,-1,5,10,20,40,0.9\n")
    (tmp_path / "zero.txt").write_text("0,-1,5,10,20,40,0.9\n1,-1,5,10,20,40,0.9\n")
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\x00\x01")
    (tmp_path / "c.yaml").write_text("cameras: {hall: a.mp4}\n")
    corners = [(0, 20, 0, 9), (95, 20, 9, 9), (95, 63, 7, 2), (0, 63, 2, 2)]
    points = [f"{{image: [{u}, {v}], map: [{x}, {y}]}}" for u, v, x, y in corners]
    camera = f"{{source: a.mp4, points: [{', '.join(points)}]}}"
    (tmp_path / "map.yaml").write_text(f"cameras: {{hall: {camera}}}\n")
    (tmp_path / "bad.yaml").write_text("cameras: {a: b\n  c: [\n")
    (tmp_path / "no_model.pt").write_text("no model")
    (tmp_path / "no_model.onnx").write_text("no model")
    return tmp_path


RUNTIME = [
    pytest.param(["--reid", "none"], "nothing to track", id="nothing to track"),
    pytest.param(["a.mp4", *NO_MODEL, "--camera-motion", "on"], "auto, off", id="camera motion"),
    pytest.param(["b.mp4", *NO_MODEL], "Did you mean 'a.mp4'", id="missing file"),
    pytest.param(["repot", "a.mp4"], "neither a command nor a file here. Did you mean 'report'",
                 id="typo in a command"),
    pytest.param(["frames/1.png", "frames/2.png", *NO_MODEL], "'frames', or the pattern in quotes",
                 id="glob without quotes"),
    pytest.param(["a.mp4", *NO_MODEL, "--size", "9x9"], "--size is for", id="--size of a video"),
    pytest.param(["a.mp4", *NO_MODEL, "--fps", "5"], "'a.mp4' has one", id="--fps of a video"),
    pytest.param(["--config", "map.yaml", *NO_MODEL, "--gallery-threshold", "0.5"],
                 "camera 'hall' is calibrated", id="--gallery-threshold on a map"),
    pytest.param(["text.mp4", *NO_MODEL], "text.mp4", id="file that is no video"),
    pytest.param(["no/*.png", *NO_MODEL], "no pictures", id="glob without a match"),
    pytest.param(["rtsp://127.0.0.1:9/x", *NO_MODEL], "address", id="stream out of reach"),
    pytest.param(["--cams", "a,a", *NO_MODEL], "2 cameras are called 'a'", id="camera twice"),
    pytest.param(["a.mp4", "--cams", "a=frames", *NO_MODEL], "called 'a'", id="two of one name"),
    pytest.param(["--cams", "a,", *NO_MODEL], "empty item", id="comma at the end"),
    pytest.param(["--cams", "hal", "--config", "c.yaml", *NO_MODEL], "Did you mean 'hall'",
                 id="typo in a camera"),
    pytest.param(["--config", "no.yaml", *NO_MODEL], "no.yaml", id="missing config"),
    pytest.param(["--config", "bad.yaml", *NO_MODEL], "bad.yaml", id="config that is no YAML"),
    pytest.param(["a.mp4", "--detections", "no.txt", "--reid", "none"], "no.txt",
                 id="missing detections"),
    pytest.param(["a.mp4", "--detections", "short.txt", "--reid", "none"], "short.txt, line 2",
                 id="line too short"),
    pytest.param(["a.mp4", "--detections", "words.txt", "--reid", "none"], "words.txt, line 1",
                 id="line of words"),
    pytest.param(["a.mp4", "--detections", "nan.txt", "--reid", "none"], "nan.txt, line 1",
                 id="frame that is no number"),
    pytest.param(["a.mp4", "--detections", "infinite.txt", "--reid", "none"],
                 "infinite.txt, line 1", id="frame without end"),
    pytest.param(["a.mp4", "--detections", "zero.txt", "--reid", "none"], "zero.txt, line 1",
                 id="frames counted from 0"),
    pytest.param(["a.mp4", "--detections", "bytes.txt", "--reid", "none"], "bytes.txt",
                 id="detections that are no text"),
    pytest.param(["a.mp4", "frames", *NO_MODEL], "folder with <camera>.txt",
                 id="one file for two cameras"),
    pytest.param(["a.mp4", "--detections", "frames", "--reid", "none"], "frames/a.txt",
                 id="folder without the camera"),
    pytest.param(["--detections", "boxes.txt"], "--size", id="boxes without a size"),
    pytest.param(["--detections", "no.txt", "--size", "9x9"], "no.txt", id="no boxes"),
    pytest.param(["--detections", "frames", "--size", "9x9"], "folder", id="boxes are a folder"),
    pytest.param(["--detections", "boxes.txt", "--size", "9"], "WIDTHxHEIGHT", id="--size"),
    pytest.param(["--detections", "boxes.txt", "--size", "0x9"], "--size is '0x9'", id="no width"),
    pytest.param(["--detections", "boxes.txt", "--size", "9x9", "--out", "v.mp4"], "--out",
                 id="video without pictures"),
    pytest.param(["a.mp4", *NO_MODEL, "--start", "99"], "--start", id="start after the end"),
    pytest.param(["a.mp4", *NO_MODEL, "--mot-id", "persn"], "allowed are: track, person",
                 id="--mot-id"),
    pytest.param(["a.mp4", *NO_MODEL, "--format", "cvs"], "Did you mean 'csv'", id="--format"),
    pytest.param(["a.mp4", *NO_MODEL, "--format", "csv,"], "empty item", id="--format empty"),
    pytest.param(["a.mp4", *NO_MODEL, "--summary", "xml"], "allowed are: text, json",
                 id="--summary"),
    pytest.param(["a.mp4", *NO_MODEL, "--out", "v.xyz"], ".mp4", id="--out ending"),
    pytest.param(["a.mp4", *NO_MODEL, "--out", "no/v.mp4"], "folder 'no'", id="--out folder"),
    pytest.param(["a.mp4", *NO_MODEL, "--json", "c.yaml"], "--overwrite", id="--json exists"),
    pytest.param(["a.mp4", "--detector", "yolo11", "--reid", "none"], "Did you mean 'yolo11",
                 id="unknown detector"),
    pytest.param(["a.mp4", "--detector", "no_modl.pt", "--reid", "none"],
                 "Did you mean 'no_model.pt'", id="missing detector file"),
    pytest.param(["a.mp4", "--detector", "no_model.pt", "--reid", "none"], "no YOLO model",
                 id="detector that is none"),
    pytest.param(["a.mp4", "--detector", "no_model.onnx", "--reid", "none"], "no_model.onnx",
                 id=".onnx detector that is none"),
    pytest.param(["a.mp4", "--detector", "a.mp4", "--reid", "none"], "YOLO",
                 id="detector is a video"),
    pytest.param(["a.mp4", "--detector", "frames", "--reid", "none"], ".xml",
                 id="detector is a folder"),
    pytest.param(["a.mp4", "--reid", "none", "--imgsz", "big"], "--imgsz is 'big'", id="--imgsz"),
    pytest.param(["a.mp4", "--reid", "none", "--imgsz", "1,2,3"], "HEIGHT,WIDTH", id="three sizes"),
    pytest.param(["a.mp4", "--reid", "none", "--classes", "person,"], "--classes",
                 id="--classes empty"),
    pytest.param(["a.mp4", "--reid", "none", "--device", "nonsense"], "available: cpu",
                 id="--device"),
    pytest.param(["a.mp4", "--reid", "none", "--device", "77"], "available: cpu", id="no such GPU"),
    pytest.param(["a.mp4", "--reid", "none", "--device", "cpu", "--half"], "--half needs a GPU",
                 id="--half on the CPU"),
    pytest.param(["a.mp4", "--detections", "boxes.txt", "--reid", "osnet_x1"],
                 "Did you mean 'osnet_x", id="unknown ReID"),
    pytest.param(["a.mp4", "--detections", "boxes.txt", "--reid", "no.pth"], "no model file",
                 id="missing ReID file"),
    pytest.param(["a.mp4", "--detections", "boxes.txt", "--reid", "no_model.pt"],
                 "no_model.pt", id="ReID that is none"),
    pytest.param(["a.mp4", "--detections", "boxes.txt", "--reid", "no_model.onnx"],
                 "no readable ONNX", id=".onnx ReID that is none"),
    pytest.param(["weights", "fetch", "yolo11"], "Did you mean 'yolo11", id="weights fetch"),
    pytest.param(["weights", "path", "osnt_x1_0"], "Did you mean 'osnet_x1_0", id="weights path"),
    pytest.param(["evaluate", "tracks", "no.txt", "--truth", "boxes.txt"], "no.txt",
                 id="evaluate without a result"),
    pytest.param(["evaluate", "tracks", "boxes.txt", "--truth", "no.txt"], "no.txt",
                 id="evaluate without a truth"),
    pytest.param(["evaluate", "tracks", "boxes.txt", "--truth", "words.txt"], "words.txt",
                 id="truth of words"),
    pytest.param(["evaluate", "tracks", "boxes.txt", "--truth", "boxes.txt", "--level", "visit"],
                 "allowed are: track, person", id="--level"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "told"), RUNTIME)
def test_one_line_says_what_is_wrong(here: Path, capsys, words, told):
    before = names_in(here)

    code = reid_track(*words)

    printed = capsys.readouterr()
    assert code == 1
    assert printed.out == ""
    assert len(_errors(printed.err)) == 1, printed.err
    assert told in _errors(printed.err)[0]
    assert printed.err.splitlines()[-1] == _errors(printed.err)[0]
    assert "bug" not in printed.err
    assert "Traceback" not in printed.err
    assert names_in(here) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["a.mp4", "--conf", "2"], "--conf", id="--conf above 1"),
        pytest.param(["a.mp4", "--conf", "high"], "--conf", id="--conf is a word"),
        pytest.param(["a.mp4", "--vid-stride", "0"], "--vid-stride", id="--vid-stride 0"),
        pytest.param(["a.mp4", "--max-frames", "0"], "--max-frames", id="--max-frames 0"),
        pytest.param(["a.mp4", "--start", "-1"], "--start", id="--start below 0"),
        pytest.param(["a.mp4", "--fps", "0"], "--fps", id="--fps 0"),
        pytest.param(["a.mp4", "--fps", "nan"], "--fps", id="--fps nan"),
        pytest.param(["a.mp4", "--fps", "inf"], "--fps", id="--fps inf"),
        pytest.param(["a.mp4", "--n-init", "0"], "--n-init", id="--n-init 0"),
        pytest.param(["a.mp4", "--jsn", "t.json"], "--json", id="typo in an option"),
        pytest.param(["a.mp4", "--json"], "--json", id="option without its value"),
        pytest.param(["weights", "fetsh", "yolo11n"], "fetsh", id="unknown subcommand"),
        pytest.param(["weights", "fetch"], "NAME", id="weights fetch nothing"),
        pytest.param(["evaluate", "tracks", "boxes.txt"], "--truth", id="no truth"),
    ],
)
def test_a_wrong_option_is_a_usage_error(here: Path, capsys, words, told):
    before = names_in(here)

    code = reid_track(*words)

    printed = capsys.readouterr()
    assert code == 2
    assert printed.out == ""
    assert told in printed.err
    assert "Traceback" not in printed.err
    assert names_in(here) == before


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        pytest.param("persn", "Did you mean 'person'", id="typo"),
        pytest.param("person,80", "80 classes", id="number too large"),
        pytest.param("Person", "Did you mean 'person'", id="capital"),
    ],
)
def test_a_class_that_the_model_does_not_know_is_one_line(
    here: Path, yolo_file: Path, capsys, classes, told
):
    before = names_in(here)

    code = reid_track(
        "a.mp4", "--detector", yolo_file, "--reid", "none", "--imgsz", 64, "--classes", classes
    )

    printed = capsys.readouterr()
    assert code == 1
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert printed.err.startswith("error: --classes")
    assert told in printed.err
    assert names_in(here) == before


def test_the_model_of_the_class_errors_does_run(here: Path, yolo_file: Path, capsys):
    code = reid_track(
        *("a.mp4", "--detector", yolo_file, "--reid", "none", "--imgsz", 64),
        *("--classes", "person,2", "--device", "cpu", "--json", "t.json"),
    )

    assert code == 0, capsys.readouterr().err
    assert (here / "t.json").is_file()


@pytest.mark.parametrize("words", [
    pytest.param(["--detections", "boxes.txt", "--reid"], id="detector as --reid"),
    pytest.param(["--reid", "none", "--detector"], id="OSNet as --detector"),
])  # fmt: skip
def test_a_model_of_the_other_kind_is_one_line(
    here: Path, yolo_file: Path, osnet_file: Path, capsys, words
):
    wrong = osnet_file if "--detector" in words else yolo_file

    code = reid_track("a.mp4", *words, wrong)

    printed = capsys.readouterr()
    assert code == 1
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert printed.err.startswith("error: ")
    assert wrong.name in printed.err


@pytest.mark.parametrize(("options", "expected"), [([], 0), (["-v"], 0), (["-vv"], 1)])
def test_only_vv_adds_the_traceback(here: Path, capsys, options, expected):
    code = reid_track("a.mp4", "--detections", "short.txt", "--reid", "none", *options)

    printed = capsys.readouterr()
    assert code == 1
    assert printed.err.count("Traceback (most recent call last)") == expected
    assert printed.err.splitlines()[-1].startswith("error: ")


def test_quiet_still_tells_errors(here: Path, capsys):
    assert reid_track("b.mp4", *NO_MODEL, "--quiet") == 1

    assert len(_errors(capsys.readouterr().err)) == 1


@pytest.mark.parametrize("source", ["text.mp4", "97", "rtsp://127.0.0.1:9/x", "b.mp4"])
def test_nothing_but_our_line_reaches_the_terminal(here: Path, source):
    command = [sys.executable, "-m", "tracker", source, *NO_MODEL]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("OPENCV_")}  # as a user's is

    done = subprocess.run(
        command, env=clean, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("error: ")


def _errors(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("error: ")]
