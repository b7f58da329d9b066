"""What a training leaves behind: the weights and a card that says what they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from tracker import __version__
from tracker.core.atomic import replacing
from tracker.models.locate import sha256_of
from tracker.models.registry import Preprocessing
from tracker.training.card import write_card


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """The data of a training, without the folders it lay in.

    Attributes:
        sources: Names of the folders or archives.
        people: Learned identities.
        pictures: Their pictures.
        kept_back: Identities kept for validation.
    """

    sources: Sequence[str]
    people: int
    pictures: int
    kept_back: int


def write_model(
    folder: Path, arch: str, state: dict[str, torch.Tensor], facts: dict[str, Any]
) -> Path:
    """Write ``<arch>.safetensors`` with its card as ``.json`` and ``.md``.

    Args:
        folder: Where to.
        arch: Name of the variant.
        state: Weights without the classifier.
        facts: What the card says: training data, recipe, scores, size.

    Returns:
        The path of the weights.

    Raises:
        OutputError: A file cannot be written.
    """
    path = folder / f"{arch}.safetensors"
    with replacing(path) as temporary:
        temporary.write_bytes(save(state, {"architecture": arch}))
    card = {"architecture": arch, "file": path.name, "sha256": sha256_of(path)} | facts
    card |= {"reid_track": __version__, "torch": torch.__version__}
    write_card(
        path,
        card,
        f"{arch}, a person re-identification network",
        "Maps a picture of a person (RGB, normalised) to 512 values; the cosine between two "
        "pictures says how alike the people look. Trained with `reid-track train reid`.",
    )
    return path


def preprocessing_facts(size: tuple[int, int]) -> dict[str, Any]:
    """Describe the input as the manifest of models does."""
    usual = Preprocessing(*size)
    return {
        "height": usual.height,
        "width": usual.width,
        "mean": list(usual.mean),
        "std": list(usual.std),
    }
