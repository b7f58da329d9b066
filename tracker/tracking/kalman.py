"""Constant-velocity Kalman filter of one person's box.

Source: Wojke, Bewley, Paulus, "Simple Online and Realtime Tracking with a Deep Association
Metric", ICIP 2017 (arXiv 1703.07402), section 2.1: the state is (x, y, a, h) and its
velocities; all noise grows with the box height h. The recursion itself is filterpy's. This is the
filter of one box as the paper has it; the tracker runs all boxes at once in `kalman_batch`.
"""

import numpy as np
from filterpy.kalman import KalmanFilter

from tracker.core.boxes import Floats, xyah_to_xyxy, xyxy_to_xyah

STD_POSITION = 1 / 20  # of the height: of a measurement, and added by one step
STD_VELOCITY = 1 / 160  # of the height per step
STEPS_PER_S = 30.0  # the paper's noise is per frame of 30 frames/s video; ours is per time
CHI2_95_4DOF = 9.4877  # gate: 95 % quantile of the squared Mahalanobis distance of (x, y, a, h)


class BoxKalman:
    """Position and velocity of one box, with their uncertainty.

    Args:
        xyxy: (4,) pixels, the first detection.
    """

    def __init__(self, xyxy: Floats) -> None:
        measured = _measurement(xyxy)
        height = measured[3]
        self._filter = KalmanFilter(dim_x=8, dim_z=4)
        self._filter.H = np.eye(4, 8)
        self._filter.x = np.concatenate([measured, np.zeros(4)])[:, None]
        position, velocity = 2 * STD_POSITION * height, 10 * STD_VELOCITY * height
        std = [position, position, 1e-2, position, velocity, velocity, 1e-5, velocity]
        self._filter.P = np.diag(np.square(std))

    def predict(self, elapsed_s: float) -> None:
        """Move on by a time; the uncertainty grows with it."""
        steps = elapsed_s * STEPS_PER_S
        height = self._filter.x[3, 0]
        position, velocity = STD_POSITION * height, STD_VELOCITY * height
        std = [position, position, 1e-2, position, velocity, velocity, 1e-5, velocity]
        transition = np.eye(8)
        transition[:4, 4:] = steps * np.eye(4)
        self._filter.predict(F=transition, Q=steps * np.diag(np.square(std)))

    def update(self, xyxy: Floats) -> None:
        """Take in the detection (4,) of the current time."""
        self._filter.update(_measurement(xyxy)[:, None], R=self._noise())

    def gating_distance(self, xyxy: Floats) -> Floats:
        """Return the squared Mahalanobis distances (D,) of detections (D, 4) (paper, eq. 1)."""
        covariance = self._filter.P[:4, :4] + self._noise()
        offset = (xyxy_to_xyah(xyxy) - self._filter.x[:4, 0]).T
        solved = np.linalg.solve(covariance, offset)
        return np.asarray((offset * solved).sum(axis=0))

    @property
    def xyxy(self) -> Floats:
        """The expected box (4,) in pixels."""
        return np.asarray(xyah_to_xyxy(self._filter.x[None, :4, 0])[0])

    def _noise(self) -> Floats:
        position = STD_POSITION * self._filter.x[3, 0]
        return np.diag(np.square([position, position, 1e-1, position]))


def _measurement(xyxy: Floats) -> Floats:
    return np.asarray(xyxy_to_xyah(xyxy[None].astype(np.float64))[0])
