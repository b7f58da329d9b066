"""Find the map between two cameras' pictures by which those who walk there are the same people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import BoolArray, IntArray, Visit
from tracker.identity.view_affinity import (
    FEET,
    HEAD,
    MOST_STEPS,
    NEAR,
    STEP_S,
    SharedView,
    Sizes,
    ViewMap,
    errors,
    moved,
    seen,
)

CELL = 0.25  # own heights; who stands still proves no more than one cell
FEWEST_CELLS = 14  # that a map must explain,
LEAST_SHARE = 0.6  # and of all that is in both views so much
LEAST_SPREAD = 0.12  # own heights, deviation of the places across their main direction
RIVAL = 0.8  # no map by which others are one explains so much of it
SEEDS = 7  # single pairs of visits, and twice as many pairs of pairs, from which maps are tried
BLOCK_S = 2.0  # fitted to every second block of so long, a map must hold in the others
LOOSE = 2.0  # times `NEAR`, a single place may be off
FEWEST = 8  # places to fit a map to
SINGULAR = 1e-12  # a map with a smaller determinant has no inverse
REFINED = 2  # times a map is fitted again to what it explains


Affinity = Callable[[IntArray, IntArray], Floats]  # of visits (R,) and (C,), ascending: (R, C)


def learn_views(
    visits: Sequence[Visit], affinity: Affinity, sizes: Sizes, skip: Sequence[str] = ()
) -> list[ViewMap]:
    """Find the maps between all pairs of cameras that show people in common.

    Args:
        visits: Of all cameras.
        affinity: By which likely pairs are tried first; it decides nothing.
        sizes: Of the cameras' pictures; only between these are maps looked for.
        skip: Cameras between which places are known otherwise.
    """
    maps = []
    cameras = sorted({v.camera for v in visits} & set(sizes))
    for first, second in combinations(cameras, 2):
        if first in skip and second in skip:
            continue
        at = instants(visits, first, second)
        if len(at) * STEP_S < BLOCK_S:
            continue
        for edge in (FEET, HEAD):
            one, other = (seen(visits, c, at, edge, sizes[c]) for c in (first, second))
            matrix = best_map(one, other, at, affinity(one.visit, other.visit))
            if matrix is not None:
                maps.append(ViewMap(first, second, edge, matrix))
    return maps


@dataclass(frozen=True, slots=True)
class _Found:
    """A map, the pairs of visits (V, W) that it makes one, and in how many cells (V, W) it does."""

    matrix: Floats
    cells: IntArray
    inside: BoolArray  # (V, W, T) places that it explains
    share: float  # of all that is in both views

    @property
    def score(self) -> int:
        return int(self.cells.sum())


def best_map(one: SharedView, other: SharedView, at: Floats, affinity: Floats) -> Floats | None:
    """Return the homography from one view to the other; None where none is sure.

    Args:
        one: What the first camera shows at the instants `at`.
        other: What the second does.
        at: (T,) seconds.
        affinity: (V, W) of the visits that the two show.
    """
    known = np.isfinite(one.height)[:, None] & np.isfinite(other.height)[None]
    cell = _cells(one)
    before: dict[bytes, _Found | None] = {}
    tried = [
        _grown(one, other, known & s[:, :, None], cell, before)
        for s in _seeds(one, other, known, cell, affinity)
    ]
    found = [f for f in tried if f is not None and f.share >= LEAST_SHARE]
    if not found:
        return None
    best = max(found, key=lambda f: f.score)
    rivals = [f.score for f in found if _differ(f, best)]
    enough = best.score >= FEWEST_CELLS and best.score * RIVAL > max(rivals, default=0)
    if enough and _spread(one, other, best.inside) and _holds(one, other, best, at, cell):
        return best.matrix
    return None


def _cells(one: SharedView) -> IntArray:
    """Return a number (V, T) for where each point is, by the cell of a grid."""
    side = CELL * np.nanmedian(one.height) if np.isfinite(one.height).any() else 1.0
    place = np.floor(np.nan_to_num(one.point) / side).astype(np.int64)
    number = np.unique(place[..., 0] * 100_003 + place[..., 1], return_inverse=True)[1]
    return np.asarray(number.reshape(place.shape[:2]))


def _seeds(
    one: SharedView, other: SharedView, known: BoolArray, cell: IntArray, affinity: Floats
) -> list[BoolArray]:
    """Return sets of pairs of visits, (V, W) bool each, from which maps are tried."""
    size = _cells_of(known, cell)
    rank = (affinity.clip(-0.4) + 0.5) * np.sqrt(size)
    order = np.argsort(-rank, axis=None, kind="stable")
    pairs = [divmod(int(k), known.shape[1]) for k in order if size.flat[k]][: 2 * SEEDS]
    seeds = [[p] for p in pairs if size[p] >= FEWEST][:SEEDS]
    doubles = [[p, q] for p, q in combinations(pairs, 2) if _compatible(p, q, known)]
    doubles.sort(key=lambda d: -sum(float(rank[p]) for p in d))
    return [_mask(known.shape[:2], s) for s in seeds + doubles[: 2 * SEEDS]]


def _mask(shape: tuple[int, ...], pairs: Sequence[tuple[int, int]]) -> BoolArray:
    mask = np.zeros(shape, bool)
    mask[tuple(np.array(pairs).T)] = True
    return mask


def _compatible(p: tuple[int, int], q: tuple[int, int], known: BoolArray) -> bool:
    """Tell whether both pairs of visits may be one person each."""
    return (p[0] != q[0] and p[1] != q[1]) or not (known[p] & known[q]).any()


def _cells_of(places: BoolArray, cell: IntArray) -> IntArray:
    """Count the cells (V, W) in which places (V, W, T) lie."""
    visits, others, _ = places.shape
    i, j, t = np.nonzero(places)
    numbers = int(cell.max(initial=0)) + 1
    pair = np.unique((i * others + j) * numbers + cell[i, t]) // numbers
    return np.bincount(pair, minlength=visits * others).reshape(visits, others)


def _grown(
    one: SharedView,
    other: SharedView,
    places: BoolArray,
    cell: IntArray,
    before: dict[bytes, _Found | None],
) -> _Found | None:
    """Fit a map to places (V, W, T) of pairs, then again to all that it explains.

    Many seeds end in one map, so what came of places is kept in `before`.
    """
    found = None
    for _ in range(1 + REFINED):
        key = np.packbits(places).tobytes()
        if key not in before:
            matrix = _fit(one, other, places, cell)
            before[key] = None if matrix is None else _explained(one, other, matrix, cell)
        found = before[key]
        if found is None:
            return None
        places = found.inside
    return found


def _fit(one: SharedView, other: SharedView, places: BoolArray, cell: IntArray) -> Floats | None:
    import cv2

    i, j, t = np.nonzero(places)
    if not len(i):
        return None
    place = (i * places.shape[1] + j) * (cell.max() + 1) + cell[i, t]
    kept = np.unique(place, return_index=True)[1]
    if len(kept) < FEWEST:
        return None
    i, j, t = i[kept], j[kept], t[kept]
    limit = float(LOOSE * NEAR * np.median(other.height[j, t]))
    matrix, _ = cv2.findHomography(one.point[i, t], other.point[j, t], cv2.RANSAC, limit)
    if matrix is None or abs(np.linalg.det(matrix)) < SINGULAR:
        return None
    return np.asarray(matrix)


def _explained(one: SharedView, other: SharedView, matrix: Floats, cell: IntArray) -> _Found:
    """Find the pairs that are at one place most of the time, and where they are."""
    error = errors(one, other, matrix)
    off = np.where(np.isfinite(error), error, np.inf)
    pairs = _medians(error) < LOOSE * NEAR
    near = (off < LOOSE * NEAR) & pairs[:, :, None]
    near &= (off == off.min(axis=0)) & (off == off.min(axis=1)[:, None])
    seen_both = np.minimum(
        _in_view(one, other, matrix).sum(axis=0),
        _in_view(other, one, np.linalg.inv(matrix)).sum(axis=0),
    )
    share = float(near.sum() / max(seen_both.sum(), 1))
    return _Found(matrix, _cells_of(near, cell), near, share)


def _medians(error: Floats) -> Floats:
    """Return the medians (V, W) of what is known of errors (V, W, T); infinite for nothing."""
    known = np.isfinite(error)
    ordered = np.sort(np.where(known, error, np.inf), axis=2)
    middle = np.maximum(known.sum(axis=2) - 1, 0) // 2
    return np.asarray(np.take_along_axis(ordered, middle[:, :, None], axis=2)[:, :, 0])


def _in_view(one: SharedView, other: SharedView, matrix: Floats) -> BoolArray:
    """Tell which points (V, T) of one view lie in the other's picture, while it shows somebody."""
    there = moved(one.point, matrix)
    with np.errstate(invalid="ignore"):
        inside = np.all((there > 0) & (there < np.array(other.size)), axis=2)
    shown = np.isfinite(other.height).any(axis=0, keepdims=True)
    return np.asarray(inside & shown)


