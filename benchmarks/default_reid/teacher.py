"""Fine-tune the teacher on people who have names."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.default_reid.lite import Lite2, from_imagenet
from benchmarks.default_reid.losses import label_losses
from benchmarks.default_reid.people import People, pictures_of
from benchmarks.default_reid.step import Clock, Step, rate_at
from tracker.training.reid_augment import prepare
from tracker.training.reid_validate import score_embeddings

SIZE = (192, 96)
MIX = (48, 16)
RATE, WARM_UP, KEEP = 7e-4, 0.06, 0.996
AT_ONCE = 128  # pictures looked at together when scored


@dataclass(frozen=True)
class Teacher:
    """A trained network that looks on.

    Attributes:
        network: In evaluation mode.
        people: How many classes it knows.
    """

    network: Lite2
    people: int

    @torch.no_grad()
    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, 3, H, W), normalised, to logits (B, people) and unit length (B, 1280)."""
        if images.shape[2:] != SIZE:
            images = functional.interpolate(images, SIZE, mode="bilinear", antialias=True)
        logits, embedding = self.network(images.to(memory_format=torch.channels_last))
        return logits.float(), functional.normalize(embedding.float())


def load_teacher(path: Path, device: torch.device) -> Teacher:
    """Read what `train_teacher` wrote."""
    state = torch.load(path, weights_only=True)
    people = len(state["head.weight"])
    network = Lite2(people)
    network.load_state_dict(state)
    network.eval().requires_grad_(False)
    return Teacher(network.to(device, memory_format=torch.channels_last), people)


def train_teacher(people: People, imagenet: Path, seconds: float, out: Path) -> None:
    """Train for some time, score on the people kept back, and write ``teacher.pt``."""
    device = people.device
    network = from_imagenet(imagenet, people.known).to(device, memory_format=torch.channels_last)
    label = torch.zeros(people.named, dtype=torch.int64, device=device)

    def terms(images: Tensor) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, cache_enabled=False):
            logits, embedding = network(images)
        return torch.stack(label_losses(logits, embedding, label))

    step, clock = Step(network.train(), terms, KEEP), Clock(seconds)
    for pixels, named in people.batches():
        share = clock.share()
        if share >= 1:
            break
        label.copy_(named)
        step(people.changed(pixels, SIZE), rate_at(share, RATE, WARM_UP))
    network.load_state_dict(step.average)
    print("teacher", _score(network.eval(), people))
    state = network.half().state_dict()
    torch.save({name: value.cpu() for name, value in state.items()}, out / "teacher.pt")


@torch.no_grad()
def _score(network: Lite2, people: People) -> dict[str, float]:
    """Score as ``reid-track evaluate reid --val-ids`` does."""
    pixels, parts = pictures_of(people.aside), []
    for start in range(0, len(pixels), AT_ONCE):
        images = prepare(pixels[start : start + AT_ONCE].to(people.device), SIZE)
        parts.append(network(images.to(memory_format=torch.channels_last))[1].cpu())
    return score_embeddings(torch.cat(parts).numpy(), people.aside)
