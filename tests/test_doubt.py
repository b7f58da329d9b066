"""Links that are rather wrong: people are parted there, and nowhere else."""

from hypothesis import given
from hypothesis import strategies as st

from tests.parts import visit
from tracker.core.types import Identity, Link
from tracker.identity.doubt import is_doubtful, without_doubtful_links

Probabilities = st.lists(st.floats(0, 1), max_size=12)


def person(probabilities: list[float], parents: list[int]) -> tuple[Identity, list[Link]]:
    """Return somebody whose every later visit has a link to an earlier one."""
    visits = [visit("a", n + 1, (10.0 * n, 10.0 * n + 1), 1) for n in range(len(parents) + 1)]
    links = [
        Link(visits[p % n].key, visits[n].key, probability, 0.5, 1.0, visits[n].start_s)
        for n, (p, probability) in enumerate(zip(parents, probabilities, strict=True), 1)
    ]
    return Identity(1, visits), links


@given(Probabilities.flatmap(
    lambda p: st.tuples(st.just(p), st.lists(st.integers(0, 99), min_size=len(p), max_size=len(p)))
))  # fmt: skip
def test_each_doubtful_link_parts_one_person_in_two(case: tuple[list[float], list[int]]) -> None:
    whole, links = person(*case)
    people, kept, taken_back = without_doubtful_links([whole], links)
    assert sorted(v.key for p in people for v in p.visits) == [v.key for v in whole.visits]
    assert len(people) == 1 + len(taken_back)
    assert not any(map(is_doubtful, kept))
    assert all(map(is_doubtful, taken_back))
    of = {v.key: p.global_id for p in people for v in p.visits}
    assert all(of[link.first] == of[link.second] for link in kept)
    assert [p.global_id for p in people] == list(range(1, len(people) + 1))


def test_what_a_person_confirmed_is_in_no_doubt() -> None:
    doubtful = Link(("a", 1), ("a", 2), 0.3, 0.5, 1.0, 10.0)
    assert is_doubtful(doubtful)
    assert not is_doubtful(Link(("a", 1), ("a", 2), 0.3, 0.5, 1.0, 10.0, confirmed=True))
