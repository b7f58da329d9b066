"""Put what was left over into the gaps of visits: boxes of people who were hidden or entangled."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tracker.core.types import Visit
from tracker.tracking.appearance_odds import AppearanceOdds, look
from tracker.tracking.fragment import concatenate
from tracker.tracking.motion_odds import Ends, motion_odds

NEAR_S = 1.0  # a piece that no later box confirms must follow so soon


def insert(
    visits: Sequence[Visit], hidden: Sequence[Visit], likeness: AppearanceOdds, prior: float
) -> list[Visit]:
    """Add pieces without views to visits, then visits that fit wholly into another's gap.

    Each goes where it fits best, in the order of time, or stays alone.

    Args:
        visits: Of one camera.
        hidden: Pieces of the same camera; none shares a box with a visit.
        likeness: What a similarity says here.
        prior: Log odds against a join.
    """
    whole = list(visits)
    for piece in sorted(hidden, key=_order):
        _add(whole, piece, likeness, prior)
    for visit in sorted(whole, key=_order):
        rest = [v for v in whole if v is not visit]
        if len(rest) < len(whole) and _add(rest, visit, likeness, prior, inside=True):
            whole = rest
    return sorted(whole, key=_order)


def _add(
    whole: list[Visit], piece: Visit, likeness: AppearanceOdds, prior: float, *,
    inside: bool = False,
) -> bool:  # fmt: skip
    """Add the piece to the visit that it fits best; alone if to none, but not with `inside`."""
    best, best_odds = None, 0.0
    for number, visit in enumerate(whole):
        odds = _odds(visit, piece, likeness, inside=inside) - prior
        if odds > best_odds:
            best, best_odds = number, odds
    if best is not None:
        before, after = _around(whole[best], piece)
        parts = [p for p in (before, piece, after) if len(p.frame)]
        whole[best] = concatenate(parts, whole[best].track_id)
    elif not inside:
        whole.append(piece)
    return best is not None


def _odds(visit: Visit, piece: Visit, likeness: AppearanceOdds, *, inside: bool) -> float:
    """Return the log odds of the piece being in a gap of the visit, or just before or after it.

    In a gap it competes with the straight way across, so the odds are those of its two joins less
    those of the one that it replaces.
    """
    first, last = visit.time_s[0], visit.time_s[-1]
    if last < piece.time_s[0] - NEAR_S or first > piece.time_s[-1] + NEAR_S:
        return -np.inf
    within = bool(first < piece.time_s[0] and last > piece.time_s[-1])
    if (inside and not within) or _meet(visit, piece):
        return -np.inf
    before, after = _around(visit, piece)
    if not within:
        return _join(before, piece) if len(before.frame) else _join(piece, after)
    views = min(len(visit.embeddings), len(piece.embeddings))
    similarity = np.array(look(visit) @ look(piece))
    looks = float(likeness.log_odds(similarity, np.array(views)))
    return looks + _join(before, piece) + _join(piece, after) - _join(before, after)


def _join(earlier: Visit, later: Visit) -> float:
    return float(motion_odds(Ends.of([earlier], last=True), Ends.of([later], last=False))[0])


def _meet(visit: Visit, piece: Visit) -> bool:
    """Tell whether the visit has a box in the time of the piece."""
    begin, end = np.searchsorted(visit.frame, [piece.frame[0], piece.frame[-1] + 1])
    return bool(begin != end)


def _around(visit: Visit, piece: Visit) -> tuple[Visit, Visit]:
    """Return what the visit has before and after the piece; the views go with the former."""
    end = int(np.searchsorted(visit.frame, piece.frame[0]))
    begin = int(np.searchsorted(visit.frame, piece.frame[-1], side="right"))
    return _part(visit, slice(0, end)), _part(visit, slice(begin, None))


def _part(visit: Visit, chosen: slice) -> Visit:
    return replace(
        visit,
        frame=visit.frame[chosen],
        time_s=visit.time_s[chosen],
        xyxy=visit.xyxy[chosen],
        score=visit.score[chosen],
        observed=visit.observed[chosen],
        embeddings=visit.embeddings[: None if chosen.start == 0 else 0],
    )


def _order(tracklet: Visit) -> tuple[float, int]:
    return tracklet.start_s, tracklet.track_id
