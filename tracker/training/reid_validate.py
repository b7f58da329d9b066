"""Score a network on people whom the training never saw."""

import numpy as np
import torch
from torch import Tensor

from tracker.core.types import FloatArray
from tracker.datasets.pictures import PersonSet
from tracker.evaluation.ranking import Shots, first_of_each, rank, summary
from tracker.reid.osnet import OSNet, build_osnet
from tracker.training.reid_augment import prepare

BATCH = 128


class Validation:
    """Kept-back people, decoded once.

    Queries are the first picture of each person by each camera, the gallery the other pictures,
    the distance cosine.

    Args:
        arch: Name of the variant.
        people: The pictures, numbered.
        pixels: (N, 3, h, w) uint8 RGB of them.
    """

    def __init__(self, arch: str, people: PersonSet, pixels: Tensor) -> None:
        self._arch, self._people, self._pixels = arch, people, pixels

    def score(
        self, state: dict[str, Tensor], size: tuple[int, int], device: torch.device
    ) -> dict[str, float]:
        """Return rank-1 to rank-20, mAP and mINP in percent.

        Args:
            state: Weights without classifier.
            size: (height, width) that the network sees; best what it learned on last.
            device: Where to compute.
        """
        osnet = build_osnet(self._arch)
        osnet.load_state_dict(state)
        embedding = embed_pixels(osnet.to(device), self._pixels, size, device)
        return score_embeddings(embedding, self._people)


def score_embeddings(embedding: FloatArray, people: PersonSet) -> dict[str, float]:
    """Score embeddings (N, D) of people's pictures as `Validation` does."""
    shots = Shots(embedding, people.person, people.camera)
    asked = first_of_each(shots.person, shots.camera)
    return summary(rank(shots.of(asked), shots.of(~asked), "cosine"))


def embed_pixels(
    osnet: OSNet, pixels: Tensor, size: tuple[int, int], device: torch.device
) -> FloatArray:
    """Embed (N, 3, h, w) uint8 RGB: (N, 512) float32, not of unit length."""
    osnet = osnet.eval().to(memory_format=torch.channels_last)
    parts = [np.zeros((0, 512), np.float32)]
    with torch.inference_mode():
        for start in range(0, len(pixels), BATCH):
            batch = pixels[start : start + BATCH]
            images = prepare(batch.to(device), size).to(memory_format=torch.channels_last)
            parts.append(osnet(images).float().cpu().numpy())
    return np.concatenate(parts)
