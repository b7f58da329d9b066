"""Networks by OpenVINO say what PyTorch and Ultralytics say."""

import subprocess
import sys

import numpy as np
import openvino
import pytest
import torch

from tests.parts import parity_input, parity_state
from tracker.core.types import Frame
from tracker.detection.detector import YoloOptions
from tracker.detection.head import select
from tracker.detection.letterbox import Letterbox
from tracker.detection.openvino import OpenVinoYolo, can_run
from tracker.detection.rectangular_input import fitting, reshape
from tracker.detection.yolo import YoloDetector
from tracker.models.locate import LocatedModel, find_model
from tracker.models.registry import packaged_weights
from tracker.reid.checkpoint import load_osnet
from tracker.reid.openvino_graph import to_openvino
from tracker.reid.osnet import build_osnet
from tracker.reid.runtimes import GPU_SIZES, load_network, torch_network

PACKAGED = packaged_weights() / "person_yolo11n_int8_openvino_model"
SAMPLE = packaged_weights().parent / "samples" / "cam1.mp4"


@pytest.mark.parametrize(
    "variant",
    ["osnet_x0_25", "osnet_ibn_x1_0", "osnet_ain_x0_25", "osnet_x0_25_concat",
     "osnet_x0_25_fixed", "osnet_x0_25_separate", "osnet_x0_25_streamwise", "osnet_x0_25_t2",
     "osnet_x0_25_standard", "osnet_x0_25_sum"],
)  # fmt: skip
def test_osnet_is_the_same_in_openvino(variant: str) -> None:
    network = build_osnet(variant, 10)
    network.load_state_dict(parity_state(variant))
    images = parity_input()
    with torch.inference_mode():
        wanted = network.eval()(images).numpy()
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(to_openvino(network), "CPU", settings)
    assert compiled(images.numpy())[0] == pytest.approx(wanted, abs=1e-5)


def test_other_operations_are_refused() -> None:
    with pytest.raises(ValueError, match="no translation of Softmax"):
        to_openvino(torch.nn.Sequential(torch.nn.Softmax(dim=1)).eval())


def sample_frames(count: int) -> list[Frame]:
    import cv2

    capture, frames = cv2.VideoCapture(str(SAMPLE)), []
    for index in range(120):
        image = capture.read()[1]
        if index >= 120 - count:
            frames.append(Frame("cam", index, index / 25, image))
    return frames


def packaged() -> LocatedModel:
    model = find_model(str(PACKAGED), "detect")
    assert isinstance(model, LocatedModel)
    return model


@pytest.mark.skipif(not SAMPLE.is_file(), reason="the samples are not beside the package")
def test_squares_are_detected_as_by_ultralytics() -> None:
    by_ultralytics = YoloDetector(packaged(), YoloOptions(imgsz=(448, 448)))
    ours = OpenVinoYolo(packaged(), YoloOptions(imgsz=(448, 448)), workers=1)
    for frame in sample_frames(2):
        wanted, found = by_ultralytics.detect(frame), ours.detect(frame)
        assert len(found) == len(wanted) > 1
        assert found.score == pytest.approx(wanted.score, abs=0.02)
        assert found.xyxy == pytest.approx(wanted.xyxy, abs=4)


@pytest.mark.skipif(not SAMPLE.is_file(), reason="the samples are not beside the package")
def test_rectangles_find_the_same_people() -> None:
    square = OpenVinoYolo(packaged(), YoloOptions(imgsz=(448, 448)), workers=1)
    rectangle = OpenVinoYolo(packaged(), YoloOptions(), workers=2)
    for frame in sample_frames(2):
        wanted, found = square.detect(frame), rectangle.detect(frame)
        assert len(found) == len(wanted)
        assert np.sort(found.xyxy, axis=0) == pytest.approx(np.sort(wanted.xyxy, axis=0), abs=12)


