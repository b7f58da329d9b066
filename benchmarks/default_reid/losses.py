"""What a student learns from a teacher whose embeddings have another size than its own."""

import torch
from torch import Tensor
from torch.nn import functional

from tracker.train.reid_loss import SHARPNESS

TEMPERATURE = 3.0
SELF = -1e4  # likeness of a picture to itself, which tells nothing


def likeness_distance(embedding: Tensor, target: Tensor) -> Tensor:
    """Mean divergence of who is like whom in a batch.

    Args:
        embedding: (B, D) float32.
        target: (B, E) float32 of unit length.
    """
    placed = functional.normalize(embedding)
    itself = torch.eye(len(placed), device=placed.device, dtype=torch.bool)
    own = (SHARPNESS * placed @ placed.T).masked_fill(itself, SELF)
    wanted = (SHARPNESS * target @ target.T).masked_fill(itself, SELF)
    return _divergence(own, wanted)


def soft_label_distance(logits: Tensor, wanted: Tensor) -> Tensor:
    """Divergence of softened class distributions (B, K), scaled as in Hinton et al., 1503.02531."""
    return TEMPERATURE**2 * _divergence(logits / TEMPERATURE, wanted / TEMPERATURE)


def _divergence(own: Tensor, wanted: Tensor) -> Tensor:
    return functional.kl_div(
        functional.log_softmax(own, dim=1), functional.log_softmax(wanted, dim=1),
        reduction="batchmean", log_target=True,
    )  # fmt: skip


def hardest_triplets(embedding: Tensor, person: Tensor, margin: float = 0.3) -> Tensor:
    """As `tracker.train.reid_loss.batch_hard_triplet` at unit length, by one matrix product."""
    placed = functional.normalize(embedding)
    distance = (2 - 2 * placed @ placed.T).clamp(min=1e-7).sqrt()
    same = person[:, None] == person[None]
    farthest = distance.masked_fill(~same, 0).amax(dim=1)
    nearest = distance.masked_fill(same, torch.inf).amin(dim=1)
    return functional.relu(margin + farthest - nearest).mean()
