"""How the pictures of cameras without calibration lie in each other, learned from who walks there.

Where two views overlap, the feet of people who walk on one floor move from picture to picture by
one homography, and so do their heads, nearly, since people are about as tall as each other. Of all
assignments between those in view at once only the right one fits such a map, whatever they wear.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import IntArray, Visit
from tracker.identity.ground_affinity import closeness

HEAD, FEET = 1, 3  # which edge of a box, as a column of xyxy
EDGE = 4.0  # pixels from the picture's edge, where boxes are cut off
STEP_S = 0.2  # places are compared so often,
MOST_STEPS = 300  # but not oftener than so many times in all,
MOST_VISITS = 24  # for so many visits to each camera, the longest
SEEN_S = 0.5  # a box so far in time from one that was observed is none
NEAR = 0.12  # own heights off, the same place,

Sizes = Mapping[str, tuple[int, int]]  # by camera: width and height in pixels


@dataclass(frozen=True, slots=True)
class ViewMap:
    """Where points of one camera's picture are in another's.

    Attributes:
        first: Camera from which the map leads.
        second: Camera to which it leads.
        edge: `FEET` or `HEAD`: for which points it holds.
        matrix: (3, 3) homography, in pixels.
    """

    first: str
    second: str
    edge: int
    matrix: Floats


@dataclass(frozen=True, slots=True)
class SharedView:
    """Points of V visits to one camera at T instants: (V, T, 2) pixels, NaN where not known."""

    visit: IntArray
    point: Floats
    height: Floats  # (V, T) pixels
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Trail:
    """Points (K, 2) of a visit every `STEP_S`, from step `first` on, and where a map has them."""

    first: int
    point: Floats
    height: Floats
    there: Floats


def nearness(visits: Sequence[Visit], maps: Sequence[ViewMap], sizes: Sizes) -> Floats:
    """Return how near (N, N) visits were while both were in view, in [0, 1] as `closeness`.

    NaN where no map tells.
    """
    near = np.full((len(visits), len(visits)), np.nan, np.float32)
    for view in maps:
        ways = ((view.first, view.matrix), (view.second, np.linalg.inv(view.matrix)))
        here, there = (
            [(n, _trail(v, view.edge, sizes[camera], matrix))
             for n, v in enumerate(visits) if v.camera == camera]
            for camera, matrix in ways
        )  # fmt: skip
        for i, one in here:
            for j, other in there:
                near[i, j] = near[j, i] = np.fmax(near[i, j], _near(one, other))
    return near


def errors_of(
    visits: Sequence[Visit], maps: Sequence[ViewMap], sizes: Sizes
) -> Iterator[tuple[int, str, int, Floats]]:
    """Yield how far off each visit is, step by step, from those in another view.

    Yields:
        Number of the visit, the other camera, the first step, and (J, T) own heights for the J
        visits there that share a step with it; NaN where not known.
    """
    pairs: dict[tuple[str, str], list[ViewMap]] = {}
    for view in maps:
        pairs.setdefault((view.first, view.second), []).append(view)
    for (first, second), views in pairs.items():
        here, there = (
            [(n, [_trail(v, m.edge, sizes[camera], way) for m, way in ways])
             for n, v in enumerate(visits) if v.camera == camera]
            for camera, ways in (
                (first, [(m, m.matrix) for m in views]),
                (second, [(m, np.linalg.inv(m.matrix)) for m in views]),
            )
        )  # fmt: skip
        for own, others, camera in ((here, there, second), (there, here, first)):
            for number, trails in own:
                met = [t for _, t in others if len(_shared_steps(trails[0], t[0]))]
                if met:
                    along = np.array([_errors_along(trails, t) for t in met])
                    yield number, camera, trails[0].first, along


def _shared_steps(one: _Trail, other: _Trail) -> range:
    """Return the steps at which both visits go on."""
    begin = max(one.first, other.first)
    return range(begin, min(one.first + len(one.height), other.first + len(other.height)))


def _errors_along(trails: Sequence[_Trail], others: Sequence[_Trail]) -> Floats:
    """Return how far off (T,) another visit is at the steps of the first, by the best map."""
    best = np.full(len(trails[0].height), np.nan)
    for one, other in zip(trails, others, strict=True):
        steps = _shared_steps(one, other)
        place = best[steps.start - one.first : steps.stop - one.first]
        place[:] = np.fmin(place, _errors_between(one, other, steps))
    return best


def _errors_between(one: _Trail, other: _Trail, steps: range) -> Floats:
    """Return how far off both ways the map has them at these steps, in own heights."""
    a, b = (slice(steps.start - t.first, steps.stop - t.first) for t in (one, other))
    forth = np.linalg.norm(one.there[a] - other.point[b], axis=1) / other.height[b]
    back = np.linalg.norm(one.point[a] - other.there[b], axis=1) / one.height[a]
    return np.asarray(np.maximum(forth, back))


def _trail(visit: Visit, edge: int, size: tuple[int, int], matrix: Floats) -> _Trail:
    first = int(np.ceil(visit.start_s / STEP_S))
    at = STEP_S * np.arange(first, int(visit.end_s / STEP_S) + 1)
    point, height = _track(visit, at, edge, size)
    return _Trail(first, point, height, moved(point, matrix))


def _near(one: _Trail, other: _Trail) -> float:
    steps = _shared_steps(one, other)
    if not steps:
        return float("nan")
    error = _errors_between(one, other, steps)
    known = error[np.isfinite(error)]
    if not len(known):
        return float("nan")
    return closeness(float(np.median(known)) / NEAR, len(known) * STEP_S)


def seen(
    visits: Sequence[Visit], camera: str, at: Floats, edge: int, size: tuple[int, int]
) -> SharedView:
    """Return the points of one camera's visits, the longest of them, at these instants."""
    here = [n for n, v in enumerate(visits) if v.camera == camera]
    if len(here) > MOST_VISITS:
        spans = [
            at.searchsorted(visits[n].end_s) - at.searchsorted(visits[n].start_s) for n in here
        ]
        here = sorted(here[k] for k in np.argsort(spans)[::-1][:MOST_VISITS])
    points, heights = (
        np.full((len(here), len(at), 2), np.nan),
        np.full((len(here), len(at)), np.nan),
    )
    for row, n in enumerate(here):
        points[row], heights[row] = _track(visits[n], at, edge, size)
    return SharedView(np.array(here, np.int64), points, heights, size)


