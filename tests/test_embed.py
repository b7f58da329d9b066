"""Crops and embeddings: colours, clipping, unit length, and the same from both back ends."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.parts import parity_state
from tracker.core.errors import ConfigError, WeightsError
from tracker.core.types import Image
from tracker.models.locate import find_model
from tracker.models.registry import IMAGENET_MEAN, IMAGENET_STD, Preprocessing
from tracker.reid.crop import crop_people, croppable
from tracker.reid.embedder import BATCH, Embedder, load_embedder
from tracker.reid.osnet import build_osnet

SIZE = Preprocessing()


def picture() -> Image:
    return np.random.default_rng(0).integers(0, 255, (90, 70, 3), np.uint8)


def some_boxes(count: int) -> np.ndarray:
    left = np.linspace(0, 30, count)
    return np.stack([left, left, left + 20, left + 50], axis=1).astype(np.float32)


def load(path: Path) -> Embedder:
    model = find_model(str(path), "reid")
    return load_embedder(model, device="cpu")


@pytest.fixture(scope="module")
def onnx_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = build_osnet("osnet_x0_25", 10).eval()
    model.load_state_dict(parity_state("osnet_x0_25"))
    path = tmp_path_factory.mktemp("onnx") / "osnet.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own
        torch.onnx.export(
            model, (torch.zeros(2, 3, 256, 128),), path, input_names=["images"],
            dynamic_axes={"images": {0: "batch"}}, dynamo=False,
        )  # fmt: skip
    return path


def test_a_crop_is_rgb_normalised_and_of_the_networks_size() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[:] = (255, 128, 0)  # blue, green, red
    crop = crop_people(image, np.array([[10, 10, 50, 90.0]]), SIZE)
    assert crop.shape == (1, 3, 256, 128)
    assert crop.dtype == np.float32
    wanted = (np.array([0, 128 / 255, 1]) - IMAGENET_MEAN) / IMAGENET_STD
    assert crop[0, :, 100, 60] == pytest.approx(wanted, abs=1e-5)


def test_crops_are_clipped_and_boxes_off_the_image_have_none() -> None:
    image = picture()
    boxes = np.array([[-20, -20, 30, 40], [60, 80, 500, 500], [200, 0, 220, 50], [5, 5, 5, 40.0]])
    assert croppable(boxes, image).tolist() == [True, True, False, False]
    inside = crop_people(image, np.array([[0, 0, 30, 40.0]]), SIZE)
    assert np.array_equal(crop_people(image, boxes[:1], SIZE), inside)


def test_embeddings_have_unit_length_and_boxes_off_the_image_none(osnet_file: Path) -> None:
    boxes = np.array([[0, 0, 20, 50], [500, 500, 520, 560]], np.float32)
    embeddings = load(osnet_file).embed(picture(), boxes)
    assert embeddings.shape == (2, 512)
    assert np.linalg.norm(embeddings, axis=1) == pytest.approx([1, 0], abs=1e-5)


def test_nobody_gives_no_embeddings(osnet_file: Path) -> None:
    embeddings = load(osnet_file).embed(picture(), np.zeros((0, 4), np.float32))
    assert (embeddings.shape, embeddings.dtype) == ((0, 512), np.float32)


def test_batches_do_not_change_embeddings(osnet_file: Path) -> None:
    embedder, image, boxes = load(osnet_file), picture(), some_boxes(BATCH + 3)
    together = embedder.embed(image, boxes)
    alone = np.concatenate([embedder.embed(image, box[None]) for box in boxes])
    assert together == pytest.approx(alone, abs=1e-5)


def test_onnx_gives_the_same_embeddings(osnet_file: Path, onnx_file: Path) -> None:
    boxes = some_boxes(5)
    by_torch = load(osnet_file).embed(picture(), boxes)
    assert load(onnx_file).embed(picture(), boxes) == pytest.approx(by_torch, abs=1e-4)


def test_unsuitable_onnx_files_are_errors(onnx_file: Path, tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(WeightsError, match=r"text\.onnx is no readable ONNX model"):
        load(tmp_path / "text.onnx")
    with pytest.raises(ConfigError, match="--half"):
        load_embedder(find_model(str(onnx_file), "reid"), device="cpu", half=True)
