"""The losses of ReID training."""

import torch
from torch import Tensor
from torch.nn import functional


def smoothed_cross_entropy(logits: Tensor, person: Tensor, smoothing: float) -> Tensor:
    """Mean cross-entropy against (1 - smoothing) * one-hot + smoothing / K.

    Args:
        logits: (B, K) float32.
        person: (B,) int64.
        smoothing: In [0, 1).
    """
    return functional.cross_entropy(logits, person, label_smoothing=smoothing)


def batch_hard_triplet(embedding: Tensor, person: Tensor, margin: float) -> Tensor:
    """Mean over anchors of max(0, margin + farthest same - nearest other), Euclidean.

    Source: Hermans, Beyer, Leibe, "In Defense of the Triplet Loss for Person
    Re-Identification" (arXiv 1703.07737). An anchor without another picture of its person is its
    own positive at distance 0; a batch with a single person gives 0.

    Args:
        embedding: (B, D) float32.
        person: (B,) int64.
        margin: In units of the distance.
    """
    squared = (embedding[:, None] - embedding[None]).square().sum(dim=2)  # (B, B)
    distance = squared.clamp(min=1e-12).sqrt()  # the root has no gradient at 0
    same = person[:, None] == person[None]
    farthest = distance.masked_fill(~same, 0).amax(dim=1)
    nearest = distance.masked_fill(same, torch.inf).amin(dim=1)
    return functional.relu(margin + farthest - nearest).mean()
