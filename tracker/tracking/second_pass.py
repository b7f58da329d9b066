"""What becomes of one camera's tracks when its recording is over."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tracker.core import boxes
from tracker.core.config import TrackerConfig
from tracker.core.types import Visit
from tracker.tracking.appearance_odds import AppearanceOdds
from tracker.tracking.camera_path import CameraPath
from tracker.tracking.hand_over import handed_over
from tracker.tracking.interpolation import fill_gaps
from tracker.tracking.smoothing import camera_moves, cut_off, smooth
from tracker.tracking.stitching import rejoin

SHADOW_S = 1.5  # a visit so short,
SHADOW_SHARE = 0.7  # so much of it spent with so much of the smaller box in another's: a double
MOVING_FILL_S = 0.5  # a moving camera's boxes do not stay on a line for longer


def settle(
    fragments: Sequence[Visit], size: tuple[int, int], likeness: AppearanceOdds | None,
    config: TrackerConfig, path: CameraPath | None = None,
) -> list[Visit]:  # fmt: skip
    """Return the visits after the second pass, without those that are too weak to be people.

    Args:
        fragments: Of one camera; whole tracks where nobody's looks are known, since nothing then
            tells which fragments belong together.
        size: Width and height of its picture in pixels.
        likeness: None where nobody's looks are known.
        config: What a visit needs.
        path: How the camera moved, if it did.
    """
    least = 0.0 if likeness is None else config.min_height
    visits = handed_over(rejoin(fragments, size, likeness, path))
    visits = [v for v in visits if _is_a_person(v, least, config)]
    visits = [v for v in visits if not _is_a_shadow(v, visits)]
    return [replace(v, track_id=number) for number, v in enumerate(visits, 1)]


def polish(
    visits: Sequence[Visit], size: tuple[int, int], config: TrackerConfig, stride: int = 1,
    path: CameraPath | None = None,
) -> list[Visit]:  # fmt: skip
    """Fill the gaps of finished visits and smooth their boxes; changes no id.

    Args:
        visits: Of one camera.
        size: Width and height of its picture in pixels.
        config: `fill_gap_s` and `smooth`.
        stride: See `fill_gaps`.
        path: How the camera moved, if it did; boxes are then filled in and smoothed as if it had
            stood still. What moves together even so is left as it is.
    """
    steady = [path.steady(v) for v in visits] if path else list(visits)
    moves = camera_moves(steady)
    longest_s = min(config.fill_gap_s, MOVING_FILL_S) if moves else config.fill_gap_s
    filled = [fill_gaps(v, longest_s=longest_s, stride=stride) for v in steady]
    if config.smooth and not moves:
        cut = [v.frame[cut_off(v, size)] for v in visits]
        filled = [smooth(v, np.isin(v.frame, c)) for v, c in zip(filled, cut, strict=True)]
    return [path.seen(v) for v in filled] if path else filled


def _is_a_person(visit: Visit, least_height: float, config: TrackerConfig) -> bool:
    height = float(np.median(visit.xyxy[:, 3] - visit.xyxy[:, 1]))
    enough = len(visit.frame) >= config.n_init
    return enough and height >= least_height


def _is_a_shadow(visit: Visit, visits: Sequence[Visit]) -> bool:
    if visit.end_s - visit.start_s > SHADOW_S:
        return False
    shadowed = np.zeros(len(visit.frame), bool)
    for other in visits:
        if len(other.frame) > len(visit.frame):
            meets = (visit.frame >= other.frame[0]) & (visit.frame <= other.frame[-1])
            corners = [np.interp(visit.frame, other.frame, other.xyxy[:, k]) for k in range(4)]
            part = boxes.shared_part(visit.xyxy, np.stack(corners, axis=1)).diagonal()
            shadowed |= meets & (part > SHADOW_SHARE)
    return bool(shadowed.mean() > SHADOW_SHARE)
