"""Exported networks say what PyTorch says; explanations show the right place and gates."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.people import portrait
from tracker.cli import main
from tracker.core.config import USUAL_COSINE_DISTANCE
from tracker.core.errors import ConfigError, OutputError
from tracker.evaluation.activation import activation_maps, gate_values
from tracker.export import reid as export
from tracker.models.locate import find_model
from tracker.models.registry import Preprocessing
from tracker.reid.embedder import load_embedder
from tracker.reid.osnet import build_osnet

SMALL = Preprocessing(64, 32)


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(list(words))
    return int(stop.value.code or 0)


@pytest.mark.parametrize(
    ("to", "name"), [("onnx", "m.onnx"), ("openvino", "m_openvino_model"), ("torchscript", "m.ts")]
)
def test_exports_equal_pytorch(
    to: str, name: str, osnet_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / name
    assert run("export", "reid", "--reid", str(osnet_file), "--to", to, "--out", str(out)) == 0
    assert "largest difference" in capfd.readouterr().out
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["preprocessing"]["height"] == 256


def test_an_exported_model_matches_looks_at_its_sources_distance(tmp_path: Path) -> None:
    out, name = tmp_path / "m.onnx", "osnet_x0_25_mixed"
    assert run("export", "reid", "--reid", name, "--to", "onnx", "--out", str(out)) == 0
    source, exported = find_model(name, "reid"), find_model(str(out), "reid")
    assert exported.max_cosine_distance == source.max_cosine_distance != USUAL_COSINE_DISTANCE


@pytest.mark.parametrize(("to", "name"), [("onnx", "m.onnx"), ("openvino", "m_openvino_model")])
def test_an_exported_model_tracks(to: str, name: str, osnet_file: Path, tmp_path: Path) -> None:
    out = tmp_path / name
    export.export_reid(find_model(str(osnet_file), "reid"), to, out)
    image = np.random.default_rng(0).integers(0, 255, (120, 80, 3)).astype(np.uint8)
    boxes = np.array([[5, 5, 40, 100], [20, 10, 70, 110]], np.float32)
    ours, theirs = (
        load_embedder(find_model(str(path), "reid"), device="cpu").embed(image, boxes)
        for path in (osnet_file, out)
    )
    assert np.allclose(ours, theirs, atol=2e-2)  # OpenVINO may compute in 16 bits


def test_wrong_exports_are_told(
    osnet_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = find_model(str(osnet_file), "reid")
    with pytest.raises(ConfigError, match="allowed are: onnx, openvino, torchscript"):
        export.export_reid(model, "tflite", tmp_path / "m.tflite")
    monkeypatch.setattr(export, "LARGEST_DIFFERENCE", -1.0)
    with pytest.raises(OutputError, match="differs from PyTorch"):
        export.export_reid(model, "torchscript", tmp_path / "m.ts")


def test_the_map_is_strong_where_the_features_are(monkeypatch: pytest.MonkeyPatch) -> None:
    osnet = build_osnet("osnet_x0_25").eval()
    features = torch.zeros(1, 128, 4, 2)
    features[0, :, 3, 1] = 2.0
    monkeypatch.setattr(osnet, "features", lambda _: features)
    (strength,) = activation_maps(osnet, portrait(1, 0)[None], SMALL)
    assert strength.shape == (64, 32)
    assert np.unravel_index(strength.argmax(), strength.shape) > (48, 16)
    assert (strength.min(), strength.max()) == pytest.approx((0, 1))


@pytest.mark.parametrize(
    ("variant", "blocks", "streams"),
    [
        ("osnet_x0_25", 6, 4),
        ("osnet_ain_x0_25", 6, 4),
        ("osnet_x0_25_t2", 6, 2),
        ("osnet_x0_25_separate", 6, 4),
        ("osnet_x0_25_sum", 0, 0),
    ],
)
def test_gates_of_all_blocks_and_streams(variant: str, blocks: int, streams: int) -> None:
    osnet = build_osnet(variant).eval()
    gates = gate_values(osnet, np.stack([portrait(1, 0), portrait(2, 0)]), SMALL)
    assert len(gates) == blocks
    assert all(g.means.shape == (2, streams) for g in gates)
    assert all(((g.means > 0) & (g.means < 1)).all() for g in gates)
    assert not any(m._forward_hooks for m in osnet.modules())


def test_the_command_explains(
    osnet_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(portrait(1, 0)).save(tmp_path / "person.png")
    out = tmp_path / "map.png"
    words = ["explain", "reid", str(tmp_path / "person.png"), "--out", str(out)]
    assert run(*words, "--reid", str(osnet_file), "--json") == 0
    gates = json.loads(capfd.readouterr().out)
    assert list(gates) == [f"conv{s}.{b}" for s in (2, 3, 4) for b in (0, 1)]
    with Image.open(out) as drawn:
        assert drawn.size == (128 + 4, 512)
    assert run(*words, "--reid", str(osnet_file)) == 1
    assert "add --overwrite" in capfd.readouterr().err
