"""Who has the same neighbours: the k-reciprocal encoding of a set of looks.

Source: Zhong, Zheng, Cao, Li, "Re-ranking Person Re-identification with k-reciprocal Encoding"
(CVPR 2017, arXiv 1701.08398).
"""

import numpy as np
from scipy.sparse import csr_array

from tracker.core.types import FloatArray, IntArray

OVERLAP = 2 / 3  # of a neighbour's own set, from which on that set is taken in


def neighbourhoods(
    distance: FloatArray, order: IntArray, k1: int, reach: IntArray | None = None
) -> csr_array:
    """Weigh each item's reciprocal neighbours: sparse (N, N), rows that add up to 1.

    Args:
        distance: (N, N) float32.
        order: (N, K) the nearest items of each, itself first; K is at least k1 + 1 or N.
        k1: Neighbours that may be reciprocal.
        reach: (N,) how many of `order` are near enough to be neighbours at all, at least 1.
    """
    nearest = [row if reach is None else row[:n] for row, n in _rows(order, reach)]
    half = round(k1 / 2)
    halves = [_reciprocal(nearest, item, half) for item in range(len(order))]
    columns = [_expanded(_reciprocal(nearest, i, k1), halves) for i in range(len(order))]
    weights = [_weights(distance[i, members]) for i, members in enumerate(columns)]
    starts = np.cumsum([0, *(len(members) for members in columns)])
    shape = (len(order), len(order))
    return csr_array((np.concatenate(weights), np.concatenate(columns), starts), shape=shape)


def averaged(weights: csr_array, order: IntArray, reach: IntArray | None = None) -> csr_array:
    """Average each row of weights over the rows of the nearest items (N, k2)."""
    count = len(order)
    nearest = [row if reach is None else row[:n] for row, n in _rows(order, reach)]
    share = np.concatenate([np.full(len(row), 1 / len(row), np.float32) for row in nearest])
    starts = np.cumsum([0, *(len(row) for row in nearest)])
    mean = csr_array((share, np.concatenate(nearest), starts), (count, count))
    return csr_array(mean @ weights)


def jaccard(weights: csr_array, items: int) -> FloatArray:
    """Return how much the first items share of all neighbourhoods, (items, N) in [0, 1]."""
    by_column = weights.tocsc()
    shared = np.empty((items, weights.shape[0]), np.float32)
    for item in range(items):
        common = np.zeros(weights.shape[0], np.float32)
        span = slice(weights.indptr[item], weights.indptr[item + 1])
        for column, value in zip(weights.indices[span], weights.data[span], strict=True):
            part = slice(by_column.indptr[column], by_column.indptr[column + 1])
            common[by_column.indices[part]] += np.minimum(by_column.data[part], value)
        shared[item] = common / (2 - common)
    return shared


def _rows(order: IntArray, reach: IntArray | None) -> "zip[tuple[IntArray, int]]":
    lengths = [order.shape[1]] * len(order) if reach is None else reach.tolist()
    return zip(order, lengths, strict=True)


def _reciprocal(nearest: list[IntArray], item: int, k: int) -> IntArray:
    """Return those of the item's k + 1 nearest that count it among their own k + 1."""
    mutual = [other for other in nearest[item][: k + 1] if item in nearest[other][: k + 1]]
    return np.array(mutual, np.int64)


def _expanded(members: IntArray, halves: list[IntArray]) -> IntArray:
    """Take in the sets of those members whose set lies mostly inside already."""
    inside = set(members.tolist())
    taken = set(inside)
    for candidate in members:
        own = halves[candidate].tolist()
        if sum(other in inside for other in own) > OVERLAP * len(own):
            taken.update(own)
    return np.array(sorted(taken), np.int64)


def _weights(distances: FloatArray) -> FloatArray:
    weights = np.exp(-distances)
    return np.asarray(weights / weights.sum(), np.float32)
