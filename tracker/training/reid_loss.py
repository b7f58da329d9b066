"""What ReID training minimises: the terms of a recipe's loss, and their sum for a batch."""

import torch
from torch import Tensor
from torch.nn import functional

from tracker.training.reid_recipe import Recipe
from tracker.training.reid_teacher import DistillationTarget, positions_of

SHARPNESS = 12.0  # of the distributions over a batch's targets
UNKNOWN = -1  # class of people of whom there is one picture, where a teacher tells of them


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


class Objective:
    """The weighted terms for one batch.

    With a teacher somebody with a single picture is no class to learn: all that is known of such
    people is what the teacher says.

    Args:
        recipe: Which terms, and how much they weigh.
        person: (N,) int64, the person on each of the training pictures.
        taught: Whether there is a teacher.
    """

    def __init__(self, recipe: Recipe, person: Tensor, *, taught: bool) -> None:
        self._recipe = recipe
        pictures = torch.bincount(person)
        known = pictures > (1 if taught else 0)
        self._classes = torch.where(known, known.cumsum(0) - 1, UNKNOWN)

    @property
    def classes(self) -> int:
        """Number of people whom the classifier learns."""
        return int(self._classes.max()) + 1

    def __call__(
        self,
        logits: Tensor,
        embedding: Tensor,
        person: Tensor,
        taught: DistillationTarget | None = None,
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Return the terms, and the share () of pictures that the classifier got right.

        Args:
            logits: (B, classes) float32.
            embedding: (B, 512) float32.
            person: (B,) int64 on the CPU.
            taught: What a teacher says of some of them, if there is one.
        """
        recipe = self._recipe
        label = self._classes[person]
        sure = positions_of(label != UNKNOWN, logits.device)
        label = label.to(logits.device, non_blocking=True)[sure]
        logits, known = logits[sure], embedding[sure]
        entropy = functional.cross_entropy(logits, label, label_smoothing=recipe.smoothing)
        parts = {"cross_entropy": entropy}
        if recipe.triplet:
            placed = functional.normalize(known) if recipe.unit_length else known
            parts["triplet"] = recipe.triplet * batch_hard_triplet(placed, label, recipe.margin)
        if taught is not None:
            own = embedding[taught.position]
            parts["teacher"] = recipe.teacher * teacher_distance(own, taught.target)
        return parts, (logits.argmax(dim=1) == label).float().mean()
