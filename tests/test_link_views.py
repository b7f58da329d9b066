"""Maps between the pictures of cameras without calibration, learned from who walks there."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parts import look
from tracker.core.config import LinkConfig
from tracker.core.ground import GroundPlane
from tracker.core.types import Visit
from tracker.identity.grouping import Scene
from tracker.identity.homography import learn_views
from tracker.identity.offline import link, only_clearly_seen
from tracker.identity.online import OnlineIdentities
from tracker.identity.view_affinity import FEET, nearness

SIZE = (800, 600)
SIZES = {"a": SIZE, "b": SIZE}
# Where b's picture shows what a's does: turned, smaller, seen from another side.
TO_B = np.array([[-0.8, 0.1, 750], [0.05, 0.7, 80], [0.0, -0.0002, 1.0]])
SECONDS = 24


def walk(seed: int) -> np.ndarray:
    """Feet (T, 2) in a's picture of somebody who wanders about, 10 times a second."""
    random = np.random.default_rng(seed)
    corners = random.uniform((150, 250), (650, 500), (9, 2))
    at = np.linspace(0, 8, 10 * SECONDS)
    return np.stack([np.interp(at, np.arange(9), corners[:, k]) for k in (0, 1)], axis=1)


def walker(
    camera: str, track_id: int, feet: np.ndarray, person: int = 1, score: float = 0.9
) -> Visit:
    """A visit of somebody 100 pixels tall who walks there."""
    frame = np.arange(len(feet))
    noise = np.random.default_rng(track_id).normal(0, 2, (len(feet), 2))
    x, y = (feet + noise).T
    return Visit(
        camera=camera,
        track_id=track_id,
        frame=frame,
        time_s=frame / 10,
        xyxy=np.stack([x - 20, y - 100, x + 20, y], axis=1).astype(np.float32),
        score=np.full(len(feet), score, np.float32),
        observed=np.ones(len(feet), bool),
        embeddings=np.stack([look(person)] * 9),
    )


def in_b(feet: np.ndarray) -> np.ndarray:
    x, y, w = TO_B @ np.column_stack([feet, np.ones(len(feet))]).T
    return np.column_stack([x / w, y / w])


def twins() -> list[Visit]:
    """Two who look the same, in both views; their numbers are the other way round in b."""
    one, other = walk(1), walk(2)
    return [
        walker("a", 1, one), walker("a", 2, other), walker("b", 1, in_b(other)),
        walker("b", 2, in_b(one)),
    ]  # fmt: skip


