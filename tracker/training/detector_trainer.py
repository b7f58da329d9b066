"""Ultralytics' detection trainer with what a small machine needs.

What differs from its own: bfloat16 on a CPU, channels-last memory, pictures that grow, rates that
follow the steps (or the clock) instead of epochs, a teacher's dense outputs, and a stop that
saves. Networks and checkpoints stay Ultralytics' own, so that whatever reads those reads these.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.torch_utils import unwrap_model

from tracker.core.errors import TrainingError
from tracker.datasets.person_boxes import PERSON
from tracker.training.detector_loss import DetectorLoss
from tracker.training.detector_recipe import (
    DetectorRecipe,
    DetectorRequest,
    picture_size,
    rate_share,
)
from tracker.training.log import History, Panels, TrainingLog

NEVER_BEST = -1.0  # fitness of an epoch that was not validated
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
Watch = Callable[[int, int, int, float], None]  # epoch, steps done, steps in all, loss


@dataclass(frozen=True, slots=True)
class Course:
    """How a training goes on, beside what Ultralytics' own options say."""

    request: DetectorRequest  # what the user asked for
    recipe: DetectorRecipe  # rates, sizes and changes of the pictures
    dtype: torch.dtype  # kind of floats of the forward pass on a CPU
    history: History  # rows of earlier sittings
    stopping: Callable[[], bool]  # tells whether the user wants to stop
    watch: Watch | None = None  # hears of each step, or None
    teacher: Any = None  # network in eval mode whose outputs are copied, or None
    teacher_class: int = 0  # its number for a person


