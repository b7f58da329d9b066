"""The detector's seam to Ultralytics, with a network that nobody trained."""

from pathlib import Path

import numpy as np
import pytest

from tracker.core.errors import ConfigError, WeightsError
from tracker.core.types import Frame
from tracker.detection.detector import YoloOptions, class_numbers
from tracker.detection.yolo import YoloDetector
from tracker.models.locate import find_model

NAMES = {0: "person", 1: "bicycle", 2: "car"}


def detector(path: Path, **options: object) -> YoloDetector:
    settings = YoloOptions(**{"imgsz": 64, **options})  # type: ignore[arg-type]
    return YoloDetector(find_model(str(path), "detect"), settings)


def test_every_detection_has_a_box_and_a_score(yolo_file: Path) -> None:
    image = np.random.default_rng(0).integers(0, 255, (48, 80, 3), np.uint8)
    frame = Frame("cam", 0, 0.0, image)
    found = detector(yolo_file, conf=0.0, max_det=5).detect(frame)
    assert (found.xyxy.shape, found.xyxy.dtype) == ((5, 4), np.float32)
    assert ((found.score >= 0) & (found.score <= 1)).all()
    assert len(detector(yolo_file, conf=0.99).detect(frame)) == 0


def test_detecting_leaves_torch_and_the_folder_alone(
    yolo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    detector(yolo_file).detect(Frame("cam", 0, 0.0, np.zeros((48, 80, 3), np.uint8)))
    assert torch.get_num_threads() == threads
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wanted", "numbers"), [(["person"], [0]), (["2", "bicycle"], [2, 1]), (["0"], [0])]
)
def test_classes_by_name_and_number(wanted: list[str], numbers: list[int]) -> None:
    assert class_numbers(wanted, NAMES) == numbers


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("persn", "Did you mean 'person'"),
        ("PERSON", "Did you mean 'person'"),
        ("7", "unknown class '7'"),
        ("-1", "unknown class"),
    ],
)
def test_unknown_classes_are_errors(wanted: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        class_numbers([wanted], NAMES)


@pytest.mark.parametrize("name", ["broken.pt", "broken.onnx", "notes.txt"])
def test_foreign_files_are_one_clear_error(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"not a model at all")
    with pytest.raises(WeightsError, match=name):
        detector(tmp_path / name)


def test_a_reid_checkpoint_is_no_detector(osnet_file: Path) -> None:
    with pytest.raises(WeightsError, match="no YOLO model"):
        detector(osnet_file)