def _differ(rival: _Found, best: _Found) -> bool:
    """Tell whether a map explains mostly other pairs of places than the best one."""
    return bool((rival.inside & best.inside).sum() < rival.inside.sum() / 2)


def _spread(one: SharedView, other: SharedView, places: BoolArray) -> bool:
    """Tell whether places (V, W, T) cover an area, and not only a line, in both views."""
    i, j, t = np.nonzero(places)
    for view, row in ((one, i), (other, j)):
        point = view.point[row, t] / np.median(view.height[row, t])
        if (
            np.linalg.svd(point - point.mean(axis=0), compute_uv=False)[1]
            < LEAST_SPREAD * len(i) ** 0.5
        ):
            return False
    return True


def _holds(one: SharedView, other: SharedView, best: _Found, at: Floats, cell: IntArray) -> bool:
    """Tell whether a map fitted to half of the time holds in the other half."""
    odd = (at // BLOCK_S).astype(np.int64) % 2 == 1
    pairs = (best.cells > 0)[:, :, None]
    for half in (odd, ~odd):
        matrix = _fit(one, other, best.inside & half, cell)
        if matrix is None:
            return False
        error = errors(one, other, matrix)[np.broadcast_to(pairs & ~half, best.inside.shape)]
        if not np.median(error[np.isfinite(error)]) < LOOSE * NEAR:
            return False
    return True


def instants(visits: Sequence[Visit], first: str, second: str) -> Floats:
    """Return times (T,) at which both cameras show somebody."""
    spans = [
        np.array([(v.start_s, v.end_s) for v in visits if v.camera == c]) for c in (first, second)
    ]
    begin = max(span[:, 0].min() for span in spans)
    end = min(span[:, 1].max() for span in spans)
    if end <= begin:
        return np.zeros(0)
    at = np.arange(begin, end, STEP_S)
    both = np.ones(len(at), bool)
    for span in spans:
        came = np.searchsorted(np.sort(span[:, 0]), at, side="right")
        both &= came > np.searchsorted(np.sort(span[:, 1]), at, side="left")
    at = at[both]
    return at[:: max(1, -(-len(at) // MOST_STEPS))]
