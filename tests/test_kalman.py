"""The box filter: what it expects, how sure it is, and that time is time."""

import numpy as np
import pytest
from scipy.stats import chi2

from tracker.tracking import kalman_batch
from tracker.tracking.kalman import CHI2_95_4DOF, STEPS_PER_S, BoxKalman

BOX = np.array([100, 100, 140, 200.0])


def walk(motion: BoxKalman, steps: int, elapsed_s: float, speed_px: float) -> None:
    """Let a person walk to the right at `speed_px` a second."""
    for step in range(1, steps + 1):
        motion.predict(elapsed_s)
        motion.update(BOX + np.array([1, 0, 1, 0]) * speed_px * elapsed_s * step)


def test_a_new_filter_expects_its_box() -> None:
    assert BoxKalman(BOX).xyxy == pytest.approx(BOX)


def test_a_constant_speed_is_learned() -> None:
    motion = BoxKalman(BOX)
    walk(motion, steps=60, elapsed_s=1 / 30, speed_px=90)
    before = motion.xyxy
    motion.predict(1.0)
    assert motion.xyxy - before == pytest.approx([90, 0, 90, 0], abs=4)


def test_speed_is_per_second_whatever_the_frame_rate() -> None:
    slow, fast = BoxKalman(BOX), BoxKalman(BOX)
    walk(slow, steps=20, elapsed_s=0.1, speed_px=50)
    walk(fast, steps=60, elapsed_s=1 / 30, speed_px=50)
    for motion in (slow, fast):
        motion.predict(0.5)
    assert slow.xyxy == pytest.approx(fast.xyxy, abs=3)


def test_one_step_of_the_paper_is_a_thirtieth_of_a_second() -> None:
    """Against the recursion written out with the paper's numbers for dt = 1."""
    motion = BoxKalman(BOX)
    height = 100.0
    p, v = height / 20, height / 160
    cov = np.diag(np.square([2 * p, 2 * p, 1e-2, 2 * p, 10 * v, 10 * v, 1e-5, 10 * v]))
    noise = np.diag(np.square([p, p, 1e-2, p, v, v, 1e-5, v]))
    step = np.eye(8) + np.eye(8, k=4)
    predicted = step @ cov @ step.T + noise
    innovation = predicted[:4, :4] + np.diag(np.square([p, p, 1e-1, p]))
    motion.predict(1 / STEPS_PER_S)
    shifted = (BOX + np.array([10, 0, 10, 0]))[None]
    assert motion.gating_distance(shifted) == pytest.approx([100 / innovation[0, 0]])


def test_the_gate_is_the_95_percent_quantile_and_opens_with_time() -> None:
    assert chi2.ppf(0.95, df=4) == pytest.approx(CHI2_95_4DOF, abs=1e-3)
    motion = BoxKalman(BOX)
    far = (BOX + np.array([60, 0, 60, 0]))[None]
    distances = []
    for _ in range(4):
        motion.predict(0.2)
        distances.append(motion.gating_distance(far)[0])
    assert distances == sorted(distances, reverse=True)


def test_no_detections_have_no_distances() -> None:
    assert BoxKalman(BOX).gating_distance(np.zeros((0, 4))).shape == (0,)


def test_many_boxes_at_once_are_filtered_like_one_by_one() -> None:
    random = np.random.default_rng(0)
    corner = random.uniform(0, 500, (7, 2))
    size = random.uniform(20, 200, (7, 2))
    seen = np.concatenate([corner, corner + size], axis=1)
    alone = [BoxKalman(box) for box in seen]
    together = kalman_batch.begin(seen)
    for elapsed_s in (0.04, 0.1, 0.0, 0.7):
        seen = seen + random.normal(0, 5, seen.shape)
        together = kalman_batch.predict(together, np.full(len(seen), elapsed_s))
        for one in alone:
            one.predict(elapsed_s)
        distances = np.array([one.gating_distance(seen) for one in alone])
        assert kalman_batch.gating_distances(together, seen) == pytest.approx(distances)
        together = kalman_batch.update(together, seen)
        for one, box in zip(alone, seen, strict=True):
            one.update(box)
        expected = np.array([one.xyxy for one in alone])
        assert kalman_batch.expected_xyxy(together) == pytest.approx(expected)


def test_no_boxes_are_filtered() -> None:
    nobody = kalman_batch.begin(np.zeros((0, 4)))
    assert kalman_batch.predict(nobody, np.zeros(0)).shape == (0, 5, 4)
    assert kalman_batch.update(nobody, np.zeros((0, 4))).shape == (0, 5, 4)
    assert kalman_batch.gating_distances(nobody, np.tile(BOX, (3, 1))).shape == (0, 3)
