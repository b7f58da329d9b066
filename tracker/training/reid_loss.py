"""The losses of ReID training."""

import torch
from torch import Tensor
from torch.nn import functional

SHARPNESS = 12.0  # of the distributions over a batch's targets


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


def teacher_distance(embedding: Tensor, target: Tensor) -> Tensor:
    """Mean cosine distance to the targets, plus how the likeness to all targets differs.

    The second term is the divergence between two distributions over the batch's targets: that of
    the target itself, and that of the embedding. The first makes the scale alike, the second
    cares for who is more alike than whom. Without any target it is 0.

    Args:
        embedding: (B, D) float32.
        target: (B, D) float32 of unit length.
    """
    if not len(target):
        return embedding.sum()
    placed = functional.normalize(embedding)
    likeness, wanted = placed @ target.T, target @ target.T  # (B, B)
    divergence = functional.kl_div(
        functional.log_softmax(SHARPNESS * likeness, dim=1),
        functional.log_softmax(SHARPNESS * wanted, dim=1),
        reduction="batchmean", log_target=True,
    )  # fmt: skip
    return 1 - likeness.diagonal().mean() + divergence
