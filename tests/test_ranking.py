"""Ranking scores equal a plain reference, however large the gallery."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.errors import ConfigError
from tracker.evaluation import ranking
from tracker.evaluation.ranking import Metric, Shots, first_of_each, rank, summary


def made_up(seed: int, count: int, people: int = 5, cameras: int = 3) -> Shots:
    random = np.random.default_rng(seed)
    return Shots(
        random.standard_normal((count, 6)).astype(np.float32),
        random.integers(0, people, count),
        random.integers(0, cameras, count),
    )


def plain_distance(a: np.ndarray, b: np.ndarray, metric: Metric) -> float:
    if metric == "cosine":
        return float(1 - a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    return float(np.sum((a - b) ** 2))


def reference(query: Shots, gallery: Shots, metric: Metric, *, others: bool) -> dict[str, float]:
    """Loops only, straight from the protocol's words."""
    firsts, precisions, penalties = [], [], []
    for i in range(len(query)):
        line = sorted(
            (plain_distance(query.embedding[i].astype(float), g.astype(float), metric), j)
            for j, g in enumerate(gallery.embedding)
        )
        hits, place = [], 0
        for _, j in line:
            same = gallery.person[j] == query.person[i]
            if others and same and gallery.camera[j] == query.camera[i]:
                continue
            place += 1
            if same:
                hits.append(place)
        if hits:
            firsts.append(hits[0])
            precisions.append(np.mean([(n + 1) / h for n, h in enumerate(hits)]))
            penalties.append(len(hits) / hits[-1])
    scores = {f"rank-{k}": 100 * float(np.mean(np.array(firsts) <= k)) for k in (1, 5, 10, 20)}
    return scores | {
        "mAP": 100 * float(np.mean(precisions)),
        "mINP": 100 * float(np.mean(penalties)),
        "queries": len(firsts),
    }


@pytest.mark.parametrize("metric", ranking.METRICS)
@pytest.mark.parametrize("others", [True, False])
@given(seed=st.integers(0, 10_000), count=st.integers(20, 60))
def test_scores_equal_the_reference(metric: Metric, others: bool, seed: int, count: int) -> None:
    query, gallery = made_up(seed, 12), made_up(seed + 1, count)
    found = summary(rank(query, gallery, metric, other_cameras_only=others))
    assert found == pytest.approx(reference(query, gallery, metric, others=others), abs=1e-3)


def test_equal_distances_count_in_gallery_order() -> None:
    gallery = Shots(np.ones((5, 2), np.float32), np.array([9, 1, 9, 1, 1]), np.ones(5, int))
    query = Shots(np.ones((1, 2), np.float32), np.array([1]), np.array([0]))
    scores = rank(query, gallery, "cosine")
    assert scores.first_hit.tolist() == [2]
    assert scores.average_precision[0] == pytest.approx((1 / 2 + 2 / 4 + 3 / 5) / 3)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    query, gallery = made_up(1, 50), made_up(2, 200)
    whole = rank(query, gallery, "cosine")
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 4 * 200 * 7)
    parts = rank(query, gallery, "cosine")
    assert np.array_equal(whole.first_hit, parts.first_hit)
    assert np.allclose(whole.average_precision, parts.average_precision)


def test_a_block_of_a_large_gallery_stays_small() -> None:
    gallery = np.zeros((100_000, 1), np.float32)
    rows, distances = next(
        ranking.distance_blocks(np.zeros((20_000, 1), np.float32), gallery, "euclidean")
    )
    assert distances.shape == (len(rows), len(gallery))
    assert distances.nbytes <= ranking.BLOCK_BYTES


def test_own_camera_and_strangers_do_not_count() -> None:
    gallery = Shots(np.eye(3, dtype=np.float32), np.array([1, 1, 9]), np.array([0, 1, 1]))
    query = Shots(
        np.array([[1, 0.1, 0.5], [1, 0, 0]], np.float32), np.array([1, 7]), np.array([0, 0])
    )
    scores = rank(query, gallery, "cosine")
    # Nearest is the own camera's picture, dropped; then the stranger; then the right one.
    assert scores.first_hit.tolist() == [2, 0]
    assert summary(scores)["queries"] == 1


def test_nothing_to_find_is_an_error() -> None:
    one = made_up(1, 4, cameras=1)
    with pytest.raises(ConfigError, match="--same-camera"):
        summary(rank(one, one, "cosine"))


def test_first_picture_of_each_person_and_camera_is_a_query() -> None:
    person, camera = np.array([3, 3, 3, 1, 3]), np.array([0, 0, 1, 1, 1])
    assert first_of_each(person, camera).tolist() == [True, False, True, True, False]