class PersonTrainer(DetectionTrainer):  # type: ignore[misc]
    """Ultralytics' trainer, changed where this module's docstring says.

    Raises:
        TrainingError: The loss is no number.
        KeyboardInterrupt: The user stopped it; the checkpoint is written.
    """

    epoch: int
    epochs: int
    metrics: dict[str, float] | None
    stop: bool
    train_time_start: float

    def __init__(self, course: Course, overrides: dict[str, Any]) -> None:
        self.course = course
        self.log = TrainingLog(course.request.out, COLUMNS, PANELS)
        self._step, self._pictures, self._mosaic = 0, 0, True
        self._hours_before = sum(row["seconds"] for row in course.history) / 3600
        super().__init__(overrides=overrides)
        self.add_callback("on_fit_epoch_end", _end_epoch)

    def share(self) -> float:
        """Return how much of the training is done, 0 to 1, by the clock or by epochs."""
        if self.course.request.hours is not None:
            spent = (time.time() - self.train_time_start) / 3600 + self._hours_before
            return min(spent / self.course.request.hours, 1.0)
        return min((self.epoch + self._step / len(self.train_loader)) / self.epochs, 1.0)

    def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = False) -> Any:
        """Build the network for people alone: the other class of the labels is no object."""
        network = DetectionModel(cfg, nc=1, ch=self.data["channels"], verbose=verbose)
        network.names = {PERSON: "person"}
        if weights:
            network.load(weights)
        return network

    def set_model_attributes(self) -> None:
        """Tell the network its options and its one class."""
        super().set_model_attributes()
        self.model.nc, self.model.names = 1, {PERSON: "person"}

    def _setup_train(self) -> None:
        super()._setup_train()
        torch.set_num_threads(self.course.request.threads)  # Ultralytics leaves one core idle
        network = unwrap_model(self.model)
        network.to(memory_format=torch.channels_last)
        network.criterion = DetectorLoss(network.init_criterion())

    def _model_train(self) -> None:
        """Begin an epoch; from some time on without mosaics."""
        super()._model_train()
        self._step, self._pictures, self._began = 0, 0, time.time()
        self.args.val = (self.epoch + 1) % self.course.request.validate_every == 0
        self.fitness = NEVER_BEST
        if self._mosaic and self.share() >= self.course.recipe.mosaic_until:
            self._mosaic = False
            self._close_dataloader_mosaic()
            self.train_loader.reset()  # its processes have copies of the old options

    def preprocess_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Prepare a batch for a step, and the teacher's answers to it."""
        batch = super().preprocess_batch(batch)
        if self.device.type == "cpu":  # Ultralytics' autocast is around this call, and ends it
            torch.set_autocast_dtype("cpu", self.course.dtype)
            torch.set_autocast_enabled("cpu", self.course.dtype != torch.float32)
        pictures = decolour(batch["img"], self.course.recipe.gray)
        size = picture_size(self.course.recipe, self.share(), self.args.imgsz)
        batch["img"] = resized(pictures, size).contiguous(memory_format=torch.channels_last)
        self._pictures += len(pictures)
        if self.course.teacher is not None:
            batch["teacher"] = self._taught(batch["img"])
        return batch

    def _taught(self, pictures: Tensor) -> dict[str, Any]:
        with torch.no_grad():
            outputs = self.course.teacher(pictures)[1]
        person = self.course.teacher_class
        return {
            "boxes": outputs["boxes"],
            "scores": outputs["scores"][:, person : person + 1],
            "feats": outputs["feats"],
        }

    def optimizer_step(self) -> None:
        """Take a step at the rate of this moment, then see whether it was the last one."""
        loss, share = float(self.loss.detach()), rate_share(self.course.recipe, self.share())
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} in epoch {self.epoch + 1}, step {self._step + 1}. Use a lower "
                "--rate or --precision fp32; the checkpoint of the last epoch is kept"
            )
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * share
        super().optimizer_step()
        self._step += 1
        if self.course.watch:
            self.course.watch(self.epoch, self._step, len(self.train_loader), loss)
        if self.course.stopping():
            self._interrupt()
        self.stop = self.stop or (self.course.request.hours is not None and self.share() >= 1)

    def scores(self) -> dict[str, float]:
        """Return those of the last validation by our names."""
        found = self.metrics or {}
        return {ours: float(found[its]) for its, ours in SCORES.items() if its in found}

    def save_metrics(self, metrics: dict[str, Any]) -> None:
        """Leave out Ultralytics' own table; `_note` writes ours."""

    def _interrupt(self) -> None:
        """Save and leave; the rest of this epoch is left out when the training goes on."""
        self._note({})
        self.epoch = min(self.epoch, self.epochs - 2)  # so that there is an epoch to go on with
        if self.epoch >= 0:
            self.save_model()
        raise KeyboardInterrupt

    def _note(self, scores: dict[str, float]) -> None:
        """Write a row for this epoch."""
        seconds = time.time() - self._began
        terms = {name: float((self.tloss or {}).get(name, 0.0)) for name in TERMS}
        row = {
            "epoch": self.epoch + 1,
            "share": self.share(),
            "rate": self.optimizer.param_groups[0]["lr"],
            "size": picture_size(self.course.recipe, self.share(), self.args.imgsz),
            "pictures_per_s": self._pictures / seconds,
            "seconds": seconds,
        }
        self.course.history.append(row | terms | scores)
        self.log.write(self.course.history)


def _end_epoch(trainer: PersonTrainer) -> None:
    """Note an epoch; Ultralytics also calls this once after the last one."""
    if trainer._step:
        trainer._note(trainer.scores() if trainer.args.val or trainer.stop else {})
        trainer._step = 0


def resized(pictures: Tensor, size: int) -> Tensor:
    """Return square (B, 3, side, side) pictures at another side length."""
    if pictures.shape[-1] == size:
        return pictures
    return functional.interpolate(
        pictures, size=(size, size), mode="bilinear", align_corners=False, antialias=True
    )


def decolour(pictures: Tensor, probability: float) -> Tensor:
    """Take the colours out of some pictures (B, 3, H, W), as night cameras do."""
    chosen = torch.rand(len(pictures), 1, 1, 1) < probability
    gray = pictures.mean(dim=1, keepdim=True).expand_as(pictures)
    return torch.where(chosen.to(pictures.device), gray, pictures)
