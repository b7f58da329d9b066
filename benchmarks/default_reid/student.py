"""Train OSNet x0.25 by labels and by two teachers, and write it as a model."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.default_reid.losses import label_losses, likeness_distance, soft_label_distance
from benchmarks.default_reid.people import People, pictures_of
from benchmarks.default_reid.step import Clock, Step, rate_at
from benchmarks.default_reid.teacher import Teacher
from tracker.models.registry import Preprocessing
from tracker.reid.checkpoint import load_osnet
from tracker.reid.osnet import build_osnet
from tracker.training.card import write_reid
from tracker.training.reid_loss import teacher_distance
from tracker.training.reid_network import without_classifier
from tracker.training.reid_validate import Validation

ARCH = "osnet_x0_25"
SMALL, LARGE = (192, 96), (256, 128)
ELSEWHERE, SOFT_LABELS, LIKENESS = 2.0, 0.5, 2.0  # weights of what teachers say
MIX = (48, 6, 3, 11, 12)
RATE, WARM_UP, KEEP = 0.002, 0.03, 0.9985
SMALL_SHARE = 0.5  # of the time


class Student:
    """OSNet, what it learns, and those who teach it.

    Args:
        people: Whom it learns; the first source's are taught by `teacher`.
        teacher: Knows the first source's people.
        onlooker: A file of a published OSNet, which tells of everybody else.
        weights: A file of the OSNet to begin with.
    """

    def __init__(self, people: People, teacher: Teacher, onlooker: Path, weights: Path) -> None:
        device = self._device = people.device
        self._people, self._teacher = people, teacher
        self._onlooker = load_osnet(onlooker).requires_grad_(False).to(
            device, memory_format=torch.channels_last
        )  # fmt: skip
        network = build_osnet(ARCH, people.known)
        network.load_state_dict(network.state_dict() | load_osnet(weights).state_dict())
        self._network = network.to(device, memory_format=torch.channels_last).train()
        self._label = torch.zeros(people.named, dtype=torch.int64, device=device)

    def learn(self, seconds: float, report: Callable[[float, Tensor], None]) -> dict[str, Tensor]:
        """Train for some time; return the averaged state, the classifier with it."""
        step, clock = Step(self._network, self._terms, KEEP), Clock(seconds)
        for pixels, named in self._people.batches():
            share = clock.share()
            if share >= 1:
                break
            self._label.copy_(named)
            size = SMALL if share < SMALL_SHARE else LARGE
            images = self._people.changed(pixels, size)
            report(share, step(images, rate_at(share, RATE, WARM_UP)))
        return step.average

    def _terms(self, images: Tensor) -> Tensor:
        """Return cross-entropy, triplets, and what the two teachers say, weighted: (5,)."""
        first, named = self._people.first, self._people.named
        with torch.autocast(self._device.type, torch.bfloat16, cache_enabled=False):
            told, liked = self._teacher(images[:first])
            elsewhere = self._look_on(images[first:])
            pooled = self._network.features(images).mean(dim=(2, 3))
            embedding = self._network.fc(pooled)
            logits = self._network.classifier(embedding[:named])
        embedding, logits = embedding.float(), logits.float()
        classes = min(self._teacher.people, self._people.known)
        return torch.stack([
            *label_losses(logits, embedding[:named], self._label),
            ELSEWHERE * teacher_distance(embedding[first:], elsewhere),
            SOFT_LABELS * soft_label_distance(logits[:first, :classes], told[:, :classes]),
            LIKENESS * likeness_distance(embedding[:first], liked),
        ])  # fmt: skip

    @torch.no_grad()
    def _look_on(self, images: Tensor) -> Tensor:
        if images.shape[2:] != LARGE:
            images = functional.interpolate(images, LARGE, mode="bilinear")
        seen = self._onlooker(images.to(memory_format=torch.channels_last))
        return functional.normalize(seen.float())


def write(
    state: dict[str, Tensor], people: People, trained_on: dict[str, object], out: Path
) -> None:
    """Write the model with its card and its scores on the people kept back."""
    plain = without_classifier(state)
    exam = Validation(ARCH, people.aside, pictures_of(people.aside))
    scores = exam.score(plain, LARGE, people.device)
    print("student", scores)
    facts = {"preprocessing": asdict(Preprocessing(*LARGE)), "scores": scores}
    write_reid(out, ARCH, plain, {"trained_on": trained_on} | facts)
