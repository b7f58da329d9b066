"""Where people stand: from boxes in a calibrated camera's picture to places on the ground."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.float64]
Matrix = tuple[tuple[float, float, float], ...]  # 3 x 3

FEET_ERROR_PX = 3.0  # how far the feet may be from the middle of a box's lower edge,
FEET_ERROR_HEIGHTS = 0.03  # or by this share of the box's height, whichever is more
STEP_ERROR_M = 0.2  # how far the lower edge of a box, the nearer toe, is from under the body
EDGE_PX = 3.0  # from the lower edge of the picture, where boxes are cut off
_STEP_PX = 0.1  # of the numerical derivative
_BACK_PX = 1.0  # an undistorted point that returns farther off lies outside the lens model


@dataclass(frozen=True, slots=True)
class Lens:
    """How a lens bends straight lines: OpenCV's camera matrix and distortion coefficients."""

    matrix: Matrix
    distortion: tuple[float, ...]

    def straighten(self, points: Places) -> Places:
        """Move pixels (N, 2) to where a lens without distortion had them; NaN outside its model."""
        import cv2

        known = np.isfinite(points).all(axis=1)
        straight = np.full(points.shape, np.nan)
        if not known.any():
            return straight
        matrix, bent = np.array(self.matrix), np.array(self.distortion)
        rays = cv2.undistortPoints(points[known][:, None], matrix, bent)[:, 0]
        rays3 = np.column_stack([rays, np.ones(len(rays))])
        back = cv2.projectPoints(rays3[:, None], np.zeros(3), np.zeros(3), matrix, bent)[0][:, 0]
        off = np.linalg.norm(back - points[known], axis=1)
        straight[known] = np.where(off[:, None] <= _BACK_PX, (rays3 @ matrix.T)[:, :2], np.nan)
        return straight


@dataclass(frozen=True, slots=True)
class GroundPlane:
    """A calibrated camera's view of the ground.

    Attributes:
        to_map: Homography from pixels to metres on the map, its sign such that the third
            coordinate is positive below the horizon.
        lens: Distortion that is taken out first; None for none.
    """

    to_map: Matrix
    lens: Lens | None = None

    def locate(self, points: npt.ArrayLike) -> Places:
        """Return the places (N, 2) in metres of pixels (N, 2) on the ground.

        NaN at or above the horizon, so also for what would lie behind the camera.
        """
        pixels = np.asarray(points, np.float64).reshape(-1, 2)
        if self.lens is not None:
            pixels = self.lens.straighten(pixels)
        x, y, w = np.array(self.to_map) @ np.column_stack([pixels, np.ones(len(pixels))]).T
        in_front = w > 0  # False for NaN
        scale = np.where(in_front, w, np.nan)
        return np.column_stack([x / scale, y / scale])

    def place(self, xyxy: npt.ArrayLike) -> Places:
        """Return where people stand, (N, 2) in metres, from their boxes (N, 4) in pixels.

        The feet are taken to be in the middle of the lower edge. NaN where that is at or above
        the horizon.
        """
        return self.locate(feet_of(xyxy))

    def uncertainty(self, xyxy: npt.ArrayLike) -> Places:
        """Return how far off `place` may be, (N,) in metres.

        The root mean square for an error of the feet by 3 pixels in each direction, or 3 % of
        the box's height, and for half a step. NaN where the place is.
        """
        boxes = np.asarray(xyxy, np.float64).reshape(-1, 4)
        feet = feet_of(boxes)
        spread = np.maximum(FEET_ERROR_PX, FEET_ERROR_HEIGHTS * (boxes[:, 3] - boxes[:, 1]))
        steps = np.eye(2) * _STEP_PX
        slopes = [(self.locate(feet + s) - self.locate(feet - s)) / (2 * _STEP_PX) for s in steps]
        unknown = np.isnan(self.locate(feet)).any(axis=1)
        size = np.sqrt((np.stack(slopes) ** 2).sum(axis=(0, 2)))
        return np.asarray(np.where(unknown, np.nan, np.hypot(spread * size, STEP_ERROR_M)))


def feet_of(xyxy: npt.ArrayLike) -> Places:
    """Return the middles (N, 2) of the boxes' lower edges."""
    boxes = np.asarray(xyxy, np.float64).reshape(-1, 4)
    return np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]])


def feet_hidden(xyxy: npt.ArrayLike, height: int) -> npt.NDArray[np.bool_]:
    """Tell which boxes (N,) the lower edge of a picture of this height cuts off."""
    return np.asarray(np.asarray(xyxy, np.float64).reshape(-1, 4)[:, 3] >= height - EDGE_PX)
