"""Checkpoints load whole and safely, or not at all."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from tests.parts import parity_state
from tracker.core.errors import WeightsError
from tracker.reid.checkpoint import load_osnet
from tracker.reid.osnet import VARIANTS

State = dict[str, Any]


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_variant_is_read_from_the_weights(variant: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file(parity_state(variant), path)
    assert load_osnet(path).config == VARIANTS[variant]


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda s: s, id="bare"),
        pytest.param(lambda s: {f"module.{k}": v for k, v in s.items()}, id="data-parallel"),
        pytest.param(lambda s: {"state_dict": s, "epoch": 3}, id="training checkpoint"),
        pytest.param(
            lambda s: {k: v for k, v in s.items() if "classifier" not in k}, id="no classifier"
        ),
    ],
)
def test_ways_to_store_a_checkpoint(wrap: Callable[[State], State], tmp_path: Path) -> None:
    state = parity_state("osnet_x0_25")
    path = tmp_path / "model.pth"
    torch.save(wrap(state), path)
    loaded = load_osnet(path).state_dict()
    assert not [k for k in loaded if k.startswith("classifier")]
    assert torch.equal(loaded["fc.0.weight"], state["fc.0.weight"])


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(lambda s: s.pop("conv5.conv.weight"), "missing: conv5.conv.weight", id="gap"),
        pytest.param(lambda s: s.update(extra=torch.ones(1)), "surplus: extra", id="surplus"),
        pytest.param(
            lambda s: s.update({"conv5.bn.weight": torch.ones(3)}),
            r"wrong shape: conv5.bn.weight \(3,\) instead of \(128,\)",
            id="shape",
        ),
        pytest.param(lambda s: s.pop("fc.0.weight"), "no OSNet checkpoint", id="other network"),
    ],
)
def test_wrong_weights_are_named(
    spoil: Callable[[State], object], told: str, tmp_path: Path
) -> None:
    state = parity_state("osnet_x0_25")
    spoil(state)
    torch.save(state, tmp_path / "model.pth")
    with pytest.raises(WeightsError, match=told):
        load_osnet(tmp_path / "model.pth")


def test_code_in_a_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.pth"
    torch.save({"state_dict": {"conv1.conv.weight": Path("x")}}, path)
    with pytest.raises(WeightsError, match="not a safe PyTorch checkpoint"):
        load_osnet(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.pth", b"not a checkpoint"),
        ("empty.pth", b""),
        ("list.pth", pickle.dumps([1, 2])),
        ("text.safetensors", b"not a checkpoint"),
        ("missing.safetensors", None),
    ],
)
def test_damaged_files_are_one_clear_error(
    name: str, content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=name):
        load_osnet(path)


@pytest.mark.shared
def test_a_published_checkpoint_loads(shared: Path) -> None:
    model = load_osnet(shared / "weights" / "osnet_x0_25_msmt17.pth")
    assert model.config == VARIANTS["osnet_x0_25"]
