"""Box arithmetic: round trips, bounds, symmetry, and no boxes at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tracker.core import boxes

COORDINATE = st.floats(-1e4, 1e4, width=32)
SIDE = st.floats(0.5, 1e4, width=32)


@st.composite
def some_boxes(draw: st.DrawFn) -> np.ndarray:
    count = draw(st.integers(0, 6))
    corner = draw(arrays(np.float64, (count, 2), elements=COORDINATE))
    side = draw(arrays(np.float64, (count, 2), elements=SIDE))
    return np.concatenate([corner, corner + side], axis=1)


@given(some_boxes())
def test_conversions_come_back(xyxy: np.ndarray) -> None:
    assert boxes.xyah_to_xyxy(boxes.xyxy_to_xyah(xyxy)) == pytest.approx(xyxy, abs=1e-6)
    assert boxes.xywh_to_xyxy(boxes.xyxy_to_xywh(xyxy)) == pytest.approx(xyxy, abs=1e-6)


@given(some_boxes(), some_boxes())
def test_overlap_is_symmetric_and_bounded(a: np.ndarray, b: np.ndarray) -> None:
    overlap = boxes.iou(a, b)
    assert overlap.shape == (len(a), len(b))
    assert np.array_equal(overlap, boxes.iou(b, a).T)
    assert ((overlap >= 0) & (overlap <= 1 + 1e-9)).all()
    assert np.diagonal(boxes.iou(a, a)) == pytest.approx(np.ones(len(a)))


def test_overlap_of_known_boxes() -> None:
    a = np.array([[0, 0, 10, 10.0]])
    b = np.array([[5, 0, 15, 10], [10, 0, 20, 10], [0, 0, 10, 10], [3, 3, 3, 3.0]])
    assert boxes.iou(a, b)[0] == pytest.approx([1 / 3, 0, 1, 0])


@given(some_boxes(), st.integers(1, 500), st.integers(1, 500))
def test_clipping_stays_inside(xyxy: np.ndarray, width: int, height: int) -> None:
    clipped = boxes.clip(xyxy, width, height)
    assert (clipped[:, [0, 2]] >= 0).all()
    assert (clipped[:, [0, 2]] <= width).all()
    assert (clipped[:, [1, 3]] <= height).all()
    assert (boxes.area(clipped) <= boxes.area(xyxy) + 1e-6).all()
