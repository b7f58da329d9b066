"""Many visits are decided on in parts, and come out as if they were decided on together."""

import numpy as np
import pytest

from tracker.core.config import LinkConfig
from tracker.core.types import Visit
from tracker.identity import affinity, components, grouping, neighbours
from tracker.identity.affinity import likeness_of
from tracker.identity.components import in_view_together
from tracker.identity.neighbours import itself_first, nearest_looks
from tracker.identity.offline import Linked, appearance_order, link

PEOPLE, VISITS_EACH, CAMERAS = 60, 6, 5


def crowd(seed: int = 3) -> list[Visit]:
    """Visits of people of whom some look much alike, each seen a little differently every time."""
    random = np.random.default_rng(seed)
    own = random.normal(size=(PEOPLE, 512)) + 0.8 * random.normal(size=512)
    visits = []
    for number in range(PEOPLE * VISITS_EACH):
        looks = own[number % PEOPLE] + 0.55 * random.normal(size=512)
        views = looks + 0.4 * random.normal(size=(4, 512))
        start_s = 3.0 * (number // CAMERAS)
        visits.append(Visit(
            camera=f"cam{number % CAMERAS}", track_id=number + 1, frame=np.arange(2),
            time_s=np.array([start_s, start_s + 4]), score=np.ones(2, np.float32),
            xyxy=np.tile(np.float32([0, 0, 40, 100]), (2, 1)), observed=np.ones(2, bool),
            embeddings=(views / np.linalg.norm(views, axis=1)[:, None]).astype(np.float32),
        ))  # fmt: skip
    return visits


@pytest.fixture
def few_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have hardly any visits decided on together, and only the nearest looks compared."""
    for module in (affinity, components, grouping):
        monkeypatch.setattr(module, "TOGETHER", 40)


def groups(linked: Linked) -> list[set[tuple[str, int]]]:
    return [{v.key for v in person.visits} for person in linked.identities]


def test_parts_come_out_as_all_together(request: pytest.FixtureRequest) -> None:
    whole = link(crowd(), LinkConfig())
    request.getfixturevalue("few_together")
    ordered = sorted(crowd(), key=appearance_order)
    assert len(grouping.decide(ordered, LinkConfig(), grouping.Scene())) > 1
    parts = link(crowd(), LinkConfig())
    assert groups(parts) == groups(whole)
    assert 1 < len(whole.identities) < len(crowd())
    told = {x.second: x for x in whole.links}
    for found in parts.links:
        assert found.first == told[found.second].first
        assert found.probability == pytest.approx(told[found.second].probability, abs=0.02)
    same = sum(found.runner_up == told[found.second].runner_up for found in parts.links)
    assert same > 0.9 * len(parts.links)  # who is somebody else's for sure may be missed


@pytest.mark.usefixtures("few_together")
def test_a_threshold_on_the_similarity_holds_for_parts_too() -> None:
    alone = link(crowd(), LinkConfig(gallery_threshold=0.999))
    assert len(alone.identities) == len(crowd())


@pytest.mark.usefixtures("few_together")
def test_too_many_that_hang_together_are_taken_apart_where_they_are_least_alike() -> None:
    likeness = likeness_of(crowd())
    parts = components.components(likeness, least=-1.0)
    assert sorted(n for part in parts for n in part) == list(range(len(crowd())))
    assert max(map(len, parts)) <= 40


def test_the_nearest_looks_are_those_of_all_pairs() -> None:
    looks = np.random.default_rng(1).normal(size=(700, 512)).astype(np.float32)
    looks /= np.linalg.norm(looks, axis=1)[:, None]
    similarity = looks @ looks.T
    np.fill_diagonal(similarity, 2)
    assert (nearest_looks(looks, 9) == np.argsort(-similarity, axis=1)[:, :9]).all()
    assert nearest_looks(looks[:3], 9).shape == (3, 3)


def test_an_index_finds_nearly_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss", reason="the extra 'search' is not installed")
    looks = np.concatenate([v.embeddings for v in crowd()])
    monkeypatch.setattr(neighbours, "EXACT", 100)
    found = nearest_looks(looks, 12)
    assert (found[:, 0] == np.arange(len(looks))).all()
    owner = np.arange(len(looks)) // 4 % PEOPLE
    assert (owner[found] == owner[:, None]).mean() > 0.95


def test_each_is_its_own_nearest_even_among_many_as_near() -> None:
    order = itself_first(np.array([[5, 6, 7], [8, 1, 9]]), np.array([3, 1]))
    assert order.tolist() == [[3, 5, 6], [1, 8, 9]]


def test_whoever_is_in_view_at_once_is_in_one_set() -> None:
    visits = sorted(crowd(), key=appearance_order)
    sets = [set(here.tolist()) for here in in_view_together(visits)]
    for i, one in enumerate(visits):
        for j, other in enumerate(visits[:i]):
            if other.end_s >= one.start_s:
                assert any({i, j} <= s for s in sets)
