"""What is learned from labels, and from a teacher whose embeddings have another size."""

import torch
from torch import Tensor
from torch.nn import functional

from tracker.training.reid_loss import SHARPNESS, batch_hard_triplet

SMOOTHING, MARGIN = 0.1, 0.3  # of the labels; of the triplets
TEMPERATURE = 3.0
SELF = -1e4  # likeness of a picture to itself, which tells nothing


def label_losses(logits: Tensor, embedding: Tensor, person: Tensor) -> list[Tensor]:
    """Return cross-entropy and triplet loss, the latter at unit length.

    Args:
        logits: (B, K) of any precision.
        embedding: (B, D) of any precision.
        person: (B,) int64.
    """
    placed = functional.normalize(embedding.float())
    return [
        functional.cross_entropy(logits.float(), person, label_smoothing=SMOOTHING),
        batch_hard_triplet(placed, person, MARGIN),
    ]


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
