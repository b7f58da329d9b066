"""OSNet equals its specification: sizes, costs, names and outputs."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.parts import parity_input, parity_state
from tracker.reid.osnet import VARIANTS, build_osnet

# Parameters without the classifier and multiply-adds at 256x128.
PUBLISHED_COSTS = {
    "osnet_x1_0": (2_169_508, 978_875_392),
    "osnet_x0_75": (1_285_754, 571_752_192),
    "osnet_x0_5": (630_034, 272_899_328),
    "osnet_x0_25": (201_864, 82_314_880),
    "osnet_ibn_x1_0": (2_170_532, 978_875_392),
    "osnet_ain_x1_0": (2_169_508, 978_875_392),
    "osnet_ain_x0_75": (1_285_754, 571_752_192),
    "osnet_ain_x0_5": (630_034, 272_899_328),
    "osnet_ain_x0_25": (201_864, 82_314_880),
}
# Length of the two outputs for the weights and inputs of the parity recipe.
PARITY_LENGTHS = {
    "osnet_x1_0": (6.250948, 6.468557),
    "osnet_x0_25": (5.294182, 5.840063),
    "osnet_ibn_x1_0": (4.466223, 4.507500),
    "osnet_ain_x1_0": (9.252486, 9.013321),
    "osnet_ain_x0_25": (8.277913, 8.061270),
}


def multiply_adds(model: nn.Module, height: int, width: int) -> int:
    total = 0

    def count(module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        nonlocal total
        weight = module.weight
        places = output[0, 0].numel() if isinstance(module, nn.Conv2d) else 1
        total += weight.numel() * places

    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(count)
    with torch.inference_mode():
        model.eval()(torch.zeros(1, 3, height, width))
    return total


@pytest.mark.parametrize("variant", VARIANTS)
def test_costs_are_the_published_ones(variant: str) -> None:
    model = build_osnet(variant)
    parameters = sum(p.numel() for p in model.parameters())
    assert (parameters, multiply_adds(model, 256, 128)) == PUBLISHED_COSTS[variant]


@pytest.mark.parametrize(
    ("height", "width", "millions"), [(192, 96, 550.7), (128, 64, 244.9), (64, 32, 61.5)]
)
def test_costs_at_other_resolutions(height: int, width: int, millions: float) -> None:
    cost = multiply_adds(build_osnet("osnet_x1_0"), height, width)
    assert round(cost / 1e6, 1) == millions


@pytest.mark.parametrize("variant", PARITY_LENGTHS)
def test_outputs_are_the_published_ones(variant: str) -> None:
    model = build_osnet(variant, num_classes=10).eval()
    model.load_state_dict(parity_state(variant))
    with torch.inference_mode():
        lengths = model(parity_input()).norm(dim=1)
    assert lengths.tolist() == pytest.approx(PARITY_LENGTHS[variant], abs=1e-5)


@pytest.mark.shared
@pytest.mark.parametrize("variant", PARITY_LENGTHS)
def test_single_values_are_the_published_ones(variant: str, shared: Path) -> None:
    expected = json.loads((shared / "osnet" / "osnet_parity.json").read_text())[variant]
    model = build_osnet(variant, num_classes=10).eval()
    model.load_state_dict(parity_state(variant))
    with torch.inference_mode():
        output, features = model(parity_input()), model.features(parity_input())
    for row, first, total in zip(
        output, expected["feature_first8"], expected["feature_sum"], strict=True
    ):
        assert row[:8].tolist() == pytest.approx(first, abs=1e-5)
        assert row.double().sum().item() == pytest.approx(total, abs=1e-3)
    assert list(features.shape) == expected["featuremap_shape"]


@pytest.mark.shared
@pytest.mark.parametrize("variant", sorted(set(VARIANTS) - {"osnet_ain_x0_75", "osnet_ain_x0_5"}))
def test_names_are_those_of_published_checkpoints(variant: str, shared: Path) -> None:
    path = shared / "osnet" / f"{variant}_keys.json"
    wanted = [tuple(entry) for entry in json.loads(path.read_text())["entries"]]
    state = build_osnet(variant, num_classes=1000).state_dict()
    found = [(k, list(t.shape), str(t.dtype).removeprefix("torch.")) for k, t in state.items()]
    assert found == wanted


def test_training_gives_logits_and_evaluation_embeddings() -> None:
    model = build_osnet("osnet_x0_25", num_classes=7)
    crops = torch.zeros(2, 3, 64, 32)
    assert model.train()(crops).shape == (2, 7)
    assert model.eval()(crops).shape == (2, 512)
