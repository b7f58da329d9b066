"""Score embeddings of known people by ranking a gallery for each query: CMC, mAP, mINP."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tracker.core.errors import ConfigError
from tracker.core.types import BoolArray, FloatArray, IntArray
from tracker.reid.embedder import unit_length

Metric = Literal["cosine", "euclidean"]
METRICS: tuple[Metric, ...] = ("cosine", "euclidean")
RANKS = (1, 5, 10, 20)
BLOCK_BYTES = 256 << 20  # of distances at a time: 20 000 x 100 000 of them would be 8 GB


@dataclass(frozen=True, slots=True)
class Shots:
    """Embedded pictures with what is known of them."""

    embedding: FloatArray  # (N, D) float32, of any length
    person: IntArray  # (N,) int64
    camera: IntArray  # (N,) int64

    def __len__(self) -> int:
        return len(self.person)

    def of(self, chosen: IntArray | BoolArray) -> "Shots":
        """Return those at the positions `chosen`."""
        return Shots(self.embedding[chosen], self.person[chosen], self.camera[chosen])


@dataclass(frozen=True, slots=True)
class QueryScores:
    """How well each query was answered."""

    # (Q,) int64 rank, from 1, of the first right answer; 0 where there is none to find, so that
    # the query does not count
    first_hit: IntArray
    average_precision: FloatArray  # (Q,) float32, non-interpolated
    # (Q,) float32, right answers / rank of the last of them (mINP's term)
    inverse_penalty: FloatArray

    @property
    def counting(self) -> BoolArray:
        """(Q,) bool: which queries have something to find."""
        return self.first_hit > 0


def rank(
    query: Shots, gallery: Shots, metric: Metric, *, other_cameras_only: bool = True
) -> QueryScores:
    """Rank the gallery for each query by ascending distance, equal ones in gallery order.

    Args:
        query: Q pictures.
        gallery: G pictures.
        metric: ``cosine``, or ``euclidean`` on the embeddings as they are.
        other_cameras_only: Drop, for each query, the gallery's pictures of the same person by
            the same camera (the rule of Market-1501 and its like); else nothing is dropped.
    """
    blocks = distance_blocks(query.embedding, gallery.embedding, metric)
    return rank_blocks(query, gallery, blocks, other_cameras_only=other_cameras_only)


def rank_blocks(
    query: Shots,
    gallery: Shots,
    blocks: Iterable[tuple[IntArray, FloatArray]],
    *,
    other_cameras_only: bool = True,
) -> QueryScores:
    """Rank as `rank` by given distances: query numbers (n,) with their rows (n, G)."""
    parts = [
        _score_block(distances, query.of(rows), gallery, other_cameras_only)
        for rows, distances in blocks
    ]
    nothing = (np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.float32))
    columns = [np.concatenate(column) for column in zip(nothing, *parts, strict=True)]
    return QueryScores(columns[0], columns[1], columns[2])


def distance_blocks(
    query: FloatArray, gallery: FloatArray, metric: Metric
) -> Iterator[tuple[IntArray, FloatArray]]:
    """Yield the distance matrix in blocks of rows: row numbers (n,), distances (n, G) float32.

    Cosine distance is 1 - cosine; Euclidean distance is squared, which ranks the same.
    """
    if metric == "cosine":
        query, gallery = unit_length(query), unit_length(gallery)
    squares = np.square(gallery).sum(axis=1)
    step = max(BLOCK_BYTES // (4 * max(len(gallery), 1)), 1)
    for start in range(0, len(query), step):
        rows = np.arange(start, min(start + step, len(query)))
        part = query[rows]
        products = part @ gallery.T
        if metric == "cosine":
            yield rows, 1 - products
        else:
            own = np.square(part).sum(axis=1, keepdims=True)
            yield rows, np.maximum(own + squares - 2 * products, 0)


def summary(scores: QueryScores) -> dict[str, float]:
    """Average over the queries that count: rank-k, mAP and mINP in percent.

    Raises:
        ConfigError: No query has anything to find.
    """
    counting = scores.counting
    if not counting.any():
        raise ConfigError(
            "no query has a picture of the same person by another camera in the gallery; "
            "score people whom several cameras saw, or use --same-camera"
        )
    first = scores.first_hit[counting]
    values = {f"rank-{k}": float(np.mean(first <= k)) for k in RANKS}
    values["mAP"] = float(scores.average_precision[counting].mean())
    values["mINP"] = float(scores.inverse_penalty[counting].mean())
    return {name: 100 * value for name, value in values.items()} | {
        "queries": float(counting.sum())
    }


def first_of_each(person: IntArray, camera: IntArray) -> BoolArray:
    """Choose queries where a set has none: the first picture of each person by each camera.

    Returns:
        (N,) bool; the others are the gallery.
    """
    chosen = np.zeros(len(person), bool)
    _, first = np.unique(np.stack([person, camera], axis=1), axis=0, return_index=True)
    chosen[first] = True
    return chosen


def _score_block(
    distances: FloatArray, query: Shots, gallery: Shots, other_cameras_only: bool
) -> tuple[IntArray, FloatArray, FloatArray]:
    scores = []
    for row, person, camera in zip(distances, query.person, query.camera, strict=True):
        right = gallery.person == person
        kept = ~(right & (gallery.camera == camera)) if other_cameras_only else slice(None)
        scores.append(_score_hits(_ranks_of(np.flatnonzero(right[kept]), row[kept])))
    first, precision, penalty = zip(*scores, strict=True)
    return (
        np.array(first, np.int64),
        np.array(precision, np.float32),
        np.array(penalty, np.float32),
    )


def _ranks_of(places: IntArray, distances: FloatArray) -> IntArray:
    """Return the ranks, from 1 and ascending, that gallery places have in a stable sort.

    Sorting the bare distances is several times faster than sorting their places.
    """
    ordered, own = np.sort(distances), distances[places]
    ranks = np.searchsorted(ordered, own) + 1
    tied = np.searchsorted(ordered, own, side="right") > ranks
    for index in np.flatnonzero(tied):  # rare: equal distances count in gallery order
        ranks[index] += np.count_nonzero(distances[: places[index]] == own[index])
    return np.sort(ranks)


def _score_hits(ranks: IntArray) -> tuple[int, float, float]:
    """Score one query by the ranks, from 1, of its right answers."""
    if not len(ranks):
        return 0, 0.0, 0.0
    precision = np.arange(1, len(ranks) + 1) / ranks
    return int(ranks[0]), float(precision.mean()), float(len(ranks) / ranks[-1])
