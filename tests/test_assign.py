"""Assignments are matchings, as cheap as they can be, and leave their input alone."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tracker.tracking.assignment import assign, match, match_cascade

COSTS = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=6),
    elements=st.one_of(st.floats(0, 1), st.just(np.inf)),
)


@given(COSTS)
def test_an_assignment_is_a_matching_within_the_limit(cost: np.ndarray) -> None:
    before = cost.copy()
    pairs = assign(cost, max_cost=0.6)
    assert np.array_equal(cost, before)
    assert all(cost[row, column] <= 0.6 for row, column in pairs)
    for side in zip(*pairs, strict=True):
        assert len(set(side)) == len(side)


@given(COSTS, st.randoms(use_true_random=False))
def test_the_order_of_columns_does_not_change_the_total(cost: np.ndarray, random: object) -> None:
    columns = list(range(cost.shape[1]))
    random.shuffle(columns)  # type: ignore[attr-defined]
    totals = [sum(c[p] for p in assign(c, 0.6)) for c in (cost, cost[:, columns])]
    assert np.isclose(*totals)


def test_a_forbidden_pair_does_not_take_a_place() -> None:
    cost = np.array([[0.1, np.inf], [0.2, 0.9]])
    assert assign(cost, max_cost=0.5) == [(0, 0)]
    assert assign(np.array([[0.3, 0.1], [0.2, np.inf]]), max_cost=0.5) == [(0, 1), (1, 0)]


def costs(table: np.ndarray):
    def cost_of(tracks: Sequence[int], found: Sequence[int]) -> np.ndarray:
        return table[np.ix_(tracks, found)]

    return cost_of


def test_numbers_are_those_of_the_selection() -> None:
    table = np.array([[9, 9, 9], [9, 9, 0.1], [9, 9, 9]])
    assert match(costs(table), [1], [0, 2], 0.5) == [(1, 2)]
    assert match(costs(table), [], [0], 0.5) == []


def test_the_cascade_serves_recently_seen_tracks_first() -> None:
    table = np.array([[0.1], [0.2]])  # the long lost track looks nearer
    pairs = match_cascade(costs(table), [0, 1], [0], 0.5, age=[20, 0])
    assert pairs == [(1, 0)]
