"""Identities: the hard rules hold for any tracklets, and clear cases come out right."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parts import look, visit
from tracker.core.config import LinkConfig, Travel
from tracker.core.types import Identity, Visit
from tracker.identity.affinity import at_least, least_related
from tracker.identity.clustering import constrained_groups
from tracker.identity.offline import link
from tracker.identity.online import OnlineIdentities

CONFIG = LinkConfig()
Groups = list[set[tuple[str, int]]]


def groups(identities: list[Identity]) -> Groups:
    return [{t.key for t in person.visits} for person in identities]


@st.composite
def random_visits(draw: st.DrawFn) -> list[Visit]:
    """Visits of look-alikes to three cameras, at random times, some without any look."""
    visits = []
    for number in range(draw(st.integers(0, 9))):
        start = draw(st.integers(0, 100)) / 10
        length = draw(st.integers(1, 60)) / 10
        person = draw(st.sampled_from([1, 1, 2, None]))
        camera = draw(st.sampled_from("abc"))
        place = draw(st.sampled_from([100.0, 110.0, 900.0]))
        visits.append(visit(camera, number + 1, (start, start + length), person, place))
    return visits


def assert_rules(identities: list[Identity], visits: list[Visit]) -> None:
    assert sorted(k for g in groups(identities) for k in g) == sorted(v.key for v in visits)
    assert [p.global_id for p in identities] == sorted({p.global_id for p in identities})
    for person in identities:
        places = [(t.camera, int(f)) for t in person.visits for f in t.frame]
        assert len(places) == len(set(places)), "one person at two places of one camera"


@settings(deadline=None)
@given(random_visits(), st.randoms(use_true_random=False))
def test_nobody_is_in_one_camera_twice_and_order_does_not_matter(
    visits: list[Visit], random: object
) -> None:
    identities = link(visits, CONFIG).identities
    assert_rules(identities, visits)
    assert [p.global_id for p in identities] == list(range(1, len(identities) + 1))
    shuffled = list(visits)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert groups(link(shuffled, CONFIG).identities) == groups(identities)


@settings(deadline=None)
@given(random_visits())
def test_online_identities_obey_the_same_rules(visits: list[Visit]) -> None:
    online = OnlineIdentities(CONFIG)
    going: list[Visit] = []
    for newcomer in sorted(visits, key=lambda t: t.start_s):
        for over in [t for t in going if t.end_s < newcomer.start_s]:
            online.conclude(over)
            going.remove(over)
        going.append(newcomer)
        online.introduce(newcomer)
    assert_rules(online.linked(visits).identities, visits)


def test_a_person_is_known_again_in_another_camera_and_on_return() -> None:
    visits = [
        visit("a", 1, (0, 3), person=1),
        visit("a", 2, (0, 3), person=2, x=500),
        visit("b", 1, (5, 8), person=1),
        visit("a", 3, (12, 15), person=2),
    ]
    assert groups(link(visits, CONFIG).identities) == [{("a", 1), ("b", 1)}, {("a", 2), ("a", 3)}]


def test_one_person_may_be_in_two_overlapping_views_at_once() -> None:
    visits = [visit("a", 1, (0, 3), person=1), visit("b", 1, (1, 4), person=1)]
    assert len(link(visits, CONFIG).identities) == 1


def test_look_alikes_side_by_side_stay_two_people() -> None:
    visits = [visit("a", 1, (0, 3), person=1), visit("a", 2, (0, 3), person=1, x=500)]
    assert len(link(visits, CONFIG).identities) == 2


def test_nobody_runs_across_the_picture_in_no_time() -> None:
    visits = [visit("a", 1, (0, 3), person=1), visit("a", 2, (3.1, 6), person=1, x=1500)]
    assert len(link(visits, CONFIG).identities) == 2
    later = [visits[0], visit("a", 2, (20, 23), person=1, x=1500)]
    assert len(link(later, CONFIG).identities) == 1


def test_visits_without_any_look_stay_alone() -> None:
    visits = [visit("a", 1, (0, 3), None), visit("b", 1, (5, 8), None)]
    assert len(link(visits, CONFIG).identities) == 2


def test_the_threshold_is_on_the_similarity_of_the_looks() -> None:
    half = (look(1) + look(2)) / np.sqrt(2)  # 0.71 to person 1
    visits = [visit("a", 1, (0, 3), person=1), visit("b", 1, (5, 8), person=1)]
    visits[1].embeddings[:] = half
    assert len(link(visits, LinkConfig(gallery_threshold=0.70)).identities) == 1
    assert len(link(visits, LinkConfig(gallery_threshold=0.72)).identities) == 2


def test_online_waits_until_a_visit_is_over() -> None:
    online = OnlineIdentities(CONFIG)
    first, second = visit("a", 1, (0, 3), person=1), visit("a", 2, (4, 6), person=1)
    assert online.introduce(first) == 1
    assert online.introduce(second) == 2  # 1 may still come back
    online.conclude(first)
    assert online.person_of("a", 2) == 1
    assert [(m.gone, m.kept) for m in online.linked([first, second]).merges] == [(2, 1)]


def test_online_nobody_is_in_two_cameras_that_do_not_overlap() -> None:
    for overlap, people in (("no", 2), ("yes", 1)):
        online = OnlineIdentities(LinkConfig(overlap=overlap))
        both = [visit("a", 1, (0, 8), person=1), visit("b", 1, (0, 8), person=1)]
        for v in both:
            online.introduce(v)
        online.finish(both)
        assert len(online.linked(both).identities) == people


def test_online_who_goes_to_the_next_camera_is_known_when_the_first_visit_is_over() -> None:
    online = OnlineIdentities(LinkConfig(overlap="no"))
    first, second = visit("a", 1, (0, 3), person=1), visit("b", 1, (4, 8), person=1)
    assert [online.introduce(v) for v in (first, second)] == [1, 2]
    online.conclude(first)
    assert online.person_of("b", 1) == 1


def test_online_nobody_is_faster_than_the_way_allows() -> None:
    config = LinkConfig(travel=(Travel("a", "b", 10, 60),))
    for wait_s, people in ((2, 2), (20, 1)):
        online = OnlineIdentities(config)
        first = visit("a", 1, (0, 3), person=1)
        second = visit("b", 1, (3 + wait_s, 9 + wait_s), person=1)
        online.introduce(first)
        online.conclude(first)
        online.introduce(second)
        online.finish([first, second])
        assert len(online.linked([first, second]).identities) == people


@pytest.mark.parametrize("count", [0, 1])
def test_few_visits(count: int) -> None:
    assert len(link([visit("a", 1, (0, 3), 1)][:count], CONFIG).identities) == count


def alike(similarity: float, person: int) -> np.ndarray:
    """Return a look that has this similarity to those of all other people made so."""
    return np.sqrt(similarity) * look(0) + np.sqrt(1 - similarity) * look(person)


@pytest.mark.parametrize(("strangers", "people"), [(0.2, 60), (0.66, 61)])
def test_a_similarity_counts_against_how_alike_strangers_are(strangers: float, people: int) -> None:
    """Two visits of similarity 0.7 among 60 people, of whom some are seen side by side."""
    visits = [visit("a", n, (10 * n, 10 * n + 3), person=n) for n in range(1, 60)]
    visits += [visit("a", 60, (10, 13), person=60, x=500), visit("b", 61, (900, 903), person=60)]
    for number, person in enumerate(visits, start=1):
        person.embeddings[:] = alike(strangers, number)
    visits[-1].embeddings[:] = 0.7 * visits[-2].embeddings[0] + np.sqrt(1 - 0.7**2) * look(300)
    assert len(link(visits, CONFIG).identities) == people


def test_least_relatedness_grows_with_the_number_of_people() -> None:
    least = [least_related(n) for n in (0, 1, 2, 4, 16, 1000)]
    assert least == sorted(least)
    assert least[0] == least[2] < least[3] < least[4] == least[5]


def test_at_least_so_many_people_as_are_seen_at_once() -> None:
    crowd = [visit("a", n, (0, 3), person=n, x=60.0 * n) for n in range(1, 9)]
    assert at_least(crowd) == 8
    assert at_least([visit("a", n, (4 * n, 4 * n + 3), person=n) for n in range(12)]) == 2


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 14), st.integers(0, 10_000))
def test_groups_are_those_of_plain_average_linkage(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.uniform(0, 1, (count, count))
    affinity = ((values + values.T) / 2).astype(np.float32)
    impossible = random.uniform(0, 1, (count, count)) < 0.15
    impossible |= impossible.T
    weight = random.uniform(0.5, 3, count)
    found = constrained_groups(affinity, impossible, weight.tolist(), 0.5)
    assert found == plain_groups(affinity.astype(float), impossible, weight, 0.5)


def plain_groups(
    affinity: np.ndarray, impossible: np.ndarray, weight: np.ndarray, least: float
) -> list[list[int]]:
    """The definition, written out: every mean anew for every merge."""
    parts = [[n] for n in range(len(weight))]
    while True:
        best, pair = least, None
        for i, a in enumerate(parts):
            for j in range(i):
                b = parts[j]
                if impossible[np.ix_(a, b)].any():
                    continue
                shares = np.outer(weight[a], weight[b])
                mean = (affinity[np.ix_(a, b)] * shares).sum() / shares.sum()
                if mean > best:
                    best, pair = mean, (j, i)
        if pair is None:
            return sorted(sorted(p) for p in parts)
        parts[pair[0]] += parts.pop(pair[1])


def test_every_later_visit_has_a_reason() -> None:
    visits = [
        visit("a", 1, (0, 3), person=1),
        visit("a", 2, (0, 3), person=2, x=500),
        visit("b", 1, (5, 8), person=1),
        visit("c", 1, (7, 9), person=1),
    ]
    linked = link(visits, CONFIG)
    assert [(x.first, x.second) for x in linked.links] == [
        (("a", 1), ("b", 1)),
        (("a", 1), ("c", 1)),
    ]
    reason = linked.links[0]
    assert reason.similarity == pytest.approx(1)
    assert reason.gap_s == pytest.approx(2)
    assert reason.runner_up == ("a", 2)
    assert reason.runner_up_probability is not None
    assert reason.runner_up_probability < 0.5 < reason.probability <= 1


@settings(deadline=None, max_examples=50)
@given(random_visits())
def test_links_span_each_person(visits: list[Visit]) -> None:
    linked = link(visits, CONFIG)
    person_of = {t.key: p.global_id for p in linked.identities for t in p.visits}
    assert len(linked.links) == len(visits) - len(linked.identities)
    assert len({x.second for x in linked.links}) == len(linked.links)
    for reason in linked.links:
        assert person_of[reason.first] == person_of[reason.second]
        assert reason.runner_up is None or person_of[reason.runner_up] != person_of[reason.second]
        assert 0 <= reason.probability <= 1


def test_online_links_have_reasons_too() -> None:
    online = OnlineIdentities(CONFIG)
    visits = [visit("a", 1, (0, 3), person=1), visit("b", 1, (5, 8), person=1)]
    online.introduce(visits[0])
    online.conclude(visits[0])
    online.introduce(visits[1])
    (reason,) = online.linked(visits).links
    assert (reason.first, reason.second) == (("a", 1), ("b", 1))
    assert reason.gap_s == pytest.approx(2)
    assert reason.probability > 0.8


def test_a_person_not_recognised_at_once_is_merged_on_a_second_look() -> None:
    online = OnlineIdentities(CONFIG)
    first, entering = visit("a", 1, (0, 3), person=1), visit("b", 1, (5, 6), person=2)
    online.introduce(first)
    online.conclude(first)
    assert online.introduce(entering) == 2  # cut off at the edge of the picture
    whole = visit("b", 1, (5, 8), person=1)
    online.review(whole)
    assert online.person_of("b", 1) == 1
    linked = online.linked([first, whole])
    assert groups(linked.identities) == [{("a", 1), ("b", 1)}]
    assert [(m.gone, m.kept) for m in linked.merges] == [(2, 1)]
    assert [(x.first, x.second) for x in linked.links] == [(("a", 1), ("b", 1))]
