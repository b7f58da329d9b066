"""Box arithmetic in plain NumPy: conversions, clipping, overlap.

Every box is in pixels of its frame, x to the right and y down, the origin at the top left corner
of the top left pixel; `xyxy` is (left, top, right, bottom) with right and bottom exclusive.
All functions take and return (N, 4) arrays and are defined for N = 0.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


def xyxy_to_xyah(xyxy: Floats) -> Floats:
    """Convert corners to centre x, centre y, aspect ratio (width / height) and height.

    >>> xyxy_to_xyah(np.array([[0.0, 0.0, 10.0, 20.0]])).tolist()
    [[5.0, 10.0, 0.5, 20.0]]
    """
    width_height = xyxy[:, 2:] - xyxy[:, :2]
    centre = xyxy[:, :2] + width_height / 2
    height = width_height[:, 1:]
    return np.concatenate([centre, width_height[:, :1] / height, height], axis=1)


def xyah_to_xyxy(xyah: Floats) -> Floats:
    """Convert centre, aspect ratio and height back to corners."""
    half = np.stack([xyah[:, 2] * xyah[:, 3], xyah[:, 3]], axis=1) / 2
    return np.concatenate([xyah[:, :2] - half, xyah[:, :2] + half], axis=1)


def xyxy_to_xywh(xyxy: Floats) -> Floats:
    """Convert corners to left, top, width, height (the MOTChallenge order)."""
    return np.concatenate([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]], axis=1)


def xywh_to_xyxy(xywh: Floats) -> Floats:
    """Convert left, top, width, height to corners."""
    return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)


def clip(xyxy: Floats, width: int, height: int) -> Floats:
    """Clip corners to an image of `width` x `height` pixels; a box outside gets zero area."""
    limit = np.array([width, height, width, height], dtype=xyxy.dtype)
    return np.clip(xyxy, 0, limit)


def area(xyxy: Floats) -> Floats:
    """Return the areas (N,) in square pixels; 0 where right < left or bottom < top."""
    side = np.maximum(xyxy[:, 2:] - xyxy[:, :2], 0)
    return np.asarray(side[:, 0] * side[:, 1])


def intersection(a: Floats, b: Floats) -> Floats:
    """Return the shared areas in square pixels, (A, 4) x (B, 4) -> (A, B)."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    side = np.maximum(bottom_right - top_left, 0)
    shared: Floats = side[..., 0] * side[..., 1]
    return shared


def iou(a: Floats, b: Floats) -> Floats:
    """Return intersection over union, (A, 4) x (B, 4) -> (A, B) in [0, 1].

    Two boxes of zero area have an IoU of 0.
    """
    shared = intersection(a, b)
    union = area(a)[:, None] + area(b)[None, :] - shared
    result: Floats = np.divide(
        shared, union, out=np.zeros_like(shared, dtype=np.float64), where=union > 0
    )
    return result


def iou_grown(a: Floats, b: Floats, reach: Floats) -> Floats:
    """Return intersection over union, (A, 4) x (B, 4) -> (A, B), with both boxes grown first.

    Args:
        a: (A, 4).
        b: (B, 4).
        reach: (A,) pixels by which a row's box, and those compared with it, grow on each side.
    """
    more = 2 * reach[:, None]
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    side = np.minimum(a[:, None, 2:], b[None, :, 2:]) - top_left + more[..., None]
    shared = np.maximum(side, 0).prod(axis=2)
    size_a, size_b = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    both = (size_a + more).prod(axis=1)[:, None] + (size_b[None] + more[..., None]).prod(axis=2)
    return np.asarray(shared / np.maximum(both - shared, 1e-9))


def shared_part(a: Floats, b: Floats) -> Floats:
    """Return the shared area as a part of the smaller box, (A, 4) x (B, 4) -> (A, B) in [0, 1]."""
    smaller = np.minimum(area(a)[:, None], area(b)[None, :])
    part: Floats = intersection(a, b) / np.maximum(smaller, 1e-9)
    return part
