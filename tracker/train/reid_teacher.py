"""What another ReID network thinks of the people to be learned."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from tracker.datasets.pictures import PersonSet, Picture
from tracker.datasets.pixels import decode
from tracker.embed.crop import normalise
from tracker.embed.embedder import Network, load_network, unit_length
from tracker.models.locate import LocatedModel
from tracker.types import FloatArray

BATCH = 64


def person_targets(people: PersonSet, teacher: LocatedModel, *, device: str) -> Tensor:
    """Embed all pictures as they are and average them for each person.

    Returns:
        (people, 512) float32 of unit length.

    Raises:
        WeightsError: The file is no usable ReID model.
        SourceError: A picture cannot be read.
    """
    network = load_network(teacher, device=device)
    looks = np.concatenate([
        _embedded(people.pictures[start : start + BATCH], network, teacher)
        for start in range(0, len(people), BATCH)
    ])  # fmt: skip
    sums = np.zeros((people.people, looks.shape[1]), np.float32)
    np.add.at(sums, people.person, looks)
    return torch.from_numpy(unit_length(sums))


def _embedded(pictures: Sequence[Picture], network: Network, teacher: LocatedModel) -> FloatArray:
    size = teacher.preprocessing
    return unit_length(network(normalise(decode(pictures, (size.height, size.width)), size)))
