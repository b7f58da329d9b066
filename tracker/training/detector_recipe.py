"""What a detector's training does, as data: what was asked for, rates, sizes of the pictures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STRIDE = 32  # pixels; sides of a network's input are multiples of it


@dataclass(frozen=True, slots=True)
class DetectorRecipe:
    """A whole training; everything is told by its share, 0 to 1, that is done."""

    batch_size: int = 16  # pictures in a step
    rate: float = 0.0015  # largest learning rate of AdamW
    weight_decay: float = 0.02  # of AdamW
    warmup: float = 0.02  # share over which the rate rises from 0; then it falls as a cosine
    last_rate: float = 0.01  # part of the rate that is left at the end
    # (until which share, part of the full side): pictures are smaller before
    growth: tuple[tuple[float, float], ...] = ((0.35, 0.58), (0.8, 0.83))
    mosaic: float = 0.6  # probability that four pictures are put together into one
    mosaic_until: float = 0.85  # share from which on there are only whole pictures
    scale: float = 0.5  # largest relative change of size
    gray: float = 0.1  # probability of losing all colour
    # largest change of hue, likewise saturation and value, as Ultralytics has them
    hue: float = 0.02
    saturation: float = 0.6
    value: float = 0.4


@dataclass(frozen=True, slots=True)
class DetectorRequest:
    """A training as the user asked for it."""

    data: Sequence[str]  # folders, archives and videos
    out: Path  # existing folder for all files
    arch: str = "yolo11n"  # name of the network
    imgsz: int = 384  # side of the pictures in pixels
    epochs: int = 100  # how often all pictures are seen
    hours: float | None = None  # wall time instead of epochs, or None
    teacher: str | None = None  # name or path of a larger detector, or None
    weights: Path | None = None  # checkpoint to begin with, or None for random weights
    validate_every: int = 1  # epochs between validations
    seed: int = 1  # of all chance
    device: str = "cpu"  # PyTorch's name
    precision: str = "auto"  # ``auto``, ``fp32``, ``bf16`` or ``fp16``
    threads: int = 1  # CPU threads


def picture_size(recipe: DetectorRecipe, share: float, full: int) -> int:
    """Return the side of the pictures at a moment, a multiple of 32 pixels.

    >>> [picture_size(DetectorRecipe(), share, 384) for share in (0, 0.5, 0.9)]
    [224, 320, 384]
    """
    for until, part in recipe.growth:
        if share < until:
            return max(round(full * part / STRIDE), 1) * STRIDE
    return full


def rate_share(recipe: DetectorRecipe, share: float) -> float:
    """Return the learning rate at a moment as a part of the largest.

    >>> [round(rate_share(DetectorRecipe(), share), 3) for share in (0.01, 0.02, 0.51, 1)]
    [0.5, 1.0, 0.505, 0.01]
    """
    if share < recipe.warmup:
        return share / recipe.warmup
    passed = (share - recipe.warmup) / (1 - recipe.warmup)
    return recipe.last_rate + (1 - recipe.last_rate) * (1 + math.cos(math.pi * passed)) / 2


def ultralytics_options(recipe: DetectorRecipe) -> dict[str, Any]:
    """Return the recipe in the words of Ultralytics' trainer."""
    return {
        "batch": recipe.batch_size,
        "nbs": recipe.batch_size,  # a step after each batch
        "optimizer": "AdamW",
        "lr0": recipe.rate,
        "momentum": 0.9,
        "weight_decay": recipe.weight_decay,
        "warmup_epochs": 0,  # the rates are ours
        "mosaic": recipe.mosaic,
        "close_mosaic": 0,  # ours too
        "scale": recipe.scale,
        "hsv_h": recipe.hue,
        "hsv_s": recipe.saturation,
        "hsv_v": recipe.value,
    }
