"""The published models that this tool knows, read from ``weights/manifest.json``."""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from tracker.core.config import USUAL_COSINE_DISTANCE
from tracker.core.errors import ConfigError, suggestion

Task = Literal["detect", "reid"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a ReID network wants its crops: RGB, height x width pixels, (x / 255 - mean) / std."""

    height: int = 256
    width: int = 128
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD


@dataclass(frozen=True, slots=True)
class Detecting:
    """How a detector is best used; None is the usual value."""

    imgsz: int | None = None  # side of its input in pixels
    conf: float | None = None  # least score of a detection
    iou: float | None = None  # overlap at which one detection hides another


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One published model."""

    name: str  # what users type after ``--detector`` or ``--reid``
    task: Task
    file: str  # name of the file in a weights folder; an OpenVINO model is a folder itself
    sha256: str  # of that file, in hexadecimal; of a folder see `tracker.models.locate.sha256_of`
    bytes: int | None  # its size, or None where nobody has published it
    url: str  # where it is downloaded; empty for a model that comes with the package
    licence: str
    source: str
    trained_on: str
    architecture: str
    rank: int  # order in which ``auto`` prefers installed models; higher is better, 0 is never
    # ``cpu`` or ``gpu``, where it is the one to fetch for such a machine
    recommended_on: str | None = None
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    detecting: Detecting = field(default_factory=Detecting)  # how a detector is best used
    # of looks of one person by a ReID model, at which they still match
    max_cosine_distance: float = USUAL_COSINE_DISTANCE


def packaged_weights() -> Path:
    """Return the folder of the models that come with the package.

    In an installed wheel it lies inside the package; in a checkout it is ``weights/`` beside it.
    """
    package = Path(__file__).resolve().parent.parent
    inside = package / "weights"
    return inside if inside.is_dir() else package.parent / "weights"


@cache
def manifest() -> dict[str, ModelCard]:
    """Return all cards by name, in the order of the manifest file."""
    text = (packaged_weights() / "manifest.json").read_text(encoding="utf-8")
    cards = [_card(entry) for entry in json.loads(text)["models"]]
    return {card.name: card for card in cards}


def card(name: str, task: Task | None = None) -> ModelCard:
    """Return the card of the model called `name`, which may also be its file name.

    Raises:
        ConfigError: No model (of this task) has that name; the message suggests the nearest.
    """
    known = {c.name: c for c in manifest().values() if task in (None, c.task)}
    by_file = {c.file: c for c in known.values()}
    found = known.get(name) or by_file.get(name)
    if found is None:
        raise ConfigError(
            f"no model is called '{name}'.{suggestion(name, [*known, *by_file])} "
            f"Known are: {', '.join(known)}; a path to a model file works too"
        )
    return found


def recommended(machine: str) -> list[ModelCard]:
    """Return the detector and the ReID model to fetch for a ``cpu`` or a ``gpu``."""
    return [c for c in manifest().values() if c.recommended_on == machine]


def read_preprocessing(entry: dict[str, Any]) -> Preprocessing:
    """Read height, width, mean and std, as the manifest and the cards of trainings tell them.

    Raises:
        KeyError, TypeError: Not all four are there.
    """
    mean, std = tuple(entry["mean"]), tuple(entry["std"])
    return Preprocessing(int(entry["height"]), int(entry["width"]), mean, std)


def read_detecting(entry: dict[str, Any]) -> Detecting:
    """Read imgsz, conf and iou, as far as they are there, from a card."""
    imgsz, conf, iou = (entry.get(name) for name in ("imgsz", "conf", "iou"))
    return Detecting(
        imgsz if type(imgsz) is int else None,
        conf if isinstance(conf, float) else None,
        iou if isinstance(iou, float) else None,
    )


def read_max_cosine_distance(entry: dict[str, Any]) -> float:
    """Read how far looks of one person lie apart, in (0, 1]; the usual where a card is silent."""
    value = entry.get("max_cosine_distance")
    return value if isinstance(value, float) and 0 < value <= 1 else USUAL_COSINE_DISTANCE


def _card(entry: dict[str, Any]) -> ModelCard:
    fields = dict(entry)
    fields["detecting"] = read_detecting(fields)
    for name in ("imgsz", "conf", "iou"):
        fields.pop(name, None)
    fields["max_cosine_distance"] = read_max_cosine_distance(fields)
    if "preprocessing" in fields:
        fields["preprocessing"] = read_preprocessing(fields["preprocessing"])
    return ModelCard(**fields)
