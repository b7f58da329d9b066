"""What another ReID network makes of the pictures of a step."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from tracker.datasets.pictures import PersonSet
from tracker.embed.backends import load_network
from tracker.embed.embedder import unit_length
from tracker.models.locate import LocatedModel
from tracker.models.manifest import IMAGENET_MEAN, IMAGENET_STD
from tracker.types import FloatArray


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

    def __init__(self, model: LocatedModel, *, device: str) -> None:
        self._wanted, self._network = model.preprocessing, load_network(model, device=device)

    def __call__(self, images: Tensor) -> Tensor:
        """Map (B, 3, H, W) float32 RGB, normalised for the student, to unit length (B, 512)."""
        return torch.from_numpy(unit_length(self._network(self._as_it_sees(images))))

    def _as_it_sees(self, images: Tensor) -> FloatArray:
        size = self._wanted.height, self._wanted.width
        if images.shape[2:] != size:
            images = functional.interpolate(images, size, mode="bilinear", antialias=True)
        if (self._wanted.mean, self._wanted.std) != (IMAGENET_MEAN, IMAGENET_STD):
            plain = images * _channels(images, IMAGENET_STD) + _channels(images, IMAGENET_MEAN)
            mean, std = _channels(images, self._wanted.mean), _channels(images, self._wanted.std)
            images = (plain - mean) / std
        pixels: FloatArray = images.cpu().numpy()
        return pixels


def seen_by_one_camera(people: PersonSet) -> Tensor:
    """Tell whose pictures all come from one camera: (people,) bool."""
    views = np.unique(np.stack([people.person, people.camera], axis=1), axis=0)
    return torch.from_numpy(np.bincount(views[:, 0], minlength=people.people) == 1)


def _channels(like: Tensor, values: Sequence[float]) -> Tensor:
    return like.new_tensor(values)[:, None, None]
