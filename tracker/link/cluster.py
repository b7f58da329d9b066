"""Group items by similarity under hard constraints."""

from collections.abc import Sequence

import numpy as np

from tracker.boxes import FloatArray
from tracker.types import BoolArray


def constrained_groups(
    similarity: FloatArray, impossible: BoolArray, weight: Sequence[float], least: float
) -> list[list[int]]:
    """Merge the two most similar groups again and again, never across an impossible pair.

    Average linkage: the similarity of two groups is the weighted mean over their pairs. Ties go
    to the earlier items, so the result depends on the input alone.

    Args:
        similarity: (N, N), symmetric.
        impossible: (N, N) bool, symmetric; such items never share a group.
        weight: (N,) how much each item counts in the means; an item of weight 0 stays alone.
        least: Smallest similarity at which groups are merged.

    Returns:
        Groups of item numbers, each sorted, in the order of their first items.
    """
    weights = np.asarray(weight, np.float64)
    pair_weight = np.outer(weights, weights)
    total = similarity * pair_weight
    blocked = impossible | (pair_weight == 0)
    groups: dict[int, list[int]] = {i: [i] for i in range(len(weights))}
    mean = np.where(blocked, -np.inf, total / np.where(pair_weight == 0, 1, pair_weight))
    while len(groups) > 1:
        first, second = sorted(divmod(int(mean.argmax()), len(weights)))
        if mean[first, second] < least or first == second:
            break
        groups[first] += groups.pop(second)
        for matrix in (total, pair_weight):
            matrix[first] += matrix[second]
            matrix[:, first] += matrix[:, second]
        blocked[first] |= blocked[second]
        blocked[:, first] |= blocked[:, second]
        blocked[second] = blocked[:, second] = True
        mean[second] = mean[:, second] = -np.inf
        row = np.full(len(weights), -np.inf)
        open_ = ~blocked[first]
        row[open_] = total[first, open_] / pair_weight[first, open_]
        mean[first] = mean[:, first] = row
    return [sorted(group) for _, group in sorted(groups.items())]
