"""The loss of a detector's training: labels, and a teacher's dense outputs where there is one."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tracker.datasets.person_boxes import IGNORED

BINS = 16  # of each box side's distribution, as all YOLOv8 and YOLO11 networks have
LEAST_TEACHER_SCORE = 0.05  # below it a teacher's box says nothing
CLASS_GAIN = 0.5  # Ultralytics' own gain for classes, taken for the teacher's scores too
SIDES_GAIN = 3.0  # measured against the other terms: of their size after the first epoch
FEATURES_GAIN = 2.0
NOBODY = -20.0  # logit of a score that costs nothing where the label says nobody


class DetectorLoss:
    """Ultralytics' criterion in full precision, plus the difference from a teacher's outputs.

    A batch may hold the teacher's outputs under "teacher" (`Teacher`); without them this is
    the criterion alone. In bfloat16 a box could only lie on quarters of a cell, so everything is
    converted to float32 first.
    """

    def __init__(self, criterion: Any) -> None:
        self._criterion = criterion

    def __call__(
        self, preds: dict[str, Any], batch: dict[str, Any]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Give the loss terms, times the batch size as Ultralytics has them, and their values."""
        with torch.autocast(preds["scores"].device.type, enabled=False):
            preds = full_precision(preds)
            loss, items = self._criterion(*without_ignored(preds, batch))
            if "teacher" in batch:
                dense = distance(preds, full_precision(batch["teacher"]))
                loss = torch.cat([loss, torch.stack(list(dense.values())) * len(preds["scores"])])
                items = items | {name: value.detach() for name, value in dense.items()}
        return loss, items


def without_ignored(
    preds: dict[str, Any], batch: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take out the boxes to ignore, and the scores of the places that lie only in those.

    Args:
        preds: Outputs of a detection head, "scores" (B, 1, A).
        batch: "batch_idx" (N,), "cls" (N, 1) and "bboxes" (N, 4), centre x, y, width, height as
            shares of the picture's sides; class `IGNORED` is to be ignored.

    Returns:
        `preds` with scores that neither cost nor teach anything there, and the people alone.
    """
    people = batch["cls"].view(-1) != IGNORED
    if people.all():
        return preds, batch
    kept = {name: batch[name][people] for name in ("batch_idx", "cls", "bboxes")}
    x, y = _places(preds["feats"]).unbind(1)

    def covered(chosen: Tensor) -> Tensor:
        result = torch.zeros_like(preds["scores"], dtype=torch.bool)
        for picture, box in zip(batch["batch_idx"][chosen], batch["bboxes"][chosen], strict=True):
            across = (x - box[0]).abs() <= box[2] / 2
            result[int(picture), 0] |= across & ((y - box[1]).abs() <= box[3] / 2)
        return result

    silent = covered(~people) & ~covered(people)
    return preds | {"scores": preds["scores"].masked_fill(silent, NOBODY)}, batch | kept


def _places(feats: list[Tensor]) -> Tensor:
    """Return the centres (A, 2) of all cells, x and y as shares of the picture's sides."""
    grids = []
    for level in feats:
        rows, columns = ((torch.arange(n, device=level.device) + 0.5) / n for n in level.shape[2:])
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        grids.append(torch.stack([x.flatten(), y.flatten()], 1))
    return torch.cat(grids)


def full_precision(outputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs of a detection head in float32."""
    return {
        "boxes": outputs["boxes"].float(),
        "scores": outputs["scores"].float(),
        "feats": [level.float() for level in outputs["feats"]],
    }


def distance(student: dict[str, Any], teacher: dict[str, Any]) -> dict[str, Tensor]:
    """How far a student's outputs are from a teacher's on the same pictures.

    Args:
        student: "boxes" (B, 64, A) logits of the sides' distributions, "scores" (B, 1, A) logits,
            "feats" the three feature maps (B, C, H, W) that the head reads.
        teacher: The same; its "scores" are logits of the one class that counts.

    Returns:
        Scalars: `teacher_cls`, `teacher_box`, and `teacher_feat` if the feature maps agree.
    """
    wanted = teacher["scores"].sigmoid()
    classes = functional.binary_cross_entropy_with_logits(
        student["scores"], wanted, reduction="none"
    )
    terms = {"teacher_cls": CLASS_GAIN * classes.sum() / wanted.sum().clamp(min=1)}
    batch, _, places = wanted.shape
    weight = wanted[:, 0] * (wanted[:, 0] > LEAST_TEACHER_SCORE)
    chosen = weight > 0
    own = student["boxes"].view(batch, 4, BINS, places).permute(0, 3, 1, 2)[chosen]
    his = teacher["boxes"].view(batch, 4, BINS, places).permute(0, 3, 1, 2)[chosen]
    gap = functional.kl_div(own.log_softmax(-1), his.softmax(-1), reduction="none")
    sides = (gap.sum(-1).mean(-1) * weight[chosen]).sum() / weight.sum().clamp(min=1)
    terms["teacher_box"] = SIDES_GAIN * sides
    pairs = list(zip(student["feats"], teacher["feats"], strict=True))
    if all(a.shape == b.shape for a, b in pairs):
        gaps = [(a - b).pow(2).mean() / b.var() for a, b in pairs]
        terms["teacher_feat"] = FEATURES_GAIN * torch.stack(gaps).mean()
    return terms
