"""The Kalman filters of many boxes at once, in closed form.

The filter of `kalman` keeps centre x, centre y, aspect ratio and height apart: no noise and no
measurement ties them. So each is a filter of one place and one velocity, and all of them, of all
tracks, are a few array operations. Tests compare the two.
"""

import numpy as np

from tracker.core.boxes import Floats, xyah_to_xyxy, xyxy_to_xyah
from tracker.tracking.camera_motion import zoom
from tracker.tracking.kalman import STD_POSITION, STD_VELOCITY, STEPS_PER_S

# Rows of one box's state; each has a column for centre x, centre y, aspect ratio and height.
PLACE, VELOCITY, VAR_PLACE, COVARIANCE, VAR_VELOCITY = range(5)
_ASPECT = 2


def begin(xyxy: Floats) -> Floats:
    """Return the states (N, 5, 4) of boxes (N, 4) that were seen once."""
    measured = xyxy_to_xyah(xyxy.astype(np.float64))
    state = np.zeros((len(measured), 5, 4))
    state[:, PLACE] = measured
    state[:, VAR_PLACE] = _square(2 * STD_POSITION * measured[:, 3], 1e-2)
    state[:, VAR_VELOCITY] = _square(10 * STD_VELOCITY * measured[:, 3], 1e-5)
    return state


def predict(state: Floats, elapsed_s: Floats) -> Floats:
    """Return the states (N, 5, 4) moved on by so many seconds each, (N,)."""
    steps = np.asarray(elapsed_s * STEPS_PER_S)[:, None]
    height = state[:, PLACE, 3]
    moved = state.copy()
    moved[:, PLACE] += steps * state[:, VELOCITY]
    moved[:, VAR_PLACE] += steps * (
        2 * state[:, COVARIANCE] + steps * state[:, VAR_VELOCITY]
    ) + steps * _square(STD_POSITION * height, 1e-2)
    moved[:, COVARIANCE] += steps * state[:, VAR_VELOCITY]
    moved[:, VAR_VELOCITY] += steps * _square(STD_VELOCITY * height, 1e-5)
    return moved


def carry(state: Floats, move: Floats) -> Floats:
    """Return the states (N, 5, 4) where the camera's move (2, 3) takes them.

    A turn ties x and y together a little; that is left out, since pictures turn little at a time.
    """
    turn, grown = move[:, :2], zoom(move)
    carried = state.copy()
    for row in (PLACE, VELOCITY):
        carried[:, row, :2] = state[:, row, :2] @ turn.T
        carried[:, row, 3] *= grown
    carried[:, PLACE, :2] += move[:, 2]
    for row in (VAR_PLACE, COVARIANCE, VAR_VELOCITY):
        carried[:, row, :2] = state[:, row, :2] @ (turn**2).T
        carried[:, row, 3] *= grown**2
    return carried


def update(state: Floats, xyxy: Floats) -> Floats:
    """Return the states (N, 5, 4) after the detections (N, 4) of the current time."""
    offset = xyxy_to_xyah(xyxy.astype(np.float64)) - state[:, PLACE]
    expected = _innovation(state)
    gain = state[:, VAR_PLACE] / expected
    drift = state[:, COVARIANCE] / expected
    seen = state.copy()
    seen[:, PLACE] += gain * offset
    seen[:, VELOCITY] += drift * offset
    seen[:, VAR_PLACE] *= 1 - gain
    seen[:, COVARIANCE] *= 1 - gain
    seen[:, VAR_VELOCITY] -= drift * state[:, COVARIANCE]
    return seen


def gating_distances(state: Floats, xyxy: Floats) -> Floats:
    """Return squared Mahalanobis distances, (T, 5, 4) x (D, 4) -> (T, D) (paper, eq. 1)."""
    measured = xyxy_to_xyah(xyxy.astype(np.float64))
    offset = measured[None] - state[:, None, PLACE]
    return np.asarray((offset**2 / _innovation(state)[:, None]).sum(axis=2))


def place_odds(state: Floats, xyxy: Floats) -> Floats:
    """Return the log odds of centres being where expected, against anywhere, (T, D).

    Anywhere is one other person on each square of a box's own height.
    """
    measured = xyxy_to_xyah(xyxy.astype(np.float64))
    offset = measured[None, :, :2] - state[:, None, PLACE, :2]
    variance = _innovation(state)[:, :2]
    squared = (offset**2 / variance[:, None]).sum(axis=2)
    spread = 2 * np.pi * np.sqrt(variance.prod(axis=1)) / state[:, PLACE, 3] ** 2
    return np.asarray(-squared / 2 - np.log(spread)[:, None])


def expected_xyxy(state: Floats) -> Floats:
    """Return the expected boxes (N, 4) in pixels."""
    return xyah_to_xyxy(state[:, PLACE])


def _innovation(state: Floats) -> Floats:
    """Return the variances (N, 4) of a detection's difference from what is expected."""
    return np.asarray(state[:, VAR_PLACE] + _square(STD_POSITION * state[:, PLACE, 3], 1e-1))


def _square(std: Floats, aspect_std: float) -> Floats:
    """Return variances (N, 4) from the deviation of lengths (N,) and that of the aspect ratio."""
    variance = np.repeat(np.square(std)[:, None], 4, axis=1)
    variance[:, _ASPECT] = aspect_std**2
    return variance
