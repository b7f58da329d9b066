"""What a training minimises: the terms of a recipe's loss."""

import torch
from torch import Tensor
from torch.nn import functional

from tracker.training.reid_loss import batch_hard_triplet, smoothed_cross_entropy, teacher_distance
from tracker.training.reid_recipe import Recipe
from tracker.training.reid_teacher import DistillationTarget, positions_of

UNKNOWN = -1  # class of people of whom there is one picture, where a teacher tells of them


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
        entropy = smoothed_cross_entropy(logits, label, recipe.smoothing)
        parts = {"cross_entropy": entropy}
        if recipe.triplet:
            placed = functional.normalize(known) if recipe.unit_length else known
            parts["triplet"] = recipe.triplet * batch_hard_triplet(placed, label, recipe.margin)
        if taught is not None:
            own = embedding[taught.position]
            parts["teacher"] = recipe.teacher * teacher_distance(own, taught.target)
        return parts, (logits.argmax(dim=1) == label).float().mean()
