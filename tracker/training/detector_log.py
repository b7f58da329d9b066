"""What a detector's training leaves behind: its history, the model and the model's card."""

from pathlib import Path
from typing import Any

import torch

from tracker import __version__
from tracker.core.atomic import replacing
from tracker.models.locate import sha256_of
from tracker.training.card import write_card
from tracker.training.reid_log import Panels, TrainingLog

TERMS = ("box_loss", "cls_loss", "dfl_loss", "teacher_cls", "teacher_box", "teacher_feat")
SCORES = {
    "metrics/precision(B)": "val_precision",
    "metrics/recall(B)": "val_recall",
    "metrics/mAP50(B)": "val_AP50",
    "metrics/mAP50-95(B)": "val_AP50-95",
}
COLUMNS = ("epoch", "share", "rate", "size", *TERMS, "pictures_per_s", "seconds", *SCORES.values())
PANELS: Panels = (
    ("loss", TERMS),
    ("learning rate", ("rate",)),
    ("score", tuple(SCORES.values())),
)


def open_log(folder: Path) -> TrainingLog:
    """Return the log of a detector's training."""
    return TrainingLog(folder, COLUMNS, PANELS)


def named_scores(metrics: dict[str, float] | None) -> dict[str, float]:
    """Translate Ultralytics' names of validation scores."""
    found = metrics or {}
    return {ours: float(found[its]) for its, ours in SCORES.items() if its in found}


def write_detector(checkpoint: Path, path: Path, facts: dict[str, Any]) -> None:
    """Copy a finished checkpoint to its name, with its card as ``.json`` and ``.md``.

    Raises:
        OutputError: A file cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(checkpoint.read_bytes())
    card = {"architecture": path.stem, "file": path.name, "sha256": sha256_of(path)} | facts
    card |= {"reid_track": __version__, "torch": torch.__version__}
    write_card(
        path,
        card,
        f"{path.stem}, a person detector",
        "Finds people in a picture: boxes with scores, one class. Trained with "
        "`reid-track train detector`; `--detector PATH` uses it.",
    )
