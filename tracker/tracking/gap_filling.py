"""Put what was left over into the gaps of visits: boxes of people who were hidden or entangled."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tracker.core.types import Visit
from tracker.tracking.appearance_odds import AppearanceOdds, look
from tracker.tracking.fragment import concatenate
from tracker.tracking.motion_odds import Ends, motion_odds

NEAR_S = 1.0  # a fragment that no later box confirms must follow so soon


def insert(
    visits: Sequence[Visit], hidden: Sequence[Visit], likeness: AppearanceOdds, prior: float
) -> list[Visit]:
    """Add fragments without views to visits, then visits that fit wholly into another's gap.

    Each goes where it fits best, in the order of time, or stays alone.

    Args:
        visits: Of one camera.
        hidden: Fragments of the same camera; none shares a box with a visit.
        likeness: What a similarity says here.
        prior: Log odds against a join.
    """
    whole = list(visits)
    for fragment in sorted(hidden, key=_order):
        _add(whole, fragment, likeness, prior)
    for visit in sorted(whole, key=_order):
        rest = [v for v in whole if v is not visit]
        if len(rest) < len(whole) and _add(rest, visit, likeness, prior, inside=True):
            whole = rest
    return sorted(whole, key=_order)


def _add(
    whole: list[Visit], fragment: Visit, likeness: AppearanceOdds, prior: float, *,
    inside: bool = False,
) -> bool:  # fmt: skip
    """Add the fragment to the visit that it fits best; alone if to none, but not with `inside`."""
    best, best_odds = None, 0.0
    for number, visit in enumerate(whole):
        odds = _odds(visit, fragment, likeness, inside=inside) - prior
        if odds > best_odds:
            best, best_odds = number, odds
    if best is not None:
        before, after = _around(whole[best], fragment)
        parts = [p for p in (before, fragment, after) if len(p.frame)]
        whole[best] = concatenate(parts, whole[best].track_id)
    elif not inside:
        whole.append(fragment)
    return best is not None


def _odds(visit: Visit, fragment: Visit, likeness: AppearanceOdds, *, inside: bool) -> float:
    """Return the log odds of the fragment being in a gap of the visit, or just before or after it.

    In a gap it competes with the straight way across, so the odds are those of its two joins less
    those of the one that it replaces.
    """
    first, last = visit.time_s[0], visit.time_s[-1]
    if last < fragment.time_s[0] - NEAR_S or first > fragment.time_s[-1] + NEAR_S:
        return -np.inf
    within = bool(first < fragment.time_s[0] and last > fragment.time_s[-1])
    if (inside and not within) or _meet(visit, fragment):
        return -np.inf
    before, after = _around(visit, fragment)
    if not within:
        return _join(before, fragment) if len(before.frame) else _join(fragment, after)
    views = min(len(visit.embeddings), len(fragment.embeddings))
    similarity = np.array(look(visit) @ look(fragment))
    looks = float(likeness.log_odds(similarity, np.array(views)))
    return looks + _join(before, fragment) + _join(fragment, after) - _join(before, after)


def _join(earlier: Visit, later: Visit) -> float:
    return float(motion_odds(Ends.of([earlier], last=True), Ends.of([later], last=False))[0])


def _meet(visit: Visit, fragment: Visit) -> bool:
    """Tell whether the visit has a box in the time of the fragment."""
    begin, end = np.searchsorted(visit.frame, [fragment.frame[0], fragment.frame[-1] + 1])
    return bool(begin != end)


def _around(visit: Visit, fragment: Visit) -> tuple[Visit, Visit]:
    """Return what the visit has before and after the fragment; the views go with the former."""
    end = int(np.searchsorted(visit.frame, fragment.frame[0]))
    begin = int(np.searchsorted(visit.frame, fragment.frame[-1], side="right"))
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


def _order(visit: Visit) -> tuple[float, int]:
    return visit.start_s, visit.track_id
