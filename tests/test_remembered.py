"""People whose visits are no longer at hand are remembered by their looks, in bounded memory."""

import tracemalloc
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.parts import look, visit
from tracker.core.config import LinkConfig
from tracker.core.types import EMBEDDING_SIZE
from tracker.identity.online import OnlineIdentities
from tracker.identity.remembered import RememberedPeople


def seen(person: int, number: int):
    return visit("a", number, (number, number + 0.5), person)


def test_who_returns_after_hundreds_of_others_is_known():
    online = OnlineIdentities(LinkConfig())
    for number in range(1, 300):
        at = visit("a", number, (10 * number, 10 * number + 3), person=number)
        assert online.introduce(at) == number
        online.conclude(at)
        online.forget_oldest(each=4, most=20)
    assert online.introduce(visit("b", 1, (99_000, 99_003), person=7)) == 7
    assert online.introduce(visit("b", 2, (99_010, 99_013), person=400)) == 300
    assert online.count == 300


def test_the_nearest_are_found_and_whoever_is_not_asked_for_is_left_out():
    people = RememberedPeople()
    for person in range(1, 200):
        people.take_in(person, seen(person, person))
    mixed = look(5) + 0.5 * look(9)
    assert [v.track_id for v in people.alike(mixed, 2)] == [5, 9]
    assert [v.track_id for v in people.alike(mixed, 1, without=[5])] == [9]
    assert people.alike(mixed, 3, without=range(1, 200)) == []


def test_a_person_takes_one_row_however_much_was_seen_of_them():
    people, count = RememberedPeople(), 256
    tracemalloc.start()
    try:
        for number in range(count):
            many = np.tile(look(0), (64, 1))  # 128 kB
            people.take_in(number + 1, replace(seen(0, number), embeddings=many))
        assert tracemalloc.get_traced_memory()[0] / count < 2 * 4 * EMBEDDING_SIZE
    finally:
        tracemalloc.stop()


def test_whoever_was_seen_longest_ago_is_forgotten_first():
    people = RememberedPeople(most=3)
    for person in (1, 2, 3):
        assert people.take_in(person, seen(person, person)) == []
    assert people.take_in(1, seen(1, 11)) == [("a", 1)]
    assert people.take_in(4, seen(4, 4)) == [("a", 2)]
    assert len(people) == 3
    assert [v.track_id for v in people.alike(look(1), 1)] == [11]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 6), st.integers(1, 6)), max_size=40))
def test_keys_are_those_of_the_people_who_are_remembered(steps: list[tuple[bool, int, int]]):
    people, keys = RememberedPeople(most=4), set()
    for number, (merges, one, other) in enumerate(steps):
        if merges and one != other:
            keys -= set(people.merge(one, other))
        elif not merges:
            keys -= set(people.take_in(one, seen(one, number)))
            keys.add(("a", number))
        assert len(keys) == len(people) <= 4
        found = people.alike(look(1), 10)
        assert {v.key for v in found} == keys
        assert np.allclose([np.linalg.norm(v.embeddings[0]) for v in found], 1)
