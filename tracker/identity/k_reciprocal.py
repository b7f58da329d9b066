"""Who has the same neighbours: the k-reciprocal encoding of a set of looks.

Source: Zhong, Zheng, Cao, Li, "Re-ranking Person Re-identification with k-reciprocal Encoding"
(CVPR 2017, arXiv 1701.08398).
"""

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, vstack

from tracker.core.types import FloatArray, IntArray

OVERLAP = 2 / 3  # of a neighbour's own set, from which on that set is taken in
ROWS = 1024  # whose shares are computed at once


def neighbourhoods(
    distance: Callable[[int, IntArray], FloatArray], order: IntArray, k1: int,
    reach: IntArray | None = None,
) -> csr_array:  # fmt: skip
    """Weigh each item's reciprocal neighbours: sparse (N, N), rows that add up to 1.

    Args:
        distance: From an item to others (M,), (M,) float32.
        order: (N, K) the nearest items of each, itself first; K is at least k1 + 1 or N.
        k1: Neighbours that may be reciprocal.
        reach: (N,) how many of `order` are near enough to be neighbours at all, at least 1.
    """
    nearest = [row if reach is None else row[:n] for row, n in _rows(order, reach)]
    half = round(k1 / 2)
    halves = [_reciprocal(nearest, item, half) for item in range(len(order))]
    columns = [_expanded(_reciprocal(nearest, i, k1), halves) for i in range(len(order))]
    weights = [_weights(distance(i, members)) for i, members in enumerate(columns)]
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


def jaccard(weights: csr_array, items: int) -> csr_array:
    """Return how much the first items share of all neighbourhoods, sparse (items, N) in [0, 1]."""
    by_column = weights.tocsc()
    blocks = [
        _common(weights[first : min(first + ROWS, items)], by_column)
        for first in range(0, items, ROWS)
    ]
    shared = csr_array(vstack(blocks, format="csr"))
    shared.data = shared.data / (2 - shared.data)
    return shared


def _common(rows: csr_array, by_column: csc_array) -> csr_array:
    """Sum up, for each of the rows (R, N) and each item, the smaller of their weights: (R, N)."""
    entry = rows.tocoo()
    length = np.diff(by_column.indptr)[entry.col]  # others that have this neighbour too
    own = np.repeat(np.arange(len(length)), length)
    offset = np.arange(len(own)) - np.repeat(np.cumsum(length) - length, length)
    place = by_column.indptr[entry.col][own] + offset
    least = np.minimum(by_column.data[place], entry.data[own])
    shape = (rows.shape[0], by_column.shape[0])
    return csr_array(coo_array((least, (entry.row[own], by_column.indices[place])), shape))


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