def same_looks(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.ones((len(one), len(other)), np.float32)


def test_a_map_is_found_where_looks_say_nothing() -> None:
    maps = learn_views(twins(), same_looks, SIZES)
    feet = next(m for m in maps if m.edge == FEET)
    there = feet.matrix @ np.array([400, 400, 1.0])
    assert there[:2] / there[2] == pytest.approx(in_b(np.array([[400.0, 400]]))[0], abs=6)
    near = nearness(twins(), maps, SIZES)
    assert near[0, 3] > 0.9
    assert near[1, 2] > 0.9
    assert near[0, 2] < 0.1
    assert np.isnan(near[0, 1])


def test_look_alikes_are_told_apart_by_the_way_they_walk() -> None:
    people = link(twins(), LinkConfig(), Scene(sizes=SIZES)).identities
    assert [{t.key for t in p.visits} for p in people] == [
        {("a", 1), ("b", 2)}, {("a", 2), ("b", 1)},
    ]  # fmt: skip


def test_no_map_between_views_of_different_places() -> None:
    strangers = [walker("a", 1, walk(1)), walker("a", 2, walk(2)),
                 walker("b", 1, walk(3)), walker("b", 2, walk(4))]  # fmt: skip
    assert learn_views(strangers, same_looks, SIZES) == []


@pytest.mark.parametrize("way", ["still", "line"])
def test_who_stands_or_walks_on_one_line_proves_no_map(way: str) -> None:
    feet = np.tile([400.0, 400.0], (240, 1))
    if way == "line":
        feet[:, 0] = np.linspace(100, 700, 240)
    visits = [walker("a", 1, feet), walker("b", 1, in_b(feet))]
    assert learn_views(visits, same_looks, SIZES) == []


def test_calibrated_cameras_and_those_without_overlap_need_no_map() -> None:
    assert learn_views(twins(), same_looks, SIZES, skip=["a", "b"]) == []
    apart = link(twins(), LinkConfig(overlap="no"), Scene(sizes=SIZES)).identities
    assert len(apart) == 4


def test_feet_below_the_picture_prove_nothing() -> None:
    plane = GroundPlane(((0.01, 0, 0), (0, 0.01, 0), (0, 0, 1)))
    cut = [replace(v, xyxy=v.xyxy + np.float32([0, 0, 0, 600])) for v in twins()]
    cut = [replace(v, xyxy=np.minimum(v.xyxy, np.float32(600))) for v in cut]
    scene = Scene(grounds={"a": plane, "b": plane}, sizes=SIZES)
    assert all(x.distance_m is None for x in link(cut, LinkConfig(), scene).links)
    assert learn_views(cut, same_looks, SIZES) == [] or all(
        m.edge != FEET for m in learn_views(cut, same_looks, SIZES)
    )


def test_what_was_never_seen_clearly_is_nobody() -> None:
    pipe = walker("a", 3, np.tile([700.0, 300.0], (50, 1)), person=7, score=0.3)
    hidden = walker("b", 3, np.tile([300.0, 300.0], (50, 1)), person=5, score=0.3)
    clear = walker("a", 4, np.tile([300.0, 550.0], (50, 1)), person=5)
    linked = only_clearly_seen(link([*twins(), pipe, hidden, clear], LinkConfig()))
    kept = {t.key for p in linked.identities for t in p.visits}
    assert ("a", 3) not in kept
    assert {("b", 3), ("a", 4)} <= kept
    assert [p.global_id for p in linked.identities] == list(range(1, len(linked.identities) + 1))
    assert {x.runner_up for x in linked.links} <= kept | {None}


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[Visit], Scene]:
    """Pieces of people who walk through two views, looks that help or do not, any knowledge."""
    visits = []
    for number in range(1, draw(st.integers(1, 7))):
        camera, seed = draw(st.sampled_from("ab")), draw(st.integers(1, 3))
        begin, length = draw(st.integers(0, 180)), draw(st.integers(2, 200))
        feet = walk(seed) if camera == "a" else in_b(walk(seed))
        whole = walker(camera, number, feet, draw(st.sampled_from([1, 1, seed])))
        cut = slice(begin, begin + length)
        parts = {
            n: getattr(whole, n)[cut] for n in ("frame", "time_s", "xyxy", "score", "observed")
        }
        visits.append(replace(whole, **parts))
    plane = GroundPlane(((0.01, 0, 0), (0, 0.01, 0), (0, 0, 1)))
    grounds = draw(st.sampled_from([{}, {"a": plane}, {"a": plane, "b": plane}]))
    return visits, Scene(grounds, draw(st.sampled_from([{}, SIZES])))


@settings(deadline=None, max_examples=25)
@given(scenes())
def test_nobody_is_in_one_camera_twice_however_it_is_decided(
    drawn: tuple[list[Visit], Scene],
) -> None:
    visits, scene = drawn
    online = OnlineIdentities(LinkConfig(), scene)
    shown: dict[tuple[str, int], int] = {}
    for visit in sorted(visits, key=lambda v: v.start_s):
        for over in [v for v in visits if v.key in shown and v.end_s < visit.start_s]:
            online.conclude(over)
        shown[visit.key] = online.introduce(visit)
        online.look(visit.end_s)
    online.finish(visits)
    found = online.linked(visits)
    for people in (link(visits, LinkConfig(), scene).identities, found.identities):
        assert sorted(t.key for p in people for t in p.visits) == sorted(v.key for v in visits)
        for person in people:
            seen = [(t.camera, int(f)) for t in person.visits for f in t.frame]
            assert len(seen) == len(set(seen))
    now = {t.key: p.global_id for p in found.identities for t in p.visits}
    later = {m.gone: m.kept for m in found.merges}
    for key, person in now.items():  # an id changes by recorded merges alone
        while shown[key] != person:
            shown[key] = later[shown[key]]
