"""k-reciprocal re-ranking equals a dense rendering of its paper, and helps where it should."""

import numpy as np
import pytest

from tracker.core.errors import ConfigError
from tracker.evaluation import rerank as module
from tracker.evaluation.ranking import Shots, rank, rank_blocks, summary
from tracker.evaluation.rerank import reranked


def dense(features: np.ndarray, queries: int, k1: int, k2: int, share: float) -> np.ndarray:
    """The method on full matrices and Python sets, for unit-length cosine distances."""
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    squared = np.square(1 - unit @ unit.T)
    distance = (squared / squared.max(axis=0)).T
    order = np.argsort(distance, axis=1, kind="stable")
    count = len(features)

    def mutual(item: int, k: int) -> set[int]:
        return {int(j) for j in order[item, : k + 1] if item in order[j, : k + 1]}

    vectors = np.zeros((count, count))
    for i in range(count):
        base = mutual(i, k1)
        members = set(base)
        for j in base:
            own = mutual(j, round(k1 / 2))
            if len(own & base) > 2 / 3 * len(own):
                members |= own
        chosen = sorted(members)
        weights = np.exp(-distance[i, chosen])
        vectors[i, chosen] = weights / weights.sum()
    vectors = np.stack([vectors[order[i, :k2]].mean(axis=0) for i in range(count)])
    jaccard = np.empty((queries, count))
    for i in range(queries):
        common = np.minimum(vectors[i], vectors).sum(axis=1)
        jaccard[i] = 1 - common / (2 - common)
    final = (1 - share) * jaccard + share * distance[:queries]
    return final[:, queries:]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("setting", [(20, 6, 0.3), (6, 3, 0.5)])
def test_it_equals_the_dense_rendering(
    seed: int, setting: tuple[int, int, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in zip(("K1", "K2", "SHARE"), setting, strict=True):
        monkeypatch.setattr(module, name, value)
    features = np.random.default_rng(seed).standard_normal((60, 5)).astype(np.float32)
    found = reranked(features[:10], features[10:], "cosine")
    assert np.allclose(found, dense(features.astype(float), 10, *setting), atol=1e-4)


def test_common_neighbours_lift_the_scores() -> None:
    random = np.random.default_rng(1)
    person = np.repeat(np.arange(20), 12)
    camera = np.tile(np.arange(12), 20)
    looks = random.standard_normal((20, 16))[person] + 1.2 * random.standard_normal((240, 16))
    everyone = Shots(looks.astype(np.float32), person, camera)
    query, gallery = everyone.of(camera == 0), everyone.of(camera > 0)
    plain = summary(rank(query, gallery, "cosine"))
    distances = reranked(query.embedding, gallery.embedding, "cosine")
    better = summary(rank_blocks(query, gallery, [(np.arange(20), distances)]))
    assert better["mAP"] > plain["mAP"] + 2


def test_too_many_pictures_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 10)
    with pytest.raises(ConfigError, match="allowed are 10"):
        reranked(np.ones((6, 2), np.float32), np.ones((6, 2), np.float32), "cosine")
