"""From what the user typed to a verified model on disk; nothing here uses the network."""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import platformdirs

from tracker.core.config import USUAL_COSINE_DISTANCE
from tracker.core.errors import ConfigError, SourceError, WeightsError, suggestion
from tracker.core.foreign import MOST_SETTINGS_BYTES, read_text, understanding
from tracker.models.registry import (
    Detecting,
    ModelCard,
    Preprocessing,
    Task,
    card,
    manifest,
    packaged_weights,
    read_detecting,
    read_max_cosine_distance,
    read_preprocessing,
)

AUTO = "auto"
WEIGHTS_VARIABLE = "REID_TRACK_WEIGHTS"
_FOLDER_ENDING = "_openvino_model"
_PATH_ENDINGS = (".pt", ".pth", ".onnx", ".safetensors", ".tar", ".xml", _FOLDER_ENDING)


@dataclass(frozen=True, slots=True)
class LocatedModel:
    """A model that lies on this machine and is what it claims to be."""

    name: str
    path: Path
    # of the file; of a folder, over the names, sizes and contents of its files in order
    sha256: str
    # from the model's card, else the convention of OSNet checkpoints
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    # how a detector is best used, from its card
    detecting: Detecting = field(default_factory=Detecting)
    # of looks of one person by a ReID model, from its card
    max_cosine_distance: float = USUAL_COSINE_DISTANCE


def weights_folders() -> list[Path]:
    """Return the folders where models are looked for, first to last; some may not exist."""
    named = os.environ.get(WEIGHTS_VARIABLE)
    first = [Path(named)] if named else []
    return [*first, Path("weights"), packaged_weights(), user_cache()]


def user_cache() -> Path:
    """Return the folder that fetched models go to."""
    return Path(platformdirs.user_cache_dir("reid-track")) / "weights"


def installed_file(model: ModelCard) -> Path | None:
    """Return the first file or OpenVINO folder of that name in the weights folders, unverified."""
    exists = Path.is_dir if model.file.endswith(_FOLDER_ENDING) else Path.is_file
    candidates = (folder / model.file for folder in weights_folders())
    return next((path for path in candidates if exists(path)), None)


def find_model(wanted: str, task: Task) -> LocatedModel | ModelCard:
    """Find the model for ``--detector`` or ``--reid``.

    Args:
        wanted: A path, a name of the manifest, or ``auto`` for the best one installed.
        task: What the model must do.

    Returns:
        The verified model, or its card when it is known by name but not installed.

    Raises:
        ConfigError: A name that nobody knows.
        WeightsError: A path without a file, an altered file, or nothing installed for ``auto``.
    """
    if wanted == AUTO:
        return _best_installed(task)
    named = _path_of(wanted)
    if named is not None and (Path(wanted).exists() or wanted not in _published_files()):
        return _user_model(named)
    if _looks_like_path(wanted) and wanted not in _published_files():
        raise WeightsError(
            f"no model file at '{wanted}'.{suggestion(wanted, _neighbours(Path(wanted)))} "
            "Give an existing file or one of the names of 'reid-track weights list'"
        )
    model = card(wanted, task)
    path = installed_file(model)
    return model if path is None else verified(model, path)


def verified(model: ModelCard, path: Path) -> LocatedModel:
    """Check a file against its card.

    Raises:
        WeightsError: The file is not the published one.
    """
    found = sha256_of(path)
    if found != model.sha256:
        raise WeightsError(
            f"{path} is not the published {model.name}: its sha256 is {found}, not "
            f"{model.sha256}. Remove it and run 'reid-track weights fetch {model.name}'"
        )
    return LocatedModel(
        model.name, path, found, model.preprocessing, model.detecting, model.max_cosine_distance
    )


def sha256_of(path: Path) -> str:
    """Hash a file, or a folder over the names, sizes and contents of its files, sorted."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        if file != path:
            name = file.relative_to(path).as_posix()
            digest.update(f"{name}\0{file.stat().st_size}\0".encode())  # where each file begins
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _best_installed(task: Task) -> LocatedModel:
    usable = [c for c in manifest().values() if c.task == task and c.rank > 0]
    for model in sorted(usable, key=lambda c: -c.rank):
        path = installed_file(model)
        if path is not None:
            return verified(model, path)
    option = "--detector" if task == "detect" else "--reid"
    names = ", ".join(c.name for c in usable)
    other = " or track by motion alone with --reid none" if task == "reid" else ""
    raise WeightsError(
        f"{option} auto found no installed model. Run 'reid-track weights fetch "
        f"{usable[0].name}' (known: {names}), give a path with {option},{other} "
        f"or put a model into one of: {', '.join(map(str, weights_folders()))}"
    )


def _user_model(path: Path) -> LocatedModel:
    """Trust a path that the user gave; the hash goes into the results so that it can be checked."""
    if path.is_dir() and not any(path.glob("*.xml")):
        raise ConfigError(
            f"'{path}' is a folder without an OpenVINO model (.xml and .bin); give a model file"
        )
    found = sha256_of(path)
    own = _own_card(path, found)
    published = next((c for c in manifest().values() if c.sha256 == found), None)
    if published is not None and not own:  # by its path it is used as by its name
        return replace(verified(published, path), name=path.name, path=path.resolve())
    try:
        preprocessing = read_preprocessing(own["preprocessing"])
    except (KeyError, TypeError, ValueError, OverflowError):
        preprocessing = Preprocessing()  # the convention of OSNet checkpoints
    return LocatedModel(
        path.name, path.resolve(), found, preprocessing, read_detecting(own),
        read_max_cosine_distance(own),
    )  # fmt: skip


def _own_card(path: Path, sha256: str) -> dict[str, Any]:
    """Read the card that a training or export wrote beside a model, if it is of this very file.

    A network scores far below its worth on pictures of a size that it did not learn on.
    """
    file = path.with_suffix(".json")
    with suppress(SourceError), understanding(file, "card"):
        content = json.loads(read_text(file, "card", MOST_SETTINGS_BYTES))
        if isinstance(content, dict) and content.get("sha256") == sha256:
            return content
    return {}


def _path_of(wanted: str) -> Path | None:
    """Return the file or folder of that path, or of that bare name in a weights folder."""
    places = [Path(wanted)]
    if Path(wanted).name == wanted and _looks_like_path(wanted):
        places += [folder / wanted for folder in weights_folders()]
    return next((place for place in places if place.exists()), None)


def _published_files() -> set[str]:
    return {c.file for c in manifest().values()}


def _looks_like_path(wanted: str) -> bool:
    return os.sep in wanted or wanted.endswith(_PATH_ENDINGS)


def _neighbours(path: Path) -> list[str]:
    return [str(p) for p in path.parent.iterdir()] if path.parent.is_dir() else []
