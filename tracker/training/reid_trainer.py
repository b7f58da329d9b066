"""The training loop for OSNet: epochs of steps, with checkpoints and a history."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tracker.core.errors import ConfigError, TrainingError
from tracker.core.stopping import StopRequest
from tracker.datasets.pictures import PersonSet
from tracker.models.registry import Preprocessing
from tracker.training.card import write_reid
from tracker.training.distributed import Processes
from tracker.training.log import History, Panels, Totals, TrainingLog
from tracker.training.reid_augment import augment
from tracker.training.reid_checkpoint import (
    FILE,
    Checkpoint,
    identity_of,
    load_checkpoint,
    save_checkpoint,
)
from tracker.training.reid_loader import PictureLoader
from tracker.training.reid_loss import Objective
from tracker.training.reid_network import (
    Average,
    Training,
    make_network,
    make_optimizer,
    set_frozen,
    without_classifier,
)
from tracker.training.reid_recipe import Recipe, TrainingRequest, rate_at, size_at
from tracker.training.reid_sampler import epoch_batches
from tracker.training.reid_teacher import Teachers
from tracker.training.reid_validate import Validation

logger = logging.getLogger(__name__)

SHUFFLE = -1  # takes the place of the step in the seed of an epoch's batches
COLUMNS = (
    "epoch", "rate", "height", "width", "loss", "cross_entropy", "triplet", "teacher",
    "accuracy", "images_per_s", "seconds", "val_rank-1", "val_mAP",
)  # fmt: skip
PANELS: Panels = (
    ("loss", ("loss", "cross_entropy", "triplet", "teacher")),
    ("learning rate", ("rate",)),
    ("%", ("accuracy", "val_rank-1", "val_mAP")),
)
Watch = Callable[[int, int, int, float], None]  # epoch, steps done, steps in all, loss


class ReidTrainer:
    """Trains one network.

    Args:
        people: Pictures with people numbered from 0.
        loader: Their pixels.
        recipe: What to do.
        request: What the user asked for beside these.
        trained_on: What the model card says of the data.
        dtype: Kind of floats of the forward pass; float32 is no autocast.
        processes: This process among others.
        validation: Kept-back people, or None.
        weights: Weights to begin with, without a classifier; None draws them at random.
        source: (N,) int64, the source of each picture, for recipes that mix sources.
        teachers: Other networks to learn from, or None.
    """

    def __init__(  # noqa: PLR0913 - the parts of a training meet here
        self, people: PersonSet, loader: PictureLoader, recipe: Recipe,
        request: TrainingRequest, *, trained_on: dict[str, Any], dtype: torch.dtype,
        processes: Processes, validation: Validation | None = None,
        weights: dict[str, Tensor] | None = None, source: Tensor | None = None,
        teachers: Teachers | None = None,
    ) -> None:  # fmt: skip
        self._person, self._source = torch.from_numpy(people.person), source
        self._loader, self._recipe, self._request = loader, recipe, request
        self._trained_on, self._dtype = trained_on, dtype
        self._processes, self._validation, self._teachers = processes, validation, teachers
        torch.manual_seed(request.seed)
        self._objective = Objective(recipe, self._person, taught=bool(teachers))
        self._osnet = make_network(request.arch, self._objective.classes, weights).to(
            processes.device,
            memory_format=torch.channels_last,  # type: ignore[call-overload]
        )
        self._model = processes.wrap(Training(self._osnet), partly_frozen=recipe.frozen > 0)
        self._optimizer = make_optimizer(self._osnet, recipe)
        self._average = Average(self._osnet, recipe.ema) if recipe.ema else None
        self._scaler = torch.amp.GradScaler(processes.device.type, enabled=dtype == torch.float16)
        self._epoch = self._step = self._steps = 0
        self._history: History = []
        self._began = self._before = 0.0  # seconds: this sitting's start, and earlier sittings
        self._identity = identity_of(
            recipe, arch=request.arch, size=request.size, seed=request.seed,
            people=people.people, pictures=len(people),
            teacher_model=" and ".join(teacher.name for teacher in request.teachers),
            hours=request.hours,
        )  # fmt: skip

    def resume(self) -> None:
        """Go on from the checkpoint in the output folder.

        Raises:
            WeightsError: It is unreadable or of another training.
            ConfigError: There is none.
        """
        path = self._request.out / FILE
        if not path.is_file():
            raise ConfigError(f"--resume: there is no {path}; start anew without --resume")
        saved = load_checkpoint(path, self._identity)
        self._osnet.load_state_dict(saved.model)
        self._optimizer.load_state_dict(saved.optimizer)
        self._scaler.load_state_dict(saved.scaler)
        if self._average:
            self._average.state = {
                k: v.to(self._processes.device) for k, v in saved.average.items()
            }
        torch.set_rng_state(saved.random)
        self._epoch, self._step, self._steps = saved.epoch, saved.step, saved.steps
        self._history = saved.history
        self._before = sum(row["seconds"] for row in saved.history)

    def run(self, watch: Watch | None = None) -> Path:
        """Train to the last epoch; Ctrl-C finishes the step, saves, and raises.

        Returns:
            The weights' file.

        Raises:
            TrainingError: The loss is no number, or a batch holds more than there is.
            KeyboardInterrupt: The user stopped it; the checkpoint is written.
            OutputError: A file cannot be written.
        """
        log = TrainingLog(self._request.out, COLUMNS, PANELS) if self._processes.leads else None
        with StopRequest() as stop:
            self._began = time.monotonic()
            while self._share(0) < 1:
                size = self._size()
                row = self._run_epoch(size, stop, watch)
                self._epoch, self._step = self._epoch + 1, 0
                if self._processes.leads and log:
                    self._history.append(row | self._validate(size))
                    self._save()
                    log.write(self._history)
                    self._write_model()
        if log:
            log.close(self._history)
        return self._request.out / f"{self._request.arch}.safetensors"

    def _run_epoch(
        self, size: tuple[int, int], stop: StopRequest, watch: Watch | None
    ) -> dict[str, float]:
        epoch, recipe = self._epoch, self._recipe
        batches = self._processes.share(self._batches(epoch), max(recipe.images_per_person, 1))
        set_frozen(self._osnet, frozen=epoch < recipe.frozen)
        totals, began, count = Totals(), time.monotonic(), len(batches)
        loader = self._loader(batches[self._step :])
        for positions, pixels in zip(batches[self._step :], loader, strict=True):
            rate = rate_at(recipe, self._share(self._step / count) * recipe.epochs)
            loss = self._run_step(positions, pixels, size, rate, totals)
            self._step, self._steps = self._step + 1, self._steps + 1
            if self._average:
                self._average.update(self._osnet, self._steps)
            if watch:
                watch(epoch, self._step, count, loss)
            if self._processes.any(stop.made):
                self._save()
                raise KeyboardInterrupt
            if self._request.hours is not None and self._processes.any(self._share(0) >= 1):
                break
        seconds = time.monotonic() - began
        return {
            "epoch": epoch + 1, "rate": self._optimizer.param_groups[0]["lr"], "height": size[0],
            "width": size[1], **totals.row(), "seconds": seconds,
            "images_per_s": totals.pictures * self._processes.size / seconds,
        }  # fmt: skip

    def _share(self, of_epoch: float) -> float:
        """Return how much of the training is done, by the clock or by epochs."""
        if self._request.hours is None:
            return (self._epoch + of_epoch) / self._recipe.epochs
        spent = self._before + time.monotonic() - self._began
        return min(spent / (3600 * self._request.hours), 1.0)

    def _size(self) -> tuple[int, int]:
        """Return the (height, width) of the epoch at hand."""
        passed = int(self._share(0) * self._recipe.epochs)
        return size_at(self._recipe, min(passed, self._recipe.epochs - 1), self._request.size)

    def _run_step(
        self, positions: Tensor, pixels: Tensor, size: tuple[int, int], rate: float, totals: Totals
    ) -> float:
        device = self._processes.device
        chance = self._chance(self._epoch, self._step, self._processes.rank)
        images = augment(pixels.to(device), size, self._recipe.augmentation, chance)
        person = self._person[positions]
        taught = self._teachers(images, person) if self._teachers else None
        with torch.autocast(device.type, self._dtype, enabled=self._dtype != torch.float32):
            logits, embedding = self._model(images.to(memory_format=torch.channels_last))
        parts, right = self._objective(logits, embedding, person, taught)
        loss = torch.stack(list(parts.values())).sum()
        self._learn(loss, rate)
        values = torch.stack([loss, *parts.values(), 100 * right]).tolist()  # waits for a GPU, once
        self._check(values[0], rate)
        totals.add(len(positions), dict(zip(("loss", *parts, "accuracy"), values, strict=True)))
        return float(values[0])

    def _check(self, loss: float, rate: float) -> None:
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} in epoch {self._epoch + 1}, step "
                f"{self._step + 1}, at learning rate {rate:.3g}. Use a lower --rate or "
                "--precision fp32; the checkpoint of the last epoch is kept"
            )

    def _learn(self, loss: Tensor, rate: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.zero_grad()
        self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self._scaler.step(self._optimizer)
        self._scaler.update()

    def _batches(self, epoch: int) -> Tensor:
        chance, recipe = self._chance(epoch, SHUFFLE), self._recipe
        batches = epoch_batches(self._person, self._source, recipe, chance)
        if not len(batches):
            raise TrainingError(
                f"{len(self._person)} pictures do not fill one batch of "
                f"{recipe.batch_size}; lower --batch-size or add pictures"
            )
        return batches

    def _chance(self, epoch: int, step: int, rank: int = 0) -> torch.Generator:
        """Make the generator of one step: it depends on nothing that happened before."""
        entropy = [self._request.seed, epoch, step + 1, rank]
        seed = int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0] >> 1)
        return torch.Generator().manual_seed(seed)

    def _validate(self, size: tuple[int, int]) -> dict[str, float]:
        due = self._epoch % self._request.val_every == 0
        if self._validation is None or not (due or self._share(0) >= 1):
            return {}
        scores = self._validation.score(self._weights(), size, self._processes.device)
        logger.info("epoch %d: %s", self._epoch, scores)
        return {"val_rank-1": scores["rank-1"], "val_mAP": scores["mAP"]}

    def _weights(self) -> dict[str, Tensor]:
        state = self._average.state if self._average else self._osnet.state_dict()
        return without_classifier(state)

    def _save(self) -> None:
        if not self._processes.leads:
            return
        checkpoint = Checkpoint(
            self._epoch, self._step, self._steps, self._osnet.state_dict(),
            self._optimizer.state_dict(), self._average.state if self._average else {},
            self._scaler.state_dict(), torch.get_rng_state(), self._history, self._identity,
        )  # fmt: skip
        save_checkpoint(checkpoint, self._request.out / FILE)

    def _write_model(self) -> None:
        facts = {
            "trained_on": self._trained_on,
            "epochs_done": self._epoch,
            "scores": {k: v for k, v in self._history[-1].items() if k.startswith("val_")},
            "preprocessing": asdict(Preprocessing(*self._request.size)),
            "recipe": self._identity,
        }
        write_reid(self._request.out, self._request.arch, self._weights(), facts)
