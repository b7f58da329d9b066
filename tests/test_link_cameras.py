"""What times and places of cameras say about who is who."""

from dataclasses import replace

from tests.parts import visit
from tracker.core.config import LinkConfig, Travel
from tracker.core.ground import GroundPlane
from tracker.core.types import Visit
from tracker.identity.grouping import Scene
from tracker.identity.offline import link

# Both see the same ground, a hundredth of a metre to a pixel; b's picture begins 2 m to the right.
SCENE = Scene(
    grounds={
        "a": GroundPlane(((0.01, 0, 0), (0, 0.01, 0), (0, 0, 1))),
        "b": GroundPlane(((0.01, 0, 2), (0, 0.01, 0), (0, 0, 1))),
    }
)


def people(visits: list[Visit], config: LinkConfig | None = None, **more: object) -> list[set]:
    linked = link(visits, config or LinkConfig(), **more)
    return [{t.key for t in person.visits} for person in linked.identities]


def test_look_alikes_are_told_apart_by_where_they_stand() -> None:
    twins = [
        visit("a", 1, (0, 5), person=1, x=300),
        visit("a", 2, (0, 5), person=1, x=600),
        visit("b", 1, (0, 5), person=1, x=400),  # = 600 in a
        visit("b", 2, (0, 5), person=1, x=100),  # = 300 in a
    ]
    expected = [{("a", 1), ("b", 2)}, {("a", 2), ("b", 1)}]
    assert people(twins, scene=SCENE) == expected
    blind = [replace(v, embeddings=v.embeddings[:0]) for v in twins]
    assert people(blind, scene=SCENE) == expected


def test_a_link_by_place_says_how_far_apart() -> None:
    pair = [visit("a", 1, (0, 5), person=1, x=310), visit("b", 1, (0, 5), person=1, x=100)]
    (reason,) = link(pair, LinkConfig(), SCENE).links
    assert reason.distance_m is not None
    assert abs(reason.distance_m - 0.1) < 0.01


def test_nobody_is_at_two_places_at_once_however_alike() -> None:
    pair = [visit("a", 1, (0, 5), person=1, x=300), visit("b", 1, (0, 5), person=1, x=500)]
    assert len(people(pair)) == 1
    assert len(people(pair, scene=SCENE)) == 2


def test_nobody_walks_between_calibrated_cameras_in_no_time() -> None:
    far = [visit("a", 1, (0, 5), person=1, x=0), visit("b", 1, (5.5, 9), person=1, x=1500)]
    later = [far[0], visit("b", 1, (30, 35), person=1, x=1500)]
    assert len(people(far, scene=SCENE)) == 2
    assert len(people(later, scene=SCENE)) == 1


def test_who_sat_still_is_found_again_at_the_same_place() -> None:
    pair = [visit("a", 1, (0, 5), None, x=300), visit("a", 2, (12, 20), None, x=302)]
    assert len(people(pair, scene=SCENE)) == 1
    moved = [pair[0], visit("a", 2, (12, 20), None, x=400)]
    assert len(people(moved, scene=SCENE)) == 2


def test_cameras_without_overlap_have_nobody_at_once() -> None:
    pair = [visit("a", 1, (0, 5), person=1), visit("b", 1, (2, 8), person=1)]
    assert len(people(pair, LinkConfig(overlap="yes"))) == 1
    assert len(people(pair, LinkConfig(overlap="no"))) == 2


def test_that_cameras_do_not_overlap_is_seen_from_who_went_from_one_to_the_other() -> None:
    walkers = [
        visit(camera, n, (20 * n + wait, 20 * n + wait + 5), person=n)
        for n in range(1, 6)
        for camera, wait in (("a", 0), ("b", 9))
    ]
    odd = [visit("a", 9, (200, 205), person=9), visit("b", 9, (200, 205), person=9)]
    together = people([*walkers, *odd])
    assert {("a", 9)} in together
    assert {("b", 9)} in together
    assert sum(len(group) == 2 for group in together) == 5
    assert {("a", 9), ("b", 9)} in people([*walkers, *odd], LinkConfig(overlap="yes"))


def test_travel_times_exclude_who_was_too_fast_or_too_slow() -> None:
    config = LinkConfig(travel=(Travel("a", "b", 3, 60),))
    for wait, one in ((1, False), (10, True), (100, False)):
        pair = [visit("a", 1, (0, 5), person=1), visit("b", 1, (5 + wait, 20 + wait), person=1)]
        assert (len(people(pair, config)) == 1) is one
    back = [visit("b", 1, (0, 5), person=1), visit("a", 1, (6, 20), person=1)]
    assert len(people(back, config)) == 1  # nothing is known of the way back


def test_the_order_of_visits_and_cameras_does_not_matter() -> None:
    visits = [visit(c, n, (n, n + 4), person=n, x=100.0 * n) for n in range(1, 5) for c in "ab"]
    assert people(visits[::-1], scene=SCENE) == people(visits, scene=SCENE)
