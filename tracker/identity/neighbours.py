"""Whose looks are nearest to whose."""

from collections.abc import Iterator

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import IntArray

EXACT = 20_000  # looks up to which each is compared with all others
ROWS = 512  # looks compared at once
SHORT = 128  # numbers of a look in an index: 97 in 100 of the nearest are found among 200,000
LISTS_PER_ROOT, PROBES = 2, 24  # lists of an index by the root of the looks; so many are searched


def nearest_looks(looks: Floats, count: int) -> IntArray:
    """Return the nearest looks of each, (N, count) int64: itself first, ties by number.

    Up to `EXACT` looks, or where faiss is not installed, each is compared with all others, in
    N^2 steps; beyond that by an inverted file index of their principal components, which misses
    few of them.

    Source: Jegou, Douze, Schmid, "Product Quantization for Nearest Neighbor Search" (PAMI 2011),
    section IV-A, without the quantization.

    Args:
        looks: (N, D) float32 of unit length.
        count: At most N.
    """
    count = min(count, len(looks))
    order = np.empty((len(looks), count), np.int64)
    for rows, found, similarity in _found(looks, count):
        ranked = np.lexsort((found, -similarity), axis=1)
        order[rows] = itself_first(np.take_along_axis(found, ranked, axis=1), rows)
    return order


def itself_first(order: IntArray, rows: IntArray) -> IntArray:
    """Return neighbours (R, K) with each of the items (R,) before all others."""
    own = order == rows[:, None]
    own[~own.any(axis=1), -1] = True  # crowded out by others as near: takes the last one's place
    rank = np.argsort(~own, axis=1, kind="stable")
    moved = np.take_along_axis(order, rank, axis=1)
    moved[:, 0] = rows
    return moved


def _found(looks: Floats, count: int) -> Iterator[tuple[IntArray, IntArray, Floats]]:
    """Yield rows (R,), their nearest (R, count) in no order, and the similarities of these."""
    index = _index(looks) if len(looks) > EXACT else None
    for first in range(0, len(looks), ROWS):
        rows = np.arange(first, min(first + ROWS, len(looks)))
        if index is None:
            similarity = looks[rows] @ looks.T
            found = np.argpartition(-similarity, count - 1, axis=1)[:, :count]
            yield rows, found, np.take_along_axis(similarity, found, axis=1)
        else:
            similarity, found = index.search(looks[rows], count)
            yield rows, found, similarity


def _index(looks: Floats):  # type: ignore[no-untyped-def]  # noqa: ANN202 - faiss has no types
    """Return a faiss index over the looks; None where faiss is not installed."""
    try:
        import faiss
    except ImportError:
        return None
    lists = int(LISTS_PER_ROOT * len(looks) ** 0.5)
    short = min(SHORT, looks.shape[1])
    index = faiss.index_factory(
        looks.shape[1], f"PCA{short},IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT
    )
    index.train(looks[:: max(1, len(looks) // (40 * lists))])
    index.add(looks)
    faiss.extract_index_ivf(index).nprobe = PROBES
    return index
