"""Exports of a detector say what PyTorch says, and bring their input size along."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.boxed import draw, write_boxed
from tests.media import reid_track
from tracker.core.types import Frame
from tracker.detection.detector import YoloOptions
from tracker.detection.yolo import YoloDetector
from tracker.models.locate import LocatedModel, find_model


@pytest.mark.parametrize(("to", "name"), [("onnx", "a.onnx"), ("openvino", "a_openvino_model")])
@pytest.mark.parametrize("int8", [False, True])
def test_an_export_detects_and_tells_its_difference(
    to: str, name: str, int8: bool, yolo_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    if int8:
        pytest.importorskip("nncf")
    data = write_boxed(tmp_path / "data", 4)
    out = tmp_path / name
    words = ["--detector", yolo_file, "--to", to, "--out", out, "--imgsz", 96]
    assert reid_track("export", "detector", *words, *(["--int8", data] if int8 else [])) == 0
    assert "largest difference from PyTorch: scores" in capsys.readouterr().out
    model = find_model(str(out), "detect")
    assert isinstance(model, LocatedModel)
    assert model.detecting.imgsz == 96
    assert json.loads(out.with_suffix(".json").read_text())["sha256"] == model.sha256
    assert str(tmp_path) not in "".join(p.read_text(errors="replace") for p in files(out))
    wide = np.concatenate([draw(2)[0]] * 2, axis=1)
    for image in (draw(2)[0], wide):  # of any shape
        found = YoloDetector(model, YoloOptions(conf=0.0, max_det=5)).detect(
            Frame("", 0, 0.0, image)
        )
        assert len(found) == 5


def files(path: Path) -> list[Path]:
    return [path] if path.is_file() else list(path.iterdir())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--to", "tflite", "--out", "a.onnx"], "--to is 'tflite'; allowed are: onnx, openvino"),
        (["--to", "onnx", "--out", "a.pt"], "must be called NAME.onnx"),
        (["--out", "a"], "must be called NAME_openvino_model"),
        (["--to", "onnx", "--out", "b.onnx"], "'b.onnx' exists; add --overwrite"),
    ],
)
def test_wrong_words_are_one_line(
    words: list[str], told: str, yolo_file: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.onnx").touch()
    assert reid_track("export", "detector", "--detector", yolo_file, *words) == 1
    assert told in capsys.readouterr().err


def test_an_export_cannot_be_exported_again(
    yolo_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "a.onnx").write_bytes(b"onnx")
    words = ["--detector", tmp_path / "a.onnx", "--to", "onnx", "--out", tmp_path / "b.onnx"]
    assert reid_track("export", "detector", *words) == 1
    assert "is no checkpoint" in capsys.readouterr().err
