"""Gaps in a visit are filled in a straight line, and say so."""

import numpy as np
import pytest

from tests.parts import visit
from tracker.core.types import Visit
from tracker.tracking.interpolation import fill_gaps, only_frames


def with_gap(first: int, last: int) -> Visit:
    """A visit of frames 0 to 40 that lacks first..last; the person walks 2 pixels a frame."""
    whole = visit("cam", 1, (0, 4), 1)
    keep = (whole.frame < first) | (whole.frame > last)
    moved = whole.xyxy + np.outer(whole.frame, [2, 0, 2, 0]).astype(np.float32)
    return Visit(
        "cam", 1, whole.frame[keep], whole.time_s[keep], moved[keep], whole.score[keep],
        whole.observed[keep], whole.embeddings,
    )  # fmt: skip


def test_a_short_gap_is_filled_and_marked() -> None:
    filled = fill_gaps(with_gap(10, 14), longest_s=1.0)
    assert filled.frame.tolist() == list(range(41))
    assert filled.frame[~filled.observed].tolist() == [10, 11, 12, 13, 14]
    assert filled.xyxy[:, 0] == pytest.approx(100 + 2 * filled.frame)
    assert filled.time_s == pytest.approx(filled.frame / 10)


def test_a_long_gap_stays_open() -> None:
    gappy = with_gap(10, 30)
    assert fill_gaps(gappy, longest_s=1.0).frame.tolist() == gappy.frame.tolist()


def test_frames_that_were_never_processed_are_not_filled() -> None:
    whole = visit("cam", 1, (0, 4), 1)
    even = whole.frame % 2 == 0
    strided = Visit(
        "cam", 1, whole.frame[even], whole.time_s[even], whole.xyxy[even], whole.score[even],
        whole.observed[even], whole.embeddings,
    )  # fmt: skip
    assert fill_gaps(strided, longest_s=1.0, stride=2).frame.tolist() == list(range(0, 41, 2))


def test_nothing_is_filled_in_before_a_visit_begins() -> None:
    late = with_gap(0, 20)
    assert fill_gaps(late, longest_s=9.0).frame.tolist() == list(range(21, 41))


def test_a_gap_as_long_as_may_be_is_filled() -> None:
    gappy = with_gap(10, 14)
    longest_s = float(gappy.time_s[10] - gappy.time_s[9])
    assert len(fill_gaps(gappy, longest_s=longest_s).frame) == 41


def test_filled_boxes_have_the_last_score_and_the_type_of_others() -> None:
    gappy = with_gap(10, 14)
    gappy.score[:] = np.linspace(0.3, 0.9, len(gappy.score))
    filled = fill_gaps(gappy, longest_s=1.0)
    assert filled.score[~filled.observed].tolist() == [gappy.score[9]] * 5
    assert filled.score[filled.observed].tolist() == gappy.score.tolist()
    assert (filled.score.dtype, filled.xyxy.dtype) == (np.float32, np.float32)


def test_of_filled_boxes_those_of_processed_frames_stay() -> None:
    filled = fill_gaps(with_gap(10, 14), longest_s=1.0)
    kept = only_frames(filled, [11, 13, 99])
    assert kept.frame.tolist() == [*range(10), 11, 13, *range(15, 41)]
    assert kept.observed.sum() == 36
