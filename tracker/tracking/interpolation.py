"""Fill the short gaps in a visit with interpolated boxes, marked as not observed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tracker.core.types import Visit


def fill_gaps(visit: Visit, *, longest_s: float, stride: int = 1) -> Visit:
    """Interpolate linearly where the person was unseen for at most `longest_s` seconds.

    Args:
        visit: A visit with gaps in its frame numbers.
        longest_s: Longest time between two observations that is filled.
        stride: Only every `stride`-th frame of the source was processed; others are not filled.

    Returns:
        The visit with the new boxes in place, `observed` False there.
    """
    frame, time_s = visit.frame, visit.time_s
    all_frames = np.arange(frame[0], frame[-1] + 1)
    before = np.searchsorted(frame, all_frames, side="right") - 1
    observed = frame[before] == all_frames
    gap_s = np.append(np.diff(time_s), 0.0)[before]
    keep = observed | ((gap_s <= longest_s) & (all_frames % stride == 0))
    chosen, before = all_frames[keep], before[keep]
    corners = [np.interp(chosen, frame, visit.xyxy[:, side]) for side in range(4)]
    return replace(
        visit,
        frame=chosen,
        time_s=np.interp(chosen, frame, time_s),
        xyxy=np.stack(corners, axis=1).astype(np.float32),
        score=visit.score[before],
        observed=observed[keep],
    )


def only_frames(visit: Visit, frames: Sequence[int]) -> Visit:
    """Return the visit with its observed boxes and, of those filled in, these frames' alone."""
    return visit.rows(visit.observed | np.isin(visit.frame, frames))