def _track(visit: Visit, at: Floats, edge: int, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return the points (T, 2) and heights (T,) of a visit; NaN where cut off or not seen."""
    box = visit.xyxy.astype(np.float64)
    whole = visit.observed & (box[:, 0] > EDGE) & (box[:, 2] < size[0] - EDGE)
    whole &= box[:, 3] < size[1] - EDGE if edge == FEET else box[:, 1] > EDGE
    points, heights = np.full((len(at), 2), np.nan), np.full(len(at), np.nan)
    if not whole.any():
        return points, heights
    time_s, box = visit.time_s[whole], box[whole]
    after = np.searchsorted(time_s, at).clip(0, len(time_s) - 1)
    gap_s = np.minimum(np.abs(time_s[after] - at), np.abs(time_s[(after - 1).clip(0)] - at))
    known = (at >= visit.start_s) & (at <= visit.end_s) & (gap_s <= SEEN_S)
    points[:, 0] = np.interp(at, time_s, (box[:, 0] + box[:, 2]) / 2)
    points[:, 1] = np.interp(at, time_s, box[:, edge])
    heights[:] = np.interp(at, time_s, box[:, 3] - box[:, 1])
    points[~known], heights[~known] = np.nan, np.nan
    return points, heights


def errors(one: SharedView, other: SharedView, matrix: Floats) -> Floats:
    """Return how far off the map is both ways, (V, W, T) in own heights; NaN where unknown."""
    there = moved(one.point, matrix)[:, None] - other.point[None]
    back = one.point[:, None] - moved(other.point, np.linalg.inv(matrix))[None]
    forth, back = _length(there) / other.height[None], _length(back) / one.height[:, None]
    return np.asarray(np.maximum(forth, back))


def _length(step: Floats) -> Floats:
    """Return the lengths (...) of (..., 2); NumPy's norm is slow along so short an axis."""
    return np.asarray(np.sqrt(step[..., 0] ** 2 + step[..., 1] ** 2))


def moved(point: Floats, matrix: Floats) -> Floats:
    """Return where a homography has points (..., 2)."""
    flat = np.concatenate([point, np.ones((*point.shape[:-1], 1))], axis=-1) @ matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(flat[..., :2] / flat[..., 2:])
