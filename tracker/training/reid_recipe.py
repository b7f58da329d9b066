"""What a training of a ReID network does, as data: named presets and their rates.

Sources: the configurations published with OSNet (scratch SGD, AMSGrad with steps, AMSGrad with
cosine), and one of this project for a CPU, where pictures enter small and grow.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tracker.core.errors import ConfigError, suggestion
from tracker.models.locate import LocatedModel


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Random changes of a picture, in the order in which they happen."""

    flip: float = 0.5  # probability of mirroring
    crop: float = 0.0  # probability of a crop that shows 1 / 1.125 of height and width
    loose: float = 0.0  # probability of showing up to 15 % more than the picture, as loose boxes do
    coarse: float = 0.0  # probability of losing detail, down to a third of the pixels each way
    brightness: float = 0.0  # largest relative change, likewise contrast and saturation
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0  # largest turn of the colour circle, in turns
    tint: float = 0.0  # largest relative change of each colour channel; the gamma changes likewise
    partial: float = 0.0  # probability of seeing only the upper half or more, or of a missing side
    occlude: float = 0.0  # probability of another picture's person standing before one side
    erase: float = 0.0  # probability of hiding a rectangle of 2 to 40 % of the picture


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole training."""

    # ``sgd`` with momentum 0.9, ``adam`` or ``amsgrad``
    optimizer: Literal["sgd", "adam", "amsgrad"]
    rate: float  # learning rate after the warm-up
    # ``step`` multiplies by 0.1 at `steps`; ``cosine`` falls to 0
    schedule: Literal["step", "cosine"]
    epochs: int
    batch_size: int
    steps: tuple[int, ...] = ()  # epochs of a step schedule, as published for `epochs` epochs
    warmup: float = 0.0  # epochs over which the rate rises from a hundredth
    frozen: int = 0  # first epochs in which only the classifier learns (for given initial weights)
    weight_decay: float = 5e-4
    smoothing: float = 0.1
    images_per_person: int = 0  # K of the identity sampler; 0 samples all pictures at random
    triplet: float = 0.0  # weight of the batch-hard triplet loss beside the cross-entropy
    margin: float = 0.3  # of the triplet loss
    # whether the triplet loss sees embeddings scaled to length 1, as cosine does
    unit_length: bool = False
    # (share of the epochs, share of the size) until which pictures are smaller
    growth: tuple[tuple[float, float], ...] = ()
    ema: float = 0.0  # share of the averaged weights kept in each step; 0 averages nothing
    # people in each batch from each source; empty takes all people of all sources alike
    mix: tuple[int, ...] = ()
    # weight of the loss against another network's embeddings, where one is given
    teacher: float = 2.0
    # Whose pictures the teacher looks at: everybody's, or only those of people whom a single
    # camera saw. The labels of the others know better than it what cameras change.
    taught: Literal["everybody", "one camera"] = "everybody"
    augmentation: Augmentation = Augmentation()


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """A training as the user asked for it."""

    data: Sequence[Path]  # folders or archives
    arch: str  # name of the variant
    size: tuple[int, int]  # (height, width)
    out: Path  # existing folder for all files
    seed: int = 1  # of all chance
    val_ids: int = 0  # people kept back to validate
    val_every: int = 1  # epochs between validations
    precision: str = "auto"  # ``auto``, ``fp32``, ``bf16`` or ``fp16``
    weights: Path | None = None  # OSNet checkpoint to begin with, or None
    split: int = 0  # which split of a data set that has several
    combine_all: bool = False  # whether the people of the test parts are learned too
    teachers: Sequence[LocatedModel] = ()  # other networks to learn from, at most two
    hours: float | None = None  # wall time after which it is over, or None: the epochs count


def _is_slim(arch: str) -> bool:
    """Tell the widths with fewer weights, which stand higher rates and larger batches."""
    return arch.endswith(("x0_5", "x0_25"))


def _scratch_sgd(_arch: str) -> Recipe:
    augmentation = Augmentation(crop=0.5, erase=0.5)
    return Recipe("sgd", 0.065, "step", 350, 64, (150, 225, 300), augmentation=augmentation)


def _amsgrad_step(arch: str) -> Recipe:
    if _is_slim(arch):
        return Recipe("amsgrad", 0.003, "step", 180, 128, (80, 160), frozen=10)
    return Recipe("amsgrad", 0.0015, "step", 150, 64, (60, 120), frozen=10)


def _amsgrad_cosine(arch: str) -> Recipe:
    rate, batch = (0.003, 128) if _is_slim(arch) else (0.0015, 64)
    augmentation = Augmentation(erase=0.5)
    return Recipe("amsgrad", rate, "cosine", 250, batch, frozen=10, augmentation=augmentation)


def _amsgrad_triplet(_arch: str) -> Recipe:
    augmentation = Augmentation(crop=0.5, erase=0.5)
    return Recipe(
        "amsgrad", 0.0015, "cosine", 250, 64, frozen=10, images_per_person=4, triplet=0.5,
        augmentation=augmentation,
    )  # fmt: skip


def _growing(arch: str) -> Recipe:
    augmentation = Augmentation(
        crop=0.5, loose=0.2, coarse=0.1, brightness=0.2, contrast=0.15, saturation=0.15, hue=0.01,
        erase=0.3,
    )  # fmt: skip
    return Recipe(
        "adam", 0.002 if _is_slim(arch) else 0.001, "cosine", 60, 64, warmup=0.5,
        growth=((0.7, 2 / 3),), ema=0.995, augmentation=augmentation,
    )  # fmt: skip


def _tuning(arch: str) -> Recipe:
    """Return a short second stage for trained weights: by person, with the triplet loss."""
    return replace(
        _growing(arch), rate=5e-4, epochs=8, batch_size=128, warmup=0.3, frozen=2,
        images_per_person=4, triplet=1.0, unit_length=True, growth=(),
    )  # fmt: skip


def _places(arch: str) -> Recipe:
    """Return a long second stage for footage of other places: several sources and a teacher."""
    augmentation = Augmentation(
        crop=0.5, loose=0.2, coarse=0.15, brightness=0.2, contrast=0.2, saturation=0.25, hue=0.015,
        tint=0.1, partial=0.25, occlude=0.2, erase=0.2,
    )  # fmt: skip
    return replace(
        _tuning(arch), rate=0.0015, epochs=24, frozen=0, growth=((0.6, 2 / 3),), ema=0.998,
        taught="one camera", augmentation=augmentation,
    )  # fmt: skip


PRESETS: dict[str, Callable[[str], Recipe]] = {
    "scratch-sgd": _scratch_sgd,
    "amsgrad-step": _amsgrad_step,
    "amsgrad-cosine": _amsgrad_cosine,
    "amsgrad-triplet": _amsgrad_triplet,
    "growing": _growing,
    "tuning": _tuning,
    "places": _places,
}


def preset(name: str, arch: str) -> Recipe:
    """Return a named recipe with the values for the width of `arch`.

    Raises:
        ConfigError: No preset has that name.
    """
    if name not in PRESETS:
        raise ConfigError(
            f"--preset '{name}' is unknown.{suggestion(name, PRESETS)} "
            f"Known are: {', '.join(PRESETS)}"
        )
    return PRESETS[name](arch)


def adjusted(  # noqa: PLR0913 - one for each option
    recipe: Recipe, *, epochs: int | None = None, batch_size: int | None = None,
    rate: float | None = None, mix: tuple[int, ...] = (), from_scratch: bool = False,
    grow: bool = True,
) -> Recipe:  # fmt: skip
    """Return a recipe with what the user set instead; None and an empty mix keep its own.

    A mix decides the size of the batch; without `grow` pictures have full size from the start. A
    body of random weights must learn from the first step on, so that nothing is frozen then.

    Raises:
        ConfigError: A mix for a recipe without batches by person, or beside another batch size.
    """
    people = recipe.images_per_person
    if mix and not people:
        raise ConfigError(
            "--mix counts people, but this preset samples pictures; use --preset places or tuning"
        )
    if mix and batch_size not in (None, sum(mix) * people):
        raise ConfigError(
            f"--batch-size {batch_size} contradicts --mix: {sum(mix)} people x {people} pictures "
            f"are {sum(mix) * people}; leave out one of them"
        )
    size = sum(mix) * people if mix else batch_size or recipe.batch_size
    return replace(
        recipe, epochs=epochs or recipe.epochs, batch_size=size, rate=rate or recipe.rate,
        mix=mix or recipe.mix, frozen=0 if from_scratch else recipe.frozen,
        growth=recipe.growth if grow else (),
    )  # fmt: skip


def rate_at(recipe: Recipe, epoch: float) -> float:
    """Return the learning rate at a time in epochs; a cosine falls step by step, not by epochs.

    >>> sgd = preset("scratch-sgd", "osnet_x1_0")
    >>> [round(rate_at(sgd, e), 6) for e in (0, 150, 349)]
    [0.065, 0.0065, 6.5e-05]
    """
    if epoch < recipe.warmup:
        return recipe.rate * max(epoch / recipe.warmup, 0.01)
    if recipe.schedule == "step":
        passed = sum(epoch >= step for step in recipe.steps)
        return float(recipe.rate * 0.1**passed)
    return recipe.rate * (1 + math.cos(math.pi * min(epoch / recipe.epochs, 1))) / 2


def size_at(recipe: Recipe, epoch: int, full: tuple[int, int]) -> tuple[int, int]:
    """Return the (height, width) of an epoch; parts of the full size are rounded to 16 pixels.

    >>> size_at(preset("growing", "osnet_x0_25"), 0, (192, 96))
    (128, 64)
    """
    for until, share in recipe.growth:
        if epoch < until * recipe.epochs:
            height, width = (max(round(side * share / 16), 1) * 16 for side in full)
            return height, width
    return full
