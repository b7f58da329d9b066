"""Score a ReID network on pictures of known people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tracker.core.errors import ConfigError
from tracker.core.types import EMBEDDING_SIZE, FloatArray
from tracker.datasets.benchmarks import published_tests
from tracker.datasets.folders import list_pictures
from tracker.datasets.pictures import PersonSet, Picture, number, read_picture, split_people
from tracker.datasets.pixels import resized
from tracker.evaluation.ranking import (
    Metric,
    QueryScores,
    Shots,
    distance_blocks,
    first_of_each,
    rank,
    rank_blocks,
    summary,
)
from tracker.evaluation.rerank import reranked
from tracker.models.registry import Preprocessing
from tracker.reid.crop import normalise
from tracker.reid.runtimes import Network

BATCH = 32


@dataclass(frozen=True, slots=True)
class Trial:
    """Pictures to ask for and pictures to search, people and cameras numbered alike."""

    query: PersonSet
    gallery: PersonSet


def make_trials(source: Path, *, val_ids: int = 0) -> list[Trial]:
    """List what to score on.

    A published data set brings its own queries and galleries, some several, whose scores are
    averaged. Of other pictures the first of each person by each camera is a query and the rest
    the gallery.

    Args:
        source: Folder or archive.
        val_ids: Use only the people whom a training with as many ``--val-ids`` keeps back.

    Raises:
        SourceError: The data cannot be read.
        ConfigError: `val_ids` with a data set that has its own test part.
    """
    published = [Trial(*test) for test in published_tests(source)]
    if published and val_ids:
        raise ConfigError(f"--val-ids is for plain pictures; '{source}' has its own test part")
    if published:
        return published
    everyone = number([list_pictures(source)])
    if val_ids:
        everyone = split_people(everyone, val_ids)[1]
    asked = first_of_each(everyone.person, everyone.camera)
    return [Trial(everyone.of(np.flatnonzero(asked)), everyone.of(np.flatnonzero(~asked)))]


def embed_pictures(
    network: Network, pictures: Sequence[Picture], size: Preprocessing
) -> FloatArray:
    """Embed pictures as they are: (N, 512) float32, not of unit length.

    Raises:
        SourceError: A picture cannot be read.
    """
    embedding = np.zeros((len(pictures), EMBEDDING_SIZE), np.float32)
    for start in range(0, len(pictures), BATCH):
        part = pictures[start : start + BATCH]
        rgb = np.stack([resized(read_picture(p), (size.height, size.width)) for p in part])
        embedding[start : start + len(part)] = network(normalise(rgb, size))
    return embedding


@dataclass(frozen=True, slots=True)
class Embedded:
    """A trial with the embeddings of its pictures."""

    trial: Trial
    query: Shots
    gallery: Shots


def embed_trial(network: Network, trial: Trial, size: Preprocessing) -> Embedded:
    """Embed queries and gallery.

    Raises:
        SourceError: A picture cannot be read.
    """
    return Embedded(trial, _shots(network, trial.query, size), _shots(network, trial.gallery, size))


def _shots(network: Network, people: PersonSet, size: Preprocessing) -> Shots:
    return Shots(embed_pictures(network, people.pictures, size), people.person, people.camera)


@dataclass(frozen=True, slots=True)
class Scoring:
    """How to score."""

    metric: Metric = "cosine"  # distance of two embeddings
    other_cameras_only: bool = True  # whether pictures by the query's own camera do not count
    rerank: bool = False  # whether to re-rank by k-reciprocal neighbours


def report(embedded: Sequence[Embedded], scoring: Scoring) -> dict[str, float]:
    """Average the scores, in percent, over the trials.

    Raises:
        ConfigError: Too many pictures to re-rank, or nothing to find.
    """
    results = [summary(score(e.query, e.gallery, scoring)) for e in embedded]
    means = {name: float(np.mean([r[name] for r in results])) for name in results[0]}
    return means | {"splits": float(len(results))}


def score(query: Shots, gallery: Shots, scoring: Scoring) -> QueryScores:
    """Rank, by plain distances or by those of the k-reciprocal re-ranking.

    Raises:
        ConfigError: Too many pictures to re-rank.
    """
    others = scoring.other_cameras_only
    if not scoring.rerank:
        return rank(query, gallery, scoring.metric, other_cameras_only=others)
    distances = reranked(query.embedding, gallery.embedding, scoring.metric)
    blocks = [(np.arange(len(query)), distances)]
    return rank_blocks(query, gallery, blocks, other_cameras_only=others)


@dataclass(frozen=True, slots=True)
class CameraPair:
    """How well people are found from one camera in another."""

    asked: int  # number of the queries' camera, in the sorted order of cameras
    searched: int  # number of the gallery's camera
    queries: int  # those that have something to find
    rank_1: float  # percent
    mean_ap: float  # percent


def camera_pairs(query: Shots, gallery: Shots, metric: Metric) -> list[CameraPair]:
    """Score each pair of two cameras on its own; pairs that share nobody are left out."""
    pairs = []
    for asked in np.unique(query.camera):
        for searched in np.unique(gallery.camera[gallery.camera != asked]):
            from_one, in_other = query.of(query.camera == asked), gallery.camera == searched
            part = rank(from_one, gallery.of(in_other), metric)
            if part.counting.any():
                means = summary(part)
                scores = int(means["queries"]), means["rank-1"], means["mAP"]
                pairs.append(CameraPair(int(asked), int(searched), *scores))
    return pairs


def nearest(query: Shots, gallery: Shots, metric: Metric, count: int) -> np.ndarray:
    """Return the gallery positions that each query finds first: (Q, count) int64.

    Pictures of the same person by the same camera are passed over, as in the scores; a short
    gallery fills the row with -1.
    """
    found = np.full((len(query), count), -1)
    for rows, distances in distance_blocks(query.embedding, gallery.embedding, metric):
        for row, line in zip(rows, distances, strict=True):
            order = np.argsort(line, kind="stable")
            own = gallery.person[order] == query.person[row]
            order = order[~(own & (gallery.camera[order] == query.camera[row]))][:count]
            found[row, : len(order)] = order
    return found
