"""The parts of ReID training: samplers, losses, rates, random changes."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.people import portrait, write_market
from tracker.core.errors import ConfigError
from tracker.datasets.folders import list_pictures
from tracker.datasets.pictures import Picture, number
from tracker.models.registry import Preprocessing
from tracker.reid.crop import normalise
from tracker.training import reid_loader
from tracker.training.reid_augment import augment, prepare
from tracker.training.reid_loader import make_loader
from tracker.training.reid_loss import Objective, batch_hard_triplet, teacher_distance
from tracker.training.reid_network import Average
from tracker.training.reid_recipe import PRESETS, Augmentation, adjusted, preset, rate_at, size_at
from tracker.training.reid_sampler import identity_batches, mixed_batches, random_batches
from tracker.training.reid_teacher import DistillationTarget, Teachers


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pixels(count: int = 4) -> torch.Tensor:
    return torch.stack([torch.from_numpy(portrait(p, 0)).permute(2, 0, 1) for p in range(count)])


def test_random_batches_use_each_picture_once() -> None:
    batches = random_batches(10, 3, chance())
    assert batches.shape == (3, 3)
    assert len(set(batches.flatten().tolist())) == 9


def test_identity_batches_hold_p_people_with_k_pictures() -> None:
    person = torch.tensor([0] * 7 + [1] * 4 + [2] * 1 + [3] * 9 + [4] * 2)
    batches = identity_batches(person, 3, 4, chance())
    assert len(batches) >= 1
    for batch in person[batches]:
        assert sorted(torch.unique(batch, return_counts=True)[1].tolist()) == [4, 4, 4]
    assert torch.equal(batches, identity_batches(person, 3, 4, chance()))
    assert not torch.equal(batches[:1], identity_batches(person, 3, 4, chance(1))[:1])


def test_somebody_with_one_picture_is_shown_repeatedly() -> None:
    (batch,) = identity_batches(torch.tensor([0, 1, 1]), 2, 2, chance()).tolist()
    assert batch.count(0) == 2


def test_too_few_people_make_no_batch() -> None:
    assert identity_batches(torch.tensor([0, 0]), 2, 2, chance()).shape == (0, 4)


def test_a_mix_takes_its_people_from_each_source() -> None:
    person = torch.arange(6).repeat_interleave(torch.tensor([8, 8, 8, 4, 4, 4]))
    source = (person > 2).long()
    batches = mixed_batches(person, source, (2, 1), 4, chance())
    assert batches.shape[1] == 12
    assert len(batches) >= 2  # one epoch of the first source; the second is dealt again
    for batch in batches:
        assert sorted(torch.unique(person[batch], return_counts=True)[1].tolist()) == [4, 4, 4]
        assert (source[batch] == 1).sum() == 4
    assert torch.equal(batches, mixed_batches(person, source, (2, 1), 4, chance()))


def test_a_source_of_single_pictures_shows_more_people() -> None:
    person = torch.cat([torch.arange(2).repeat_interleave(4), torch.arange(2, 12)])
    source = (person > 1).long()
    (batch,) = mixed_batches(person, source, (2, 1), 4, chance())
    assert len(set(person[batch][8:].tolist())) == 4


def test_too_few_people_of_one_source_make_no_batch() -> None:
    person, source = torch.tensor([0, 0, 1, 1, 2]), torch.tensor([0, 0, 0, 0, 1])
    assert len(mixed_batches(person, source, (2, 2), 2, chance())) == 0


def test_pictures_from_disk_equal_those_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = list_pictures(write_market(tmp_path, people=4))
    positions = random_batches(len(pictures), 3, chance())
    held = make_loader(pictures, (64, 32))
    monkeypatch.setattr(reid_loader, "MEMORY_BYTES", 0)
    read = make_loader(pictures, (64, 32))
    assert held.func is not read.func
    both = zip(held(positions), read(positions), strict=True)
    assert all(torch.equal(a, b) for a, b in both)


def test_triplet_takes_the_hardest() -> None:
    points, person = torch.tensor([[0.0], [1.0], [1.2], [5.0]]), torch.tensor([0, 0, 1, 1])
    # Anchors: farthest same 1, 1, 3.8, 3.8; nearest other 1.2, 0.2, 0.2, 4.
    expected = (0.1 + 1.1 + 3.9 + 0.1) / 4
    assert batch_hard_triplet(points, person, 0.3).item() == pytest.approx(expected, abs=1e-5)


def test_triplet_of_equal_pictures_has_a_finite_gradient() -> None:
    points = torch.ones(4, 3, requires_grad=True)
    batch_hard_triplet(points, torch.tensor([0, 0, 1, 1]), 0.3).backward()
    assert points.grad is not None
    assert points.grad.isfinite().all()
    assert batch_hard_triplet(points, torch.zeros(4, dtype=torch.int64), 0.3) == 0


def test_the_teacher_is_content_with_its_own_embeddings() -> None:
    target = torch.nn.functional.normalize(torch.rand(6, 8, generator=chance()))
    assert teacher_distance(3 * target, target).item() == pytest.approx(0, abs=1e-5)
    assert teacher_distance(target.roll(1, dims=0), target) > 0.1


def test_with_a_teacher_single_pictures_are_no_class() -> None:
    person, recipe = torch.tensor([0, 1, 1, 2, 3, 3]), preset("places", "osnet_x0_25")
    targets = torch.nn.functional.normalize(torch.rand(4, 8, generator=chance()))
    taught = Objective(recipe, person, taught=True)
    alone = Objective(recipe, person, taught=False)
    assert (taught.classes, alone.classes) == (2, 4)
    parts, right = taught(
        torch.tensor([[0, 9.0], [9, 0], [0, 9]]),
        targets[:3],
        torch.arange(3),
        DistillationTarget(torch.arange(3), targets[:3]),
    )
    assert set(parts) == {"cross_entropy", "triplet", "teacher"}
    assert right == 1  # of persons 0, 1 and 2 only 1 is a class, the first
    assert set(alone(torch.zeros(3, 4), targets[:3], torch.arange(3))[0]) == {
        "cross_entropy", "triplet",
    }  # fmt: skip


def test_a_second_teacher_tells_of_people_whom_several_cameras_saw() -> None:
    views = [("a", "1"), ("b", "1"), ("b", "2"), ("c", "2")]
    people = number([[Picture(Path("x.png"), "x", *view) for view in views]])
    images = torch.zeros(4, 3, 8, 4)

    def teacher(value: float) -> Any:
        return lambda seen: torch.full((len(seen), 512), value)

    def said(teachers: list[Any], *, everybody: bool) -> dict[int, float]:
        taught = Teachers(teachers, people, everybody=everybody)(images, torch.tensor([0, 1, 1, 2]))
        assert taught is not None
        return dict(zip(taught.position.tolist(), taught.target[:, 0].tolist(), strict=True))

    assert said([teacher(1)], everybody=False) == {0: 1, 3: 1}
    assert said([teacher(1)], everybody=True) == {0: 1, 1: 1, 2: 1, 3: 1}
    assert said([teacher(1), teacher(2)], everybody=False) == {0: 1, 1: 2, 2: 2, 3: 1}
    assert Teachers([], people, everybody=True)(images, torch.tensor([0, 1, 1, 2])) is None


def test_a_mix_decides_the_batch() -> None:
    recipe = preset("places", "osnet_x0_25")
    assert adjusted(recipe, mix=(3, 1), epochs=2).batch_size == 16
    with pytest.raises(ConfigError, match="leave out one"):
        adjusted(recipe, mix=(3, 1), batch_size=64)
    with pytest.raises(ConfigError, match="--preset places"):
        adjusted(preset("growing", "osnet_x0_25"), mix=(3, 1))


@pytest.mark.parametrize(
    ("name", "arch", "rate", "batch", "epochs", "steps"),
    [
        ("scratch-sgd", "osnet_x1_0", 0.065, 64, 350, (150, 225, 300)),
        ("amsgrad-step", "osnet_x1_0", 0.0015, 64, 150, (60, 120)),
        ("amsgrad-step", "osnet_x0_75", 0.0015, 64, 150, (60, 120)),
        ("amsgrad-step", "osnet_x0_5", 0.003, 128, 180, (80, 160)),
        ("amsgrad-step", "osnet_x0_25", 0.003, 128, 180, (80, 160)),
        ("amsgrad-cosine", "osnet_x1_0", 0.0015, 64, 250, ()),
    ],
)
def test_presets_are_the_published_ones(
    name: str, arch: str, rate: float, batch: int, epochs: int, steps: tuple[int, ...]
) -> None:
    recipe = preset(name, arch)
    assert (recipe.rate, recipe.batch_size, recipe.epochs) == (rate, batch, epochs)
    assert recipe.steps == steps
    assert recipe.frozen == (0 if name == "scratch-sgd" else 10)
    assert (recipe.weight_decay, recipe.smoothing) == (5e-4, 0.1)


def test_an_unknown_preset_is_told() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'amsgrad-step'"):
        preset("amsgrad-stp", "osnet_x1_0")


@pytest.mark.parametrize("name", PRESETS)
def test_rates_rise_and_fall(name: str) -> None:
    recipe = preset(name, "osnet_x0_25")
    rates = [rate_at(recipe, e) for e in np.linspace(0, recipe.epochs, 500)]
    assert max(rates) <= recipe.rate
    assert rates[-1] <= 0.011 * recipe.rate


def test_cosine_is_half_way_down_in_the_middle() -> None:
    recipe = preset("amsgrad-cosine", "osnet_x1_0")
    assert rate_at(recipe, 125) == pytest.approx(recipe.rate / 2)


def test_pictures_grow() -> None:
    recipe = replace(preset("growing", "osnet_x0_25"), epochs=100)
    sizes = [size_at(recipe, epoch, (192, 96)) for epoch in (0, 69, 70, 99)]
    assert sizes == [(128, 64), (128, 64), (192, 96), (192, 96)]


def test_prepare_equals_what_tracking_does() -> None:
    expected = normalise(np.stack([portrait(p, 0) for p in range(4)]), Preprocessing())
    assert np.allclose(prepare(pixels(), (64, 32)).numpy(), expected, atol=1e-5)


def test_without_chances_nothing_changes() -> None:
    calm = Augmentation(flip=0)
    assert torch.allclose(
        augment(pixels(), (64, 32), calm, chance()), prepare(pixels(), (64, 32)), atol=1e-4
    )


def test_a_flip_mirrors() -> None:
    mirrored = augment(pixels(), (64, 32), Augmentation(flip=1), chance())
    assert torch.allclose(mirrored, prepare(pixels().flip(3), (64, 32)), atol=1e-4)


def test_changes_depend_on_the_generator_alone() -> None:
    everything = Augmentation(0.5, 0.5, 0.5, 0.5, 0.2, 0.2, 0.2, 0.1, 0.1, 0.5, 0.5, 0.5)
    first, again, other = (
        augment(pixels(), (48, 24), everything, chance(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.shape == (4, 3, 48, 24)


def test_erasing_hides_a_share_with_the_published_constants() -> None:
    images = augment(pixels(64), (64, 32), Augmentation(flip=0, erase=1), chance())
    fill = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    hidden = (images == fill).all(dim=1).float().mean(dim=(1, 2))
    assert ((hidden > 0.01) & (hidden < 0.45)).all()


def test_a_cut_shows_an_enlarged_part() -> None:
    ramp = torch.arange(0, 240, 4, dtype=torch.uint8)[:, None].expand(60, 30)
    whole = ramp.expand(20, 3, 60, 30)
    images = augment(whole, (60, 30), Augmentation(flip=0, partial=1), chance())
    lowest = images[:, 0, -1].mean(dim=1)
    full = prepare(whole, (60, 30))[:, 0, -1].mean(dim=1)
    assert (lowest < full - 0.05).any()  # the feet are out of the picture
    assert torch.allclose(images[:, 0, 0], prepare(whole, (60, 30))[:, 0, 0], atol=0.1)


def test_somebody_else_covers_one_side() -> None:
    people = torch.arange(10, 210, 20, dtype=torch.uint8)[:, None, None, None]
    people = people.expand(10, 3, 8, 20)
    images = augment(people, (8, 20), Augmentation(flip=0, occlude=1), chance())
    for image, own in zip(images, prepare(people, (8, 20)), strict=True):
        other = ~torch.isclose(image, own, atol=1e-3).all(dim=0)[0]
        assert 0 <= int(other.sum()) <= 9
        assert other.any() == (other[0] or other[-1])
        assert not (other[0] and other[-1])
    assert not torch.allclose(images, prepare(people, (8, 20)), atol=1e-3)


def test_a_tint_changes_the_channels_apart() -> None:
    grey = torch.full((8, 3, 4, 4), 100, dtype=torch.uint8)
    images = augment(grey, (4, 4), Augmentation(flip=0, tint=0.2), chance())
    shade = (images - prepare(grey, (4, 4)))[:, :, 0, 0]
    assert shade.std(dim=1).min() > 0.01


def test_colours_of_grey_pictures_do_not_turn() -> None:
    grey = torch.full((2, 3, 8, 8), 100, dtype=torch.uint8)
    turned = augment(grey, (8, 8), Augmentation(flip=0, hue=0.5), chance())
    assert torch.allclose(turned, prepare(grey, (8, 8)), atol=1e-4)


def test_the_average_forgets_the_random_start() -> None:
    model = torch.nn.Linear(2, 2, bias=False)
    average = Average(model, keep=0.99)
    torch.nn.init.constant_(model.weight, 3.0)
    for step in range(1, 400):
        average.update(model, step)
    assert torch.allclose(average.state["weight"], torch.full((2, 2), 3.0), atol=0.1)
    assert math.isfinite(float(average.state["weight"].sum()))
