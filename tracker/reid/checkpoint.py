"""Read OSNet checkpoints of any origin, strictly: every weight in its place, or an error."""

import warnings
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from tracker.core.errors import WeightsError
from tracker.reid.osnet import VARIANTS, OSNet, build_osnet
from tracker.reid.osnet_config import KNOWN

StateDict = dict[str, torch.Tensor]
KEYS_SHOWN = 5
BATCHES = "num_batches_tracked"


def load_osnet(path: Path) -> OSNet:
    """Build the OSNet variant that a checkpoint holds and load it, ready for inference.

    Reads safetensors and PyTorch files (``weights_only=True``), as a bare state dict or under
    the key ``state_dict`` or ``model``, with or without ``module.`` or ``_orig_mod.`` before the
    names; the classifier of the training identities is dropped, and how many batches were seen,
    which old files do not say, is not needed.

    Raises:
        WeightsError: Unreadable, not an OSNet, or with missing or surplus weights.
    """
    state = _strip(_read(path), path)
    variant = guess_variant(state)
    if variant is None:
        raise WeightsError(
            f"{path} is no OSNet checkpoint: {_architecture_hint(state)}. "
            f"Readable are: {', '.join(VARIANTS)}"
        )
    model = build_osnet(variant)
    _check_keys(model.state_dict(), state, path, variant)
    model.load_state_dict(state)
    return model.eval()


def guess_variant(state: StateDict) -> str | None:
    """Name the variant from the tensors' names and shapes; None if it is no OSNet."""
    stem, fc = state.get("conv1.conv.weight"), state.get("fc.0.weight")
    if stem is None or fc is None:
        return None
    shapes = {key: value.shape for key, value in state.items() if not _is_classifier(key)}
    nearest = None
    for name, config in KNOWN.items():
        if config.channels[0] == stem.shape[0] and config.channels[3] == fc.shape[1]:
            wanted = _shapes(name)
            if wanted == shapes:
                return name
            nearest = nearest or _if_same_flavour(name, state)
    return nearest


def _if_same_flavour(name: str, state: StateDict) -> str | None:
    """Return `name` if a checkpoint that fits nothing is most likely a damaged one of it."""
    ain = any(key.startswith("conv2.0.conv2.0.layers") for key in state)
    flavour = "ain" if ain else "ibn" if "conv2.0.IN.weight" in state else "plain"
    return name if KNOWN[name].flavour == flavour else None


@cache
def _shapes(variant: str) -> dict[str, torch.Size]:
    with torch.device("meta"):
        return {key: value.shape for key, value in build_osnet(variant).state_dict().items()}


def _is_classifier(key: str) -> bool:
    return key.startswith("classifier.")


def _read(path: Path) -> Any:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the legacy format of old checkpoints
            with torch.serialization.safe_globals(_numbers()):
                return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"cannot read {path}: {error}") from error
    except Exception as error:  # torch raises many kinds, and advises to load it unsafely
        raise WeightsError(
            f"{path} is not a safe PyTorch checkpoint: it holds more than tensors, or is damaged"
        ) from error


def _numbers() -> list[Any]:
    """Return what NumPy's numbers are made of, as trainings note scores: data and no code."""
    import numpy as np

    scalar = np.float32(0).__reduce__()[0]  # wherever this version of NumPy has it
    homes = ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar")
    kinds = [type(np.dtype(code)) for code in "?bBhHiIqQefd"]
    return [*((scalar, home) for home in homes), np.dtype, *kinds]


def _strip(loaded: Any, path: Path) -> StateDict:
    for key in ("state_dict", "model"):
        if isinstance(loaded, dict) and isinstance(loaded.get(key), dict):
            loaded = loaded[key]
    if not isinstance(loaded, dict) or not loaded:
        raise WeightsError(f"{path} holds {type(loaded).__name__}, not a state dict of tensors")
    bare = {
        str(key).removeprefix("_orig_mod.").removeprefix("module."): value
        for key, value in loaded.items()
    }
    if not all(isinstance(value, torch.Tensor) for value in bare.values()):
        raise WeightsError(f"{path} holds more than tensors where its weights should be")
    batches = [k.removesuffix("running_mean") + BATCHES for k in bare if k.endswith("running_mean")]
    unknown = {k: torch.zeros((), dtype=torch.int64) for k in batches if k not in bare}
    return {k: v for k, v in (bare | unknown).items() if not _is_classifier(k)}


def _check_keys(wanted: StateDict, found: StateDict, path: Path, variant: str) -> None:
    missing = [k for k in wanted if k not in found]
    surplus = [k for k in found if k not in wanted]
    reshaped = [
        f"{k} {tuple(found[k].shape)} instead of {tuple(wanted[k].shape)}"
        for k in wanted
        if k in found and found[k].shape != wanted[k].shape
    ]
    problems = {"missing": missing, "surplus": surplus, "wrong shape": reshaped}
    told = [f"{what}: {_listing(keys)}" for what, keys in problems.items() if keys]
    if told:
        raise WeightsError(f"{path} does not fit {variant}; {'; '.join(told)}")


def _listing(keys: list[str]) -> str:
    more = f" and {len(keys) - KEYS_SHOWN} more" if len(keys) > KEYS_SHOWN else ""
    return f"{', '.join(keys[:KEYS_SHOWN])}{more}"


def _architecture_hint(state: StateDict) -> str:
    keys = sorted(state)
    return f"it has {len(keys)} tensors, the first being {', '.join(keys[:3])}"
