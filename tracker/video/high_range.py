"""HDR pictures as a usual screen shows them: white as paper, what is brighter is white too.

Light by code value after ITU-R BT.2100 (PQ and HLG, with its system gamma), paper's white after
BT.2408, colours from BT.2020's to BT.709's after BT.2087, here on the screen's values.
"""

import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorTrc

from tracker.core.types import Image

_Values = npt.NDArray[np.float64]

PAPER_NITS, PAPER_SIGNAL = 203.0, 0.75  # white in PQ, in candela per square metre, and in HLG
SCREEN_GAMMA, SYSTEM_GAMMA = 2.4, 1.2
TO_BT709 = np.array(  # blue, green, red
    [[1.1187, -0.1006, -0.0182], [-0.0083, 1.1329, -0.1246], [-0.0728, -0.5876, 1.6605]]
)


def _pq(code: _Values) -> _Values:
    power = code ** (32 / 2523)
    light = np.maximum(power - 3424 / 4096, 0) / (2413 / 128 - 2392 / 128 * power)
    return np.asarray(10_000 / PAPER_NITS * light ** (16384 / 2610))


def _hlg(code: _Values) -> _Values:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(code <= 1 / 2, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    white = (np.exp((PAPER_SIGNAL - c) / a) + b) / 12
    return np.asarray((scene / white) ** SYSTEM_GAMMA)


def _shown(light: _Values) -> Image:
    return np.rint(255 * np.clip(light, 0, 1) ** (1 / SCREEN_GAMMA)).astype(np.uint8)


_CODES = np.arange(256) / 255
TABLES: dict[int, Image] = {
    ColorTrc.SMPTE2084: _shown(_pq(_CODES)),
    ColorTrc.ARIB_STD_B67: _shown(_hlg(_CODES)),
}


def as_usual(image: Image, curve: int) -> Image:
    """Return a picture (H, W, 3) uint8 BGR of a curve as a usual screen shows it."""
    if curve not in TABLES:
        return image
    return np.asarray(cv2.transform(cv2.LUT(image, TABLES[curve]), TO_BT709), np.uint8)
