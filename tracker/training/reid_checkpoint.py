"""Save and load the whole state of a training, so that it goes on as if never stopped."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from tracker.core.atomic import replacing
from tracker.core.errors import WeightsError
from tracker.training.reid_recipe import Recipe

FILE = "checkpoint.pt"
FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """A training between two steps.

    All chance is drawn from the seed, the epoch and the step, so that there is no state of a
    random number generator to keep beside PyTorch's own.
    """

    epoch: int  # the one at hand, from 0
    step: int  # steps of it that are done
    steps: int  # steps done in all epochs
    model: dict[str, torch.Tensor]  # state dict with the classifier
    optimizer: dict[str, Any]  # state dict
    average: dict[str, torch.Tensor]  # averaged weights; empty where the recipe averages nothing
    scaler: dict[str, Any]  # state of the loss scaling of 16-bit floats; empty without
    random: torch.Tensor  # state of PyTorch's default generator
    history: list[dict[str, float]]  # one row per finished epoch
    # what must be the same on resuming: recipe, network, size, seed, people
    identity: dict[str, Any]


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write it under a temporary name first, so that there is always a whole one.

    Raises:
        OutputError: It cannot be written.
    """
    content = {name: getattr(checkpoint, name) for name in Checkpoint.__dataclass_fields__}
    with replacing(path) as temporary:
        torch.save({"format": FORMAT, **content}, temporary)


def load_checkpoint(path: Path, identity: dict[str, Any]) -> Checkpoint:
    """Read it back and check that it belongs to this training.

    The number of epochs may differ: the rates then follow the new number from here on.

    Raises:
        WeightsError: Unreadable, of another format, or of another training.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a damaged or unsafe file
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        raise WeightsError(
            f"cannot resume from {path}: {first_line}. Start anew without --resume"
        ) from error
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise WeightsError(f"{path} is no training checkpoint of format {FORMAT}")
    for name, wanted in identity.items():
        found = content["identity"].get(name)
        if found != wanted and name != "epochs":
            raise WeightsError(
                f"cannot resume from {path}: its {name} is {found}, not {wanted}. Give the same "
                "options as before, or start anew without --resume in another --out"
            )
    return Checkpoint(**content)


def identity_of(recipe: Recipe, **others: Any) -> dict[str, Any]:
    """Return what makes a training this one, in plain types that load safely."""
    values = asdict(recipe)
    return {
        **{k: _plain(v) for k, v in values.items()},
        **{k: _plain(v) for k, v in others.items()},
    }


def _plain(value: Any) -> Any:
    return [_plain(v) for v in value] if isinstance(value, tuple | list) else value
