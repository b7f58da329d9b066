"""Re-rank a gallery by common neighbours.

Source: Zhong, Zheng, Cao, Li, "Re-ranking Person Re-identification with k-reciprocal Encoding"
(CVPR 2017, arXiv 1701.08398). All pictures, queries and gallery alike, count as neighbours. The
method holds a (Q + G) x (Q + G) float32 matrix: 20 000 pictures need 1.6 GB, twice.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from tracker.errors import ConfigError
from tracker.evaluate.ranking import Metric, distance_blocks
from tracker.types import FloatArray, IntArray

OVERLAP = 2 / 3  # of a neighbour's own set, from which on that set is taken in
LARGEST = 40_000  # pictures; more would need over 12 GB


@dataclass(frozen=True, slots=True)
class Reranking:
    """The method's settings, with the values of its paper.

    Attributes:
        k1: Neighbours that may be reciprocal.
        k2: Nearest pictures over whose neighbourhoods one is averaged.
        share: Of the plain distance in the result, in [0, 1].
    """

    k1: int = 20
    k2: int = 6
    share: float = 0.3


def reranked(
    query: FloatArray, gallery: FloatArray, metric: Metric, settings: Reranking | None = None
) -> FloatArray:
    """Return new distances (Q, G) float32.

    Args:
        query: (Q, D) float32 embeddings.
        gallery: (G, D) float32 embeddings.
        metric: Of the plain distances; the squared Euclidean one is squared once more, as in the
            reference.
        settings: None takes the paper's.

    Raises:
        ConfigError: More pictures than the method can hold.
    """
    settings = settings or Reranking()
    everything = np.concatenate([query, gallery])
    if len(everything) > LARGEST:
        raise ConfigError(
            f"--rerank cannot hold {len(everything)} pictures; allowed are {LARGEST} queries and "
            "gallery pictures together. Leave it out or use fewer"
        )
    distance = _relative_distances(everything, metric)
    order = np.argsort(distance, axis=1, kind="stable")[:, : settings.k1 + 1]
    weights = _neighbourhoods(distance, order, settings.k1)
    if settings.k2 > 1:
        weights = _averaged(weights, order[:, : settings.k2])
    jaccard = _jaccard_distances(weights, len(query))[:, len(query) :]
    plain = distance[: len(query), len(query) :]
    return np.asarray((1 - settings.share) * jaccard + settings.share * plain, np.float32)


def _relative_distances(everything: FloatArray, metric: Metric) -> FloatArray:
    """Return all squared distances (N, N), each row in units of its largest."""
    squared = np.empty((len(everything), len(everything)), np.float32)
    for rows, block in distance_blocks(everything, everything, metric):
        squared[rows] = np.square(block)
    return np.asarray(squared / np.maximum(squared.max(axis=1, keepdims=True), 1e-12))


def _reciprocal(order: IntArray, item: int, k: int) -> IntArray:
    """Return those of the item's k + 1 nearest that count it among their own k + 1."""
    nearest = order[item, : k + 1]
    mutual = (order[nearest, : k + 1] == item).any(axis=1)
    return np.asarray(nearest[mutual])


def _neighbourhoods(distance: FloatArray, order: IntArray, k1: int) -> csr_array:
    """Weigh each picture's reciprocal neighbours: sparse (N, N), rows that add up to 1."""
    half = round(k1 / 2)
    halves = [_reciprocal(order, item, half) for item in range(len(order))]
    columns = [_expanded(_reciprocal(order, i, k1), halves) for i in range(len(order))]
    weights = [_weights(distance[i, members]) for i, members in enumerate(columns)]
    starts = np.cumsum([0, *(len(members) for members in columns)])
    shape = (len(order), len(order))
    return csr_array((np.concatenate(weights), np.concatenate(columns), starts), shape=shape)


def _expanded(members: IntArray, halves: list[IntArray]) -> IntArray:
    """Take in the sets of those members whose set lies mostly inside already."""
    taken = [members]
    for candidate in members:
        own = halves[candidate]
        if len(np.intersect1d(own, members)) > OVERLAP * len(own):
            taken.append(own)
    return np.unique(np.concatenate(taken))


def _weights(distances: FloatArray) -> FloatArray:
    weights = np.exp(-distances)
    return np.asarray(weights / weights.sum(), np.float32)


def _averaged(weights: csr_array, nearest: IntArray) -> csr_array:
    """Average each row over the rows of the nearest pictures (N, k2)."""
    count, k2 = nearest.shape
    share = np.full(count * k2, 1 / k2, np.float32)
    starts = np.arange(0, count * k2 + 1, k2)
    return csr_array(csr_array((share, nearest.ravel(), starts), (count, count)) @ weights)


def _jaccard_distances(weights: csr_array, queries: int) -> FloatArray:
    """Compare the neighbourhoods of the first rows with all: (queries, N)."""
    by_column = weights.tocsc()
    distances = np.empty((queries, weights.shape[0]), np.float32)
    for item in range(queries):
        common = np.zeros(weights.shape[0], np.float32)
        span = slice(weights.indptr[item], weights.indptr[item + 1])
        for column, value in zip(weights.indices[span], weights.data[span], strict=True):
            part = slice(by_column.indptr[column], by_column.indptr[column + 1])
            common[by_column.indices[part]] += np.minimum(by_column.data[part], value)
        distances[item] = 1 - common / (2 - common)
    return distances
