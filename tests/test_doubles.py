"""A visit that begins as the double of another is its rest; people who pass each other are two."""

import numpy as np
import pytest

from tracker.core.types import Visit
from tracker.tracking.appearance_odds import AppearanceOdds
from tracker.tracking.duplicates import join_doubled

FPS = 10


def visit(
    first: int, last: int, number: int = 1, *, person: int = 0, score: float = 0.6,
    wide: float = 0, x: float = 100,
) -> Visit:  # fmt: skip
    """A person of 40 x 100 pixels who stands there, alike in all of 20 views."""
    frame = np.arange(first, last + 1)
    look = np.zeros((20, 512), np.float32)
    look[:, person] = 1
    return Visit(
        "cam", number, frame, frame / FPS,
        np.tile(np.float32([x, 50, x + 40 + wide, 150]), (len(frame), 1)),
        np.full(len(frame), score, np.float32), np.ones(len(frame), bool), look,
    )  # fmt: skip


@pytest.mark.parametrize("likeness", [None, AppearanceOdds()], ids=["by motion", "with looks"])
@pytest.mark.parametrize("scores", [(0.6, 0.3), (0.3, 0.6)], ids=["first surer", "second surer"])
def test_who_ends_as_a_double_goes_on_as_the_other(likeness, scores) -> None:
    old, new = visit(0, 30, score=scores[0]), visit(26, 60, 2, score=scores[1], wide=20)
    (whole,) = join_doubled([old, new], likeness)
    assert whole.track_id == 1
    assert whole.frame.tolist() == list(range(61))
    of_both = whole.score[26:31]
    assert np.allclose(of_both, max(scores))


def test_several_breaks_are_mended() -> None:
    parts = [visit(0, 30), visit(27, 60, 2, score=0.5), visit(57, 90, 3)]
    (whole,) = join_doubled(parts, AppearanceOdds())
    assert whole.frame.tolist() == list(range(91))


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (visit(26, 60, 2, person=1), "looks different"),
        (visit(10, 60, 2), "was there for too long beside the other"),
        (visit(26, 60, 2, x=125), "stands beside the other"),
        (visit(26, 29, 2), "is gone before the other"),
        (visit(31, 60, 2), "was never there at once"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_others_are_left_as_they_are(other: Visit, why: str) -> None:
    both = [visit(0, 30), other]
    assert [v.frame.tolist() for v in join_doubled(both, AppearanceOdds())] == [
        v.frame.tolist() for v in both
    ], why