def test_a_square_export_becomes_a_rectangle(shared) -> None:  # type: ignore[no-untyped-def]
    folder = shared / "weights" / "yolo11n_int8_openvino_model"
    model = openvino.Core().read_model(str(folder / "yolo11n.xml"))
    assert can_run(folder)
    assert reshape(model, (384, 640))
    assert list(model.outputs[0].shape) == [1, 84, (48 * 80) + (24 * 40) + (12 * 20)]


def test_other_graphs_stay_as_they_are() -> None:
    from openvino import opset13 as ops

    given = ops.parameter([1, 3, 64, 64], np.float32)
    flat = ops.reshape(given, np.array([1, 3 * 64 * 64], np.int64), special_zero=False)
    assert not reshape(openvino.Model([flat], [given], "flat"), (32, 64))


@pytest.mark.parametrize(
    ("size", "sides"), [((768, 576), (480, 640)), ((100, 400), (640, 160)), ((640, 1), (32, 640))]
)
def test_inputs_are_as_small_as_the_picture_allows(
    size: tuple[int, int], sides: tuple[int, int]
) -> None:
    assert fitting(*size, 640) == sides


def test_boxes_come_back_from_the_letterbox() -> None:
    letterbox = Letterbox(1920, 1080, (384, 640))
    image = np.zeros((1080, 1920, 3), np.uint8)
    image[300:900, 600:900] = 255
    put = letterbox.put(image)
    assert put.shape == (384, 640, 3)
    rows, columns = np.nonzero(put[..., 0] > 200)
    box = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)
    assert letterbox.back(box)[0] == pytest.approx([600, 300, 900, 900], abs=2)


@pytest.mark.parametrize("count", [0, 3, GPU_SIZES[0], GPU_SIZES[-1] + 1])
def test_what_a_gpu_runs_says_the_same_of_any_number_of_crops(count: int) -> None:
    model = find_model("osnet_x0_25_mixed", "reid")
    assert isinstance(model, LocatedModel)
    crops = np.random.default_rng(0).normal(size=(count, 3, 192, 96)).astype(np.float32)
    told = torch_network(load_osnet(model.path), "cpu", half=False)(crops)
    assert told.shape == (count, 512)
    assert told == pytest.approx(load_network(model, device="cpu")(crops), abs=1e-3)


def head(*rows: tuple[float, ...]) -> np.ndarray:
    """Rows of centre x, centre y, width, height and the scores of three classes."""
    return np.array(rows, np.float32).T


def test_hidden_boxes_and_other_classes_are_left_out() -> None:
    told = head(
        (50, 50, 20, 40, 0.9, 0.1, 0),
        (51, 50, 20, 40, 0.8, 0.1, 0),  # hidden by the first
        (51, 50, 20, 40, 0.3, 0.7, 0),  # something else at the same place
        (200, 50, 20, 40, 0.6, 0, 0),
        (300, 50, 20, 40, 0.2, 0, 0),  # too weak
    )
    xyxy, score = select(told, [0], conf=0.25, iou=0.7, most=300)
    assert score.tolist() == pytest.approx([0.9, 0.6])
    assert xyxy[1].tolist() == [190, 30, 210, 70]
    assert len(select(told, [0, 1], conf=0.25, iou=0.7, most=300)[1]) == 3
    assert len(select(told, [0, 1], conf=0.25, iou=0.7, most=1)[1]) == 1
    assert select(told, [2], conf=0.25, iou=0.7, most=300)[0].shape == (0, 4)


def test_an_interrupt_after_a_network_is_gone_is_no_crash(tmp_path) -> None:  # type: ignore[no-untyped-def]
    code = (
        "import gc, os, signal, numpy as np\n"
        "from tracker.reid.runtimes import load_network\n"
        "from tracker.models.locate import find_model\n"
        "network = load_network(find_model('osnet_x0_25_mixed', 'reid'), device='cpu')\n"
        "network(np.zeros((1, 3, 192, 96), np.float32))\n"
        "del network; gc.collect()\n"
        "signal.signal(signal.SIGINT, lambda *_: print('heard'))\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (0, "heard\n"), done.stderr
