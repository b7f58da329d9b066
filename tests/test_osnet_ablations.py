"""The ablations of OSNet's table 5 have its sizes and costs, train, and load."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tests.complexity import count_mult_adds, count_weights
from tracker.reid.checkpoint import guess_variant, load_osnet
from tracker.reid.osnet import VARIANTS, build_osnet
from tracker.reid.osnet_config import ABLATIONS, KNOWN

# Parameters without the classifier, and millions of mult-adds at 256x128.
TABLE_5 = {
    "osnet_x1_0": (2_169_508, 978.9),
    "osnet_x1_0_standard": (6_869_028, 3376.2),
    "osnet_x1_0_same_depth": (2_563_876, 1182.6),
    "osnet_x1_0_concat": (2_874_176, 1343.8),
    "osnet_x1_0_sum": (2_161_472, 978.8),
    "osnet_x1_0_separate": (2_193_616, 978.9),
    "osnet_x1_0_streamwise": (2_165_262, 978.9),
    "osnet_x1_0_fixed": (2_163_776, 978.8),
    "osnet_x1_0_t1": (1_569_920, 673.3),
    "osnet_x1_0_t2": (1_709_412, 741.2),
    "osnet_x1_0_t3": (1_906_596, 843.1),
}
# Table 6: millions of mult-adds by width and resolution.
TABLE_6 = {
    "osnet_x1_0": (978.9, 550.7, 244.9, 61.5),
    "osnet_x0_75": (571.8, 321.7, 143.1, 35.9),
    "osnet_x0_5": (272.9, 153.6, 68.3, 17.2),
    "osnet_x0_25": (82.3, 46.3, 20.6, 5.2),
}
RESOLUTIONS = ((256, 128), (192, 96), (128, 64), (64, 32))
SMALL = [name for name in ABLATIONS if name.startswith("osnet_x0_25")]


@pytest.mark.parametrize("variant", TABLE_5)
def test_table_5_is_reproduced(variant: str) -> None:
    model = build_osnet(variant)
    millions = round(count_mult_adds(model, (256, 128)) / 1e6, 1)
    assert (count_weights(model), millions) == TABLE_5[variant]


@pytest.mark.parametrize("variant", TABLE_6)
def test_table_6_is_reproduced(variant: str) -> None:
    model = build_osnet(variant)
    found = tuple(round(count_mult_adds(model, size) / 1e6, 1) for size in RESOLUTIONS)
    assert found == TABLE_6[variant]


def test_counting_leaves_the_model_as_it_was() -> None:
    model = build_osnet("osnet_x0_25").train()
    count_mult_adds(model, (64, 32))
    assert model.training
    assert not any(m._forward_hooks for m in model.modules())


@pytest.mark.parametrize("variant", SMALL)
def test_all_weights_learn(variant: str) -> None:
    model = build_osnet(variant, num_classes=3).train()
    model(torch.randn(4, 3, 64, 32)).square().sum().backward()
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize("variant", SMALL)
def test_checkpoints_are_recognised(variant: str, tmp_path: Path) -> None:
    model = build_osnet(variant, num_classes=3)
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    assert load_osnet(tmp_path / "model.safetensors").config == KNOWN[variant]


def test_no_two_networks_are_mistaken_for_each_other() -> None:
    with torch.device("meta"):
        guesses = {name: guess_variant(build_osnet(name).state_dict()) for name in KNOWN}
    assert guesses == {name: name for name in KNOWN}
    assert set(VARIANTS) <= set(KNOWN)
