"""What the ground says: whether two visits to calibrated cameras were at one place at one time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.ground import GroundPlane, feet_hidden
from tracker.core.types import BoolArray, Visit

STEP_S = 0.2  # places are compared so often,
MOST_STEPS = 500  # but not oftener than so many times in all
SURE_S = 1.0  # after so long together the places count half of what they may
UNKNOWN = 0.45  # affinity of visits of which nothing is known: alone it merges nobody
GROUND_SHARE = 0.7  # of the ground in the affinity, where looks are known too
SAME_PLACE = 1.0  # so many standard deviations apart is one place,
OTHER_PLACE = 3.0  # so many is surely another
LEAST_APART_M = 0.5  # nobody is told apart by less
STILL_M = 0.3  # who moves less in a second stands or sits,
STAY_S = 30.0  # and is likely the one who is found there again after so long
FASTEST_M_S = 3.0  # between two cameras, on the ground
SLACK_M = 1.0  # beside that, for wrong feet at the ends of visits

Grounds = Mapping[str, GroundPlane | None]


@dataclass(frozen=True, slots=True)
class Together:
    """What the ground says about each pair of N visits.

    Attributes:
        near: (N, N) float32 in [0, 1]; NaN where the ground says nothing.
        apart: (N, N) bool; cannot be one person.
        distance_m: (N, N) float32, median while both were in view; NaN where unknown.
    """

    near: Floats
    apart: BoolArray
    distance_m: Floats


@dataclass(frozen=True, slots=True)
class _Path:
    """Where a visit was: times (K,), places (K, 2) and their uncertainty (K,), all known."""

    time_s: Floats
    place: Floats
    off_m: Floats


def together(
    visits: Sequence[Visit], grounds: Grounds, sizes: Mapping[str, tuple[int, int]] | None = None
) -> Together:
    """Compare the places of all visits to calibrated cameras.

    Args:
        visits: N, of all cameras.
        grounds: By camera, where it is calibrated.
        sizes: Width and height of the cameras' pictures, where known: where the lower edge cuts
            a box off, its feet are hidden and so is its place.
    """
    count = len(visits)
    near = np.full((count, count), np.nan, np.float32)
    distance = near.copy()
    apart = np.zeros((count, count), bool)
    paths = [_path(v, grounds.get(v.camera), (sizes or {}).get(v.camera)) for v in visits]
    for i, one in enumerate(paths):
        for j in range(i):
            other = paths[j]
            if one is not None and other is not None:
                _compare(one, other, (i, j), (near, apart, distance))
    return Together(near, apart, distance)


def with_places(affinity: Floats, visits: Sequence[Visit], near: Floats, *, alone: bool) -> Floats:
    """Return the affinities (N, N) with what places say.

    Args:
        affinity: (N, N), from looks.
        visits: N.
        near: (N, N) in [0, 1]; NaN where places say nothing.
        alone: Whether places also count for visits without any look.
    """
    known = np.array([v.embeddings.any() for v in visits], bool)
    looks = known[:, None] & known[None]
    said = np.isfinite(near)
    both = (1 - GROUND_SHARE) * affinity + GROUND_SHARE * near
    without = np.where(said, near, UNKNOWN) if alone else affinity
    told = np.where(looks, np.where(said, both, affinity), without)
    return np.asarray(told, np.float32)


def _compare(
    one: _Path, other: _Path, pair: tuple[int, int],
    tables: tuple[Floats, BoolArray, Floats],
) -> None:  # fmt: skip
    near, apart, distance = tables
    begin = max(one.time_s[0], other.time_s[0])
    shared_s = min(one.time_s[-1], other.time_s[-1]) - begin
    i, j = pair
    if shared_s < 0:
        first, second = (one, other) if one.time_s[-1] < other.time_s[0] else (other, one)
        apart[i, j] = apart[j, i] = _too_far(first, second)
        near[i, j] = near[j, i] = _stayed(first, second)
        return
    steps = int(min(shared_s // STEP_S + 1, MOST_STEPS))
    at = begin + np.linspace(0, shared_s, steps)
    off = np.linalg.norm(_at(one, at) - _at(other, at), axis=1)
    doubt = np.hypot(np.interp(at, one.time_s, one.off_m), np.interp(at, other.time_s, other.off_m))
    ratio, metres = float(np.median(off / doubt)), float(np.median(off))
    distance[i, j] = distance[j, i] = metres
    apart[i, j] = apart[j, i] = ratio > OTHER_PLACE and metres > LEAST_APART_M
    near[i, j] = near[j, i] = closeness(ratio, float(shared_s))


def closeness(ratio: float, shared_s: float) -> float:
    """Return how near visits were that shared so many seconds, in [0, 1].

    Args:
        ratio: Of their distance to what it may be by error.
        shared_s: Seconds for which that is known; few say little.
    """
    close = float(np.clip((OTHER_PLACE - ratio) / (OTHER_PLACE - SAME_PLACE), 0, 1))
    return UNKNOWN + (close - UNKNOWN) * shared_s / (shared_s + SURE_S)


def _too_far(first: _Path, second: _Path) -> bool:
    """Tell whether nobody walks from the end of the one to the start of the other in time."""
    gap_s = second.time_s[0] - first.time_s[-1]
    off = float(np.linalg.norm(second.place[0] - first.place[-1]))
    doubt = float(first.off_m[-1] + second.off_m[0])
    return bool(off > FASTEST_M_S * gap_s + SLACK_M + doubt)


def _stayed(first: _Path, second: _Path) -> float:
    """Return how near two visits are, one after the other, of people who did not move: or NaN."""
    gap_s = float(second.time_s[0] - first.time_s[-1])
    off = float(np.linalg.norm(second.place[0] - first.place[-1]))
    doubt = float(np.hypot(first.off_m[-1], second.off_m[0]))
    moved = max(_moved(first, last=True), _moved(second, last=False))
    if off > doubt or moved > STILL_M:
        return float("nan")
    return UNKNOWN + (1 - UNKNOWN) * float(np.exp(-gap_s / STAY_S))


def _moved(path: _Path, *, last: bool) -> float:
    """Return how many metres somebody went in the last, or first, second."""
    at = path.time_s[-1] - 1 if last else path.time_s[0] + 1
    here = path.place[-1 if last else 0]
    return float(np.linalg.norm(_at(path, np.array([at]))[0] - here))


def _at(path: _Path, time_s: Floats) -> Floats:
    return np.stack([np.interp(time_s, path.time_s, path.place[:, k]) for k in (0, 1)], axis=1)


def _path(visit: Visit, ground: GroundPlane | None, size: tuple[int, int] | None) -> _Path | None:
    if ground is None:
        return None
    place, off_m = ground.place(visit.xyxy), ground.uncertainty(visit.xyxy)
    known = np.isfinite(off_m)
    if size is not None:
        known &= ~feet_hidden(visit.xyxy, size[1])
    if not known.any():
        return None
    return _Path(visit.time_s[known], place[known], off_m[known])
