"""What another ReID network makes of the pictures of a step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from tracker.core.types import EMBEDDING_SIZE
from tracker.datasets.pictures import PersonSet
from tracker.models.locate import LocatedModel
from tracker.models.registry import IMAGENET_MEAN, IMAGENET_STD
from tracker.reid.checkpoint import load_osnet
from tracker.reid.runtimes import load_network, needs_torch


@dataclass(frozen=True, slots=True)
class DistillationTarget:
    """What is said of a batch."""

    position: Tensor  # (M,) int64, of whose pictures
    target: Tensor  # (M, 512) float32 of unit length


class Teacher:
    """Embeds pictures for a student, as they were changed at random in this very step.

    So a few thousand photos give as many lessons as there are steps. Source: Beyer et al.,
    "Knowledge distillation: A good teacher is patient and consistent" (arXiv 2106.05237).

    Args:
        model: A ReID model.
        device: Where it runs.

    Raises:
        WeightsError: The file is no usable ReID model.
    """

    def __init__(self, model: LocatedModel, *, device: torch.device) -> None:
        self._wanted, self._network = model.preprocessing, _network(model, device)

    def __call__(self, images: Tensor) -> Tensor:
        """Map (B, 3, H, W) float32 RGB, normalised for the student, to unit length (B, 512)."""
        return functional.normalize(self._network(self._as_it_sees(images)))

    def _as_it_sees(self, images: Tensor) -> Tensor:
        size = self._wanted.height, self._wanted.width
        if images.shape[2:] != size:
            images = functional.interpolate(images, size, mode="bilinear", antialias=True)
        if (self._wanted.mean, self._wanted.std) != (IMAGENET_MEAN, IMAGENET_STD):
            plain = images * _channels(images, IMAGENET_STD) + _channels(images, IMAGENET_MEAN)
            mean, std = _channels(images, self._wanted.mean), _channels(images, self._wanted.std)
            images = (plain - mean) / std
        return images


class Teachers:
    """One teacher, or a first one for people whom one camera saw and a second for the others.

    Args:
        teachers: One or two; none teaches nobody.
        people: The training pictures.
        everybody: Whether a single teacher tells of everybody, not of one camera's people only.
    """

    def __init__(self, teachers: Sequence[Teacher], people: PersonSet, *, everybody: bool) -> None:
        first = seen_by_one_camera(people)
        if len(teachers) == 1 and everybody:
            first = torch.ones_like(first)
        self._taught = list(zip(teachers, (first, ~first), strict=False))

    def __len__(self) -> int:
        return len(self._taught)

    def __call__(self, images: Tensor, person: Tensor) -> DistillationTarget | None:
        """Return what they say of images (B, 3, H, W) of people (B,), which are on the CPU."""
        if not self._taught:
            return None
        positions = [positions_of(taught[person], images.device) for _, taught in self._taught]
        targets = [
            teacher(images[position]) if len(position) else images.new_zeros(0, EMBEDDING_SIZE)
            for (teacher, _), position in zip(self._taught, positions, strict=True)
        ]
        return DistillationTarget(torch.cat(positions), torch.cat(targets))


def positions_of(chosen: Tensor, device: torch.device) -> Tensor:
    """Return the positions (N,) of what is chosen (B,), which is on the CPU.

    They are found there and sent to the device, since a GPU that is asked must finish its work.
    """
    return torch.nonzero(chosen).flatten().to(device, non_blocking=True)


def seen_by_one_camera(people: PersonSet) -> Tensor:
    """Tell whose pictures all come from one camera: (people,) bool."""
    views = np.unique(np.stack([people.person, people.camera], axis=1), axis=0)
    return torch.from_numpy(np.bincount(views[:, 0], minlength=people.people) == 1)


def _channels(like: Tensor, values: Sequence[float]) -> Tensor:
    return like.new_tensor(values)[:, None, None]


def _network(model: LocatedModel, device: torch.device) -> Callable[[Tensor], Tensor]:
    """Load what maps (B, 3, H, W) to (B, 512); on a GPU the pictures stay there."""
    if device.type == "cpu" or not needs_torch(model):
        run = load_network(model, device=str(device))
        return lambda images: torch.from_numpy(run(images.cpu().numpy())).to(images.device)
    osnet = load_osnet(model.path).to(device, torch.float16).to(memory_format=torch.channels_last)

    def embed(images: Tensor) -> Tensor:
        with torch.inference_mode():
            batch = images.to(torch.float16, memory_format=torch.channels_last)
            output: Tensor = osnet(batch)
        return output.float().clone()

    return embed
