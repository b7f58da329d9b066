"""Train OSNet x0.25 by labels and by two teachers, and write it as a model."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from benchmarks.default_reid.losses import (
    hardest_triplets,
    likeness_distance,
    soft_label_distance,
)
from benchmarks.default_reid.people import People, pictures_of
from benchmarks.default_reid.step import Clock, Step, rate_at
from benchmarks.default_reid.teacher import Teacher
from tracker.embed.checkpoint import load_osnet
from tracker.embed.osnet import OSNet, build_osnet
from tracker.train.reid_card import TrainedOn, preprocessing_facts, write_model
from tracker.train.reid_loss import teacher_distance
from tracker.train.reid_network import without_classifier
from tracker.train.reid_validate import Validation, embed_pixels

ARCH = "osnet_x0_25"
SMALL, LARGE = (192, 96), (256, 128)  # of the first half of the training, and of the second
SMOOTHING = 0.1
ELSEWHERE, SOFT_LABELS, LIKENESS = 2.0, 0.5, 2.0  # weights of what teachers say
WARM_UP = 0.03


@dataclass(frozen=True)
class Plan:
    """How long and how fast.

    Attributes:
        seconds: In all.
        small: Share of them in which pictures are small.
        rate: The highest learning rate.
        keep: Share of the averaged weights kept in each step.
    """

    seconds: float
    small: float
    rate: float
    keep: float


class Student:
    """OSNet, what it learns, and those who teach it.

    Args:
        people: Whom it learns; the first source's are taught by `teacher`.
        teacher: Knows the first source's people.
        onlooker: A file of a published OSNet, which tells of everybody else.
        weights: State to begin with, with or without classifier.
    """

    def __init__(
        self, people: People, teacher: Teacher, onlooker: Path, weights: dict[str, Tensor]
    ) -> None:
        device = self._device = people.device
        self._people, self._teacher = people, teacher
        self._onlooker = load_osnet(onlooker).requires_grad_(False).to(
            device, memory_format=torch.channels_last
        )  # fmt: skip
        network = build_osnet(ARCH, people.known)
        network.load_state_dict(network.state_dict() | weights)
        self._network = network.to(device, memory_format=torch.channels_last).train()
        self._label = torch.zeros(people.named, dtype=torch.int64, device=device)

    def learn(self, plan: Plan, report: Callable[[float, Tensor], None]) -> dict[str, Tensor]:
        """Train; return the averaged state, the classifier with it."""
        step, clock = Step(self._network, self._terms, plan.keep), Clock(plan.seconds)
        for pixels, named in self._people.batches():
            share = clock.share()
            if share >= 1:
                break
            self._label.copy_(named)
            size = SMALL if share < plan.small else LARGE
            images = self._people.changed(pixels, size)
            report(share, step(images, rate_at(share, plan.rate, WARM_UP)))
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
            functional.cross_entropy(logits, self._label, label_smoothing=SMOOTHING),
            hardest_triplets(embedding[:named], self._label),
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


def starting_weights(path: Path) -> dict[str, Tensor]:
    """Read a model, or what an earlier stage left with its classifier."""
    if path.suffix == ".safetensors":
        return load_file(path)
    return torch.load(path, weights_only=True)


def with_new_people(weights: dict[str, Tensor], people: People) -> dict[str, Tensor]:
    """Give the classifier of an earlier stage a row for each person who was kept back till now.

    A row points to where the person's mean embedding leaves the mean of all, as long as others.
    """
    osnet = build_osnet(ARCH)
    osnet.load_state_dict(without_classifier(weights))
    seen = functional.normalize(_embedded(osnet.eval(), pictures_of(people.aside)))
    person = torch.from_numpy(people.aside.person)
    means = torch.stack([seen[person == p].mean(dim=0) for p in range(people.aside.people)])
    apart = functional.normalize(means - functional.normalize(means).mean(dim=0))
    rows, bias = weights["classifier.weight"], weights["classifier.bias"]
    return weights | {
        "classifier.weight": torch.cat([rows, apart * rows.norm(dim=1).mean()]),
        "classifier.bias": torch.cat([bias, bias.mean().expand(len(apart))]),
    }


def write(state: dict[str, Tensor], people: People, trained_on: TrainedOn, out: Path) -> None:
    """Write ``last.pt`` to go on from, and the model with its card and scores."""
    torch.save({name: value.detach().cpu() for name, value in state.items()}, out / "last.pt")
    plain = without_classifier(state)
    scores = {}
    if trained_on.kept_back:
        exam = Validation(ARCH, people.aside, pictures_of(people.aside))
        scores = exam.score(plain, LARGE, people.device)
        print("student", scores)
    facts = {"preprocessing": preprocessing_facts(LARGE), "scores": scores}
    write_model(out, ARCH, plain, {"trained_on": asdict(trained_on)} | facts)


@torch.no_grad()
def _embedded(osnet: OSNet, pixels: Tensor) -> Tensor:
    return torch.from_numpy(embed_pixels(osnet, pixels, LARGE, torch.device("cpu")))
