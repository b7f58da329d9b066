"""What a training leaves behind: a model, and the card that says what it is."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from tracker import __version__
from tracker.core.atomic import replacing
from tracker.models.locate import sha256_of


def write_reid(
    folder: Path, arch: str, state: dict[str, torch.Tensor], facts: dict[str, Any]
) -> Path:
    """Write ``<arch>.safetensors`` with its card as ``.json`` and ``.md``.

    Args:
        folder: Where to.
        arch: Name of the variant.
        state: Weights without the classifier.
        facts: What the card says: training data, recipe, scores, preprocessing.

    Returns:
        The path of the weights.

    Raises:
        OutputError: A file cannot be written.
    """
    path = folder / f"{arch}.safetensors"
    with replacing(path) as temporary:
        temporary.write_bytes(save(state, {"architecture": arch}))
    _write_card(
        path, facts, "a person re-identification network",
        "Maps a picture of a person (RGB, normalised) to 512 values; the cosine between two "
        "pictures says how alike the people look. Trained with `reid-track train reid`.",
    )  # fmt: skip
    return path


def write_detector(checkpoint: Path, path: Path, facts: dict[str, Any]) -> None:
    """Copy a finished checkpoint to its name, with its card as ``.json`` and ``.md``.

    Raises:
        OutputError: A file cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(checkpoint.read_bytes())
    _write_card(
        path, facts, "a person detector",
        "Finds people in a picture: boxes with scores, one class. Trained with "
        "`reid-track train detector`; `--detector PATH` uses it.",
    )  # fmt: skip


def _write_card(model: Path, facts: dict[str, Any], kind: str, purpose: str) -> None:
    card = {"architecture": model.stem, "file": model.name, "sha256": sha256_of(model)} | facts
    card |= {"reid_track": __version__, "torch": torch.__version__}
    rows = "\n".join(f"| {name} | {_cell(value)} |" for name, value in card.items())
    heading = f"# {model.stem}, {kind}"
    text = f"{heading}\n\n{purpose}\n\n| fact | value |\n|---|---|\n{rows}\n"
    for ending, content in ((".json", json.dumps(card, indent=1) + "\n"), (".md", text)):
        with replacing(model.with_suffix(ending)) as temporary:
            temporary.write_text(content, encoding="utf-8")


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_cell(v)}" for k, v in value.items())
    if isinstance(value, float):
        return f"{value:.4g}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
