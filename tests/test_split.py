"""A visit that goes on with the wrong person is cut where the other views show it."""

import numpy as np
import pytest

from tracker.core.types import Visit
from tracker.identity.switch_repair import part_at_gaps, split_mixed, trim_overlaps
from tracker.identity.view_affinity import FEET, ViewMap

FPS, FRAMES = 10, 120
SIZES = {name: (640, 480) for name in "abc"}
MAPS = [ViewMap(one, two, FEET, np.eye(3)) for one, two in ("ab", "ac", "bc")]


def where(person: int) -> np.ndarray:
    """Feet in the picture, the same one in all cameras: two who walk to and fro and meet twice."""
    turn = 2 * np.pi * np.arange(FRAMES) / FRAMES + person * np.pi
    return np.stack([320 + 200 * np.sin(turn), 300 + 100 * np.cos(turn)], axis=1)


def visit(camera: str, number: int, people: list[int]) -> Visit:
    """Somebody at each frame."""
    feet = np.array([where(person)[frame] for frame, person in enumerate(people)])
    boxes = np.column_stack([feet[:, 0] - 20, feet[:, 1] - 100, feet[:, 0] + 20, feet[:, 1]])
    seen = np.ones(FRAMES, bool)
    return Visit(
        camera, number, np.arange(FRAMES), np.arange(FRAMES) / FPS, boxes.astype(np.float32),
        seen.astype(np.float32), seen, np.eye(12, 512, dtype=np.float32),
    )  # fmt: skip


def pure(camera: str) -> list[Visit]:
    return [visit(camera, 1, [0] * FRAMES), visit(camera, 2, [1] * FRAMES)]


def swapped(camera: str, at: int) -> list[Visit]:
    return [
        visit(camera, 1, [0] * at + [1] * (FRAMES - at)),
        visit(camera, 2, [1] * at + [0] * (FRAMES - at)),
    ]


@pytest.mark.parametrize("at", [40, 60, 90])
def test_both_who_changed_places_are_cut_there(at: int) -> None:
    parts = split_mixed([*pure("a"), *pure("b"), *swapped("c", at)], MAPS, SIZES)
    assert [p.key for p in parts[:4]] == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    assert [p.key for p in parts[4:]] == [("c", 1), ("c", 3), ("c", 2), ("c", 4)]
    for part in parts[4:]:
        ends = part.frame[[0, -1]]
        assert ends[0] == 0 or abs(ends[0] - at) <= 2
        assert len(part.embeddings) == pytest.approx(12 * len(part.frame) / FRAMES, abs=1)


def test_who_is_right_stays_whole() -> None:
    people = [*pure("a"), *pure("b"), *pure("c")]
    assert split_mixed(people, MAPS, SIZES) == people
    assert split_mixed(people, [], SIZES) == people


def test_two_views_cannot_tell_whose_fault_it_is() -> None:
    people = [*pure("a"), *swapped("b", 60)]
    assert split_mixed(people, MAPS[:1], SIZES) == people


def test_a_moment_with_somebody_else_is_no_change() -> None:
    short = [0] * 60 + [1] * 8 + [0] * (FRAMES - 68)
    people = [*pure("a"), *pure("b"), visit("c", 1, short)]
    assert split_mixed(people, MAPS, SIZES) == people


def test_a_slip_to_somebody_else_is_cut_off() -> None:
    slipped = visit("c", 1, [0] * 70 + [1] * (FRAMES - 70)).rows(np.arange(80))
    found_again = visit("c", 2, [0] * FRAMES).rows(np.arange(72, FRAMES))
    other = visit("c", 3, [1] * FRAMES)
    people = [*pure("a"), slipped, found_again, other]
    trimmed = trim_overlaps(people, MAPS, SIZES)
    assert trimmed[2].frame[-1] == 71
    assert [t is p for t, p in zip(trimmed, people, strict=True)] == [True, True, False, True, True]
    assert trim_overlaps(people, [], SIZES) == people


def test_somebody_else_who_comes_as_one_leaves_is_left_alone() -> None:
    leaving = visit("c", 1, [0] * FRAMES).rows(np.arange(80))
    coming = visit("c", 2, [1] * FRAMES).rows(np.arange(72, FRAMES))
    people = [*pure("a"), leaving, coming]
    assert trim_overlaps(people, MAPS, SIZES) == people


def test_visits_in_turns_are_cut_where_the_other_is_seen() -> None:
    frames = np.arange(FRAMES)
    one = visit("c", 1, [0] * FRAMES).rows((frames < 30) | (frames >= 90))
    other = visit("c", 2, [0] * FRAMES).rows((frames >= 45) & (frames < 75))
    alone = visit("b", 1, [0] * FRAMES).rows((frames < 30) | (frames >= 90))
    parts = part_at_gaps([one, other, alone], MAPS)
    assert [(p.key, p.frame[0], p.frame[-1]) for p in parts] == [
        (("c", 1), 0, 29), (("c", 3), 90, 119), (("c", 2), 45, 74), (("b", 1), 0, 119),
    ]  # fmt: skip
    assert part_at_gaps([one, other], []) == [one, other]


def test_a_gap_beside_somebody_who_was_there_before_stays() -> None:
    frames = np.arange(FRAMES)
    one = visit("c", 1, [0] * FRAMES).rows((frames < 30) | (frames >= 90))
    people = [one, visit("c", 2, [1] * FRAMES)]
    assert part_at_gaps(people, MAPS) == people
