"""The packaged detector's 8-bit weights become a checkpoint that sees the same people."""

from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.detector_floats import folded_weights, pictures, save, set_up_norms, unfolded
from tests.boxed import write_boxed
from tracker.core import boxes
from tracker.core.types import Detections, Frame, Image
from tracker.detection.detector import YoloOptions
from tracker.detection.yolo import YoloDetector
from tracker.models.locate import LocatedModel, find_model

ROOT = Path(__file__).resolve().parents[1]
PACKAGED = ROOT / "weights/person_yolo11n_int8_openvino_model"


def people(path: Path, image: Image) -> Detections:
    model = find_model(str(path), "detect")
    assert isinstance(model, LocatedModel)
    return YoloDetector(model, YoloOptions(conf=0.4, imgsz=448)).detect(Frame("", 0, 0.0, image))


def frame() -> Image:
    video = cv2.VideoCapture(str(ROOT / "samples/cam1.mp4"))
    video.set(cv2.CAP_PROP_POS_FRAMES, 60)
    read, image = video.read()
    assert read
    return np.asarray(image, np.uint8)


def test_the_checkpoint_sees_whom_the_8_bit_model_sees(tmp_path: Path) -> None:
    network = unfolded(folded_weights(PACKAGED), "yolo11n")
    seen = pictures(write_boxed(tmp_path / "data", 4), 96)
    with torch.no_grad():
        before = network(seen)[0]
        set_up_norms(network, seen)
        after = network(seen)[0]
    assert torch.allclose(before, after, atol=0.01)
    save(network, tmp_path / "floats.pt")
    expected, found = people(PACKAGED, frame()), people(tmp_path / "floats.pt", frame())
    assert len(found) == len(expected) > 0
    assert (boxes.iou(found.xyxy, expected.xyxy).max(axis=1) > 0.85).all()


def test_a_learning_normalisation_gives_what_the_looking_one_gives(tmp_path: Path) -> None:
    """In train mode the batch's own statistics count; here they are those that were set up."""
    network = unfolded(folded_weights(PACKAGED), "yolo11n")
    seen = pictures(write_boxed(tmp_path / "data", 8), 96)
    set_up_norms(network, seen)
    first = network.model[0]
    with torch.no_grad():
        looking = first(seen)
        learning = first.train()(seen)
    assert torch.allclose(looking, learning, atol=1e-3)
