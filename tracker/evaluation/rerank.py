"""Re-rank a gallery by common neighbours.

Source: Zhong, Zheng, Cao, Li, "Re-ranking Person Re-identification with k-reciprocal Encoding"
(CVPR 2017, arXiv 1701.08398). All pictures, queries and gallery alike, count as neighbours. The
method holds a (Q + G) x (Q + G) float32 matrix: 20 000 pictures need 1.6 GB, twice.
"""

import numpy as np

from tracker.core.errors import ConfigError
from tracker.core.types import FloatArray
from tracker.evaluation.ranking import Metric, distance_blocks
from tracker.identity.k_reciprocal import averaged, jaccard, neighbourhoods

LARGEST = 40_000  # pictures; more would need over 12 GB
K1 = 20  # neighbours that may be reciprocal,
K2 = 6  # nearest pictures over whose neighbourhoods one is averaged,
SHARE = 0.3  # and that of the plain distance in the result, all three as in the paper


def reranked(query: FloatArray, gallery: FloatArray, metric: Metric) -> FloatArray:
    """Return new distances (Q, G) float32.

    Args:
        query: (Q, D) float32 embeddings.
        gallery: (G, D) float32 embeddings.
        metric: Of the plain distances; the squared Euclidean one is squared once more, as in the
            reference.

    Raises:
        ConfigError: More pictures than the method can hold.
    """
    everything = np.concatenate([query, gallery])
    if len(everything) > LARGEST:
        raise ConfigError(
            f"--rerank cannot hold {len(everything)} pictures; allowed are {LARGEST} queries and "
            "gallery pictures together. Leave it out or use fewer"
        )
    distance = _relative_distances(everything, metric)
    order = np.argsort(distance, axis=1, kind="stable")[:, : K1 + 1]
    weights = neighbourhoods(lambda i, others: distance[i, others], order, K1)
    weights = averaged(weights, order[:, :K2])
    apart = 1 - jaccard(weights, len(query))[:, len(query) :].toarray()
    plain = distance[: len(query), len(query) :]
    return np.asarray((1 - SHARE) * apart + SHARE * plain, np.float32)


def _relative_distances(everything: FloatArray, metric: Metric) -> FloatArray:
    """Return all squared distances (N, N), each row in units of its largest."""
    squared = np.empty((len(everything), len(everything)), np.float32)
    for rows, block in distance_blocks(everything, everything, metric):
        squared[rows] = np.square(block)
    return np.asarray(squared / np.maximum(squared.max(axis=1, keepdims=True), 1e-12))
