"""Where people spend their time: a map of it over a picture."""

from collections.abc import Iterable

import cv2
import numpy as np

from tracker.core.ground import feet_of
from tracker.core.types import CameraInfo, Image, Visit

SPREAD = 0.015  # of the picture's width, that a person's feet take up
LONGEST_STEP_S = 1.0  # between two boxes, for which a person counts as there
MOST_COVER = 0.75  # of the picture, by the colour of where people spend most time


def heat_map(camera: CameraInfo, visits: Iterable[Visit], picture: Image | None) -> Image:
    """Return a picture (H, W, 3) of a camera with a colour for the time that feet spent there.

    Args:
        camera: Gives width and height.
        visits: Those to the camera.
        picture: What to draw over, of any size; grey without one.
    """
    size = camera.width, camera.height
    time_s = np.zeros((camera.height, camera.width), np.float32)
    for visit in visits:
        at = feet_of(visit.xyxy).round().astype(int)
        at = np.clip(at, 0, np.array(size) - 1)
        steps = np.minimum(np.diff(visit.time_s, append=visit.time_s[-1]), LONGEST_STEP_S)
        np.add.at(time_s, (at[:, 1], at[:, 0]), steps)
    spread = cv2.GaussianBlur(time_s, (0, 0), SPREAD * camera.width)
    share = np.sqrt(spread / max(float(spread.max()), 1e-9))[..., None]  # the root shows ways too
    colours = cv2.applyColorMap((255 * share).astype(np.uint8), cv2.COLORMAP_VIRIDIS)
    under = np.full(colours.shape, 128, np.uint8) if picture is None else cv2.resize(picture, size)
    cover = MOST_COVER * np.minimum(2 * share, 1)
    return np.asarray(cover * colours + (1 - cover) * under, np.uint8)
