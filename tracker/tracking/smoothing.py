"""Smooth the boxes of a finished visit: a person's box does not shiver, a detector's does.

The centre follows a local line, the size a local mean, both with Gaussian weights in time
(Cleveland, Devlin, "Locally Weighted Regression", 1988). Where the camera itself moves, boxes
shiver for a reason, all together. `camera_path` takes that out where the camera's motion is known;
where it is not, that is found out here and such boxes are left alone.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import BoolArray, Visit

CENTRE_S = 0.3  # standard deviation of the weights in time, for the centre
SIZE_S = 0.5  # and for the size
REACH = 5.0  # deviations after which a weight is nothing
DOUBTFUL_WEIGHT = 0.1  # of an interpolated or cut box, against 1 of a whole detected one
EDGE = 3.0  # pixels from the picture's edge
SHAKE = 0.1  # share of the shiver that all boxes of a frame have in common; more: camera moves
FEWEST_MEETINGS = 30  # pairs of boxes in one frame needed to tell
_CHUNK = 512  # boxes smoothed at once, to bound the memory


def smooth(visit: Visit, cut: BoolArray | None = None) -> Visit:
    """Return the visit with smoothed boxes.

    Args:
        visit: With its gaps filled.
        cut: (K,) which boxes the picture's edge cuts off. They grow and shrink as the person
            enters and leaves, so they stay as they are and hardly count for the others.
    """
    kept = visit.observed & (np.zeros(len(visit.frame), bool) if cut is None else cut)
    centre, size = _centre_and_size(visit.xyxy)
    weight = np.where(visit.observed & ~kept, 1.0, DOUBTFUL_WEIGHT)
    centre = _local_fit(visit.time_s, centre, weight, CENTRE_S, sloped=True)
    half = np.exp(_local_fit(visit.time_s, size, weight, SIZE_S, sloped=False)) / 2
    xyxy = np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)
    return replace(visit, xyxy=np.where(kept[:, None], visit.xyxy, xyxy))


def cut_off(visit: Visit, size: tuple[int, int]) -> BoolArray:
    """Tell which boxes (K,) the edge of a picture of this width and height cuts off."""
    far = np.array(size) - EDGE
    beyond = np.concatenate([visit.xyxy[:, :2] <= EDGE, visit.xyxy[:, 2:] >= far], axis=1)
    return np.asarray(beyond.any(axis=1))


def camera_moves(visits: Sequence[Visit]) -> bool:
    """Tell whether the boxes of a frame shiver together, as they do when the camera moves.

    Of what boxes differ from their own smoothed places, the covariance between people of one
    frame is compared with the variance. On fixed cameras it was at most 0.02 of it (TUD, PETS),
    on moving ones 0.2 to 0.5 (MOT17).
    """
    if not visits:
        return False
    shiver = np.concatenate([_shiver(v) for v in visits])
    frame = np.concatenate([v.frame[v.observed] for v in visits])
    number = np.unique(frame, return_inverse=True)[1]
    people = np.bincount(number)
    total = np.stack([np.bincount(number, shiver[:, k]) for k in (0, 1)], axis=1)
    squares = np.stack([np.bincount(number, shiver[:, k] ** 2) for k in (0, 1)], axis=1)
    meetings = int((people * (people - 1)).sum())
    if meetings < 2 * FEWEST_MEETINGS:
        return False
    covariance = (total**2 - squares).sum(axis=0) / meetings
    variance = squares.sum(axis=0) / people.sum()
    return bool((covariance > SHAKE * np.maximum(variance, 1e-9)).any())


def _shiver(visit: Visit) -> Floats:
    """Return how far (K, 2) in pixels the observed centres are from their smoothed places."""
    centre = _centre_and_size(visit.xyxy)[0]
    weight = np.where(visit.observed, 1.0, DOUBTFUL_WEIGHT)
    fitted = _local_fit(visit.time_s, centre, weight, CENTRE_S, sloped=True)
    return np.asarray((centre - fitted)[visit.observed])


def _centre_and_size(xyxy: Floats) -> tuple[Floats, Floats]:
    """Return centres (K, 2) in pixels and logarithms of width and height (K, 2)."""
    wide = xyxy.astype(np.float64)
    size = np.maximum(wide[:, 2:] - wide[:, :2], 1e-3)
    return (wide[:, :2] + wide[:, 2:]) / 2, np.log(size)


def _local_fit(
    time_s: Floats, values: Floats, weight: Floats, std_s: float, *, sloped: bool
) -> Floats:
    """Return the weighted local mean (K, 2) of values, or with `sloped` the local line's value."""
    first = np.searchsorted(time_s, time_s - REACH * std_s, side="left")
    last = np.searchsorted(time_s, time_s + REACH * std_s, side="right")
    fitted = np.empty_like(values)
    for begin in range(0, len(time_s), _CHUNK):
        rows = slice(begin, begin + _CHUNK)
        near = slice(int(first[rows].min()), int(last[rows].max()))
        apart = time_s[None, near] - time_s[rows, None]
        kernel = np.exp(-((apart / std_s) ** 2) / 2) * weight[None, near]
        mass, mean = kernel.sum(axis=1, keepdims=True), kernel @ values[near]
        if sloped:
            lean = (kernel * apart).sum(axis=1, keepdims=True)
            bend = (kernel * apart**2).sum(axis=1, keepdims=True)
            span = mass * bend - lean**2
            level = span <= 1e-9 * mass**2  # a single instant has no slope
            line = bend * mean - lean * ((kernel * apart) @ values[near])
            fitted[rows] = np.where(level, mean / mass, line / np.where(level, 1, span))
        else:
            fitted[rows] = mean / mass
    return fitted
