"""Which boxes of a finished recording are worth keeping: large, whole, sure, spread over time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracker.core import boxes
from tracker.core.boxes import Floats as Values
from tracker.core.types import CameraInfo, FloatArray, IntArray, Visit
from tracker.gallery.layout import MOST_CROPS
from tracker.gallery.picture import HIGHEST_CROP
from tracker.tracking.crop_quality import covered_share

LEAST_APART_S = 0.5  # between two crops of a visit; nearer ones show the same
TRIES = 3  # boxes of each part of a visit whose sharpness is looked at
POOR = 0.4  # of the visit's best box: worse ones are not kept
CUT_OFF = 0.4  # what a box is worth that the picture's edge cuts
_EDGE_PX = 1.5
_THIN_PX = 2.5  # with rounding, thinner boxes may have no picture


@dataclass(frozen=True, slots=True)
class Candidate:
    """A box that may be kept as the crop of one part of a visit; `xyxy` (4,) in pixels."""

    track_id: int
    part: int
    xyxy: FloatArray
    worth: float


def worth(xyxy: FloatArray, score: Values, covered: Values, size: tuple[int, int]) -> Values:
    """Tell how well boxes show their person, (N,) in [0, 1]; 0 where there is no picture.

    Args:
        xyxy: (N, 4) pixels.
        score: (N,) of the detections.
        covered: (N,) the share of each that a nearer person hides.
        size: Width and height of the picture in pixels.
    """
    inside = boxes.clip(xyxy, *size)
    sides = inside[:, 2:] - inside[:, :2]
    edge = np.array([*size, *size])[2:] - _EDGE_PX
    cut_off = (xyxy[:, :2] <= _EDGE_PX).any(axis=1) | (xyxy[:, 2:] >= edge).any(axis=1)
    large = np.sqrt(np.minimum(sides[:, 1] / HIGHEST_CROP, 1))
    whole = np.where(cut_off, CUT_OFF, 1.0) * np.maximum(1 - covered, 0)
    return np.asarray(np.where((sides > _THIN_PX).all(axis=1), score * large * whole, 0))


def choose(visits: Sequence[Visit], size: tuple[int, int]) -> dict[int, list[Candidate]]:
    """Choose the boxes of one camera to look at, by frame.

    Each visit falls into parts of equal time, and each part has a few candidates, of which the
    sharpest is to be kept.

    Args:
        visits: Of one camera.
        size: Width and height of its picture in pixels.
    """
    covered = _covered(visits)
    found: dict[int, list[Candidate]] = {}
    for visit, hidden in zip(visits, covered, strict=True):
        value = worth(visit.xyxy, visit.score, hidden, size) * visit.observed
        for place, part in _best_of_parts(visit.time_s, value):
            candidate = Candidate(visit.track_id, part, visit.xyxy[place], float(value[place]))
            found.setdefault(int(visit.frame[place]), []).append(candidate)
    return found


def choose_poster(visits: Sequence[Visit], camera: CameraInfo, stride: int) -> int:
    """Choose the earliest frame with the fewest people, among those between first and last box."""
    if not visits:
        return 0
    frame = np.concatenate([v.frame for v in visits])
    grid = np.arange(int(frame.min()), min(int(frame.max()) + 1, camera.frames or 1), stride)
    people = np.bincount(frame - grid[0], minlength=len(grid) * stride)[grid - grid[0]]
    return int(grid[people.argmin()])


def _best_of_parts(time_s: Values, value: Values) -> list[tuple[int, int]]:
    """Return (place, part) of the candidates of one visit."""
    usable = np.flatnonzero((value > 0) & (value >= POOR * value.max(initial=0)))
    if not len(usable):
        return []
    since_s = time_s[usable] - time_s[usable[0]]
    lasts_s = float(since_s[-1])
    parts = int(np.clip(np.ceil(lasts_s / LEAST_APART_S), 1, MOST_CROPS))
    part = np.minimum((since_s / max(lasts_s, 1e-9) * parts).astype(int), parts - 1)
    chosen = []
    for number in range(parts):
        places = usable[part == number]
        best = places[np.argsort(-value[places], kind="stable")[:TRIES]]
        chosen += [(int(place), number) for place in best]
    return chosen


def _covered(visits: Sequence[Visit]) -> list[Values]:
    """Return for each visit how much of each box a nearer person hides, (K,)."""
    if not visits:
        return []
    frame: IntArray = np.concatenate([v.frame for v in visits])
    xyxy = np.concatenate([v.xyxy for v in visits])
    order = np.argsort(frame, kind="stable")
    hidden = np.zeros(len(frame))
    for group in np.split(order, np.flatnonzero(np.diff(frame[order])) + 1):
        hidden[group] = covered_share(xyxy[group])
    return np.split(hidden, np.cumsum([len(v.frame) for v in visits])[:-1])
