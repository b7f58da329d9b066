"""Visits that hold two people one after the other, as the other cameras' views tell.

Where people who look alike pass each other, one camera may go on with the wrong one. Seen from
there, everybody in all other views then changes places at one moment; seen from any of the others,
only the people of that one camera do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import BoolArray, Visit
from tracker.identity.view_affinity import NEAR, STEP_S, Sizes, ViewMap, errors_of, nearness

WITH = 2.0 * NEAR  # own heights off: goes with somebody in another view,
WITHOUT = 2.0 * WITH  # and with nobody else there who is nearer than that
LEAST_STEPS = 8  # with one before and with another after, both in view all the time,
MOST_WRONG = 0.15  # but for so much
SAME_MOMENT_S = 2.0  # changes of two views so near in time are one
FEWEST_VIEWS = 2  # must tell of a change
ROUNDS = 4  # a visit may change more than once
GAP_S = 1.0  # between two boxes, in which others may be seen
SLIP_S = 1.5  # at most, that a visit may go on beside the one that takes over
ONE_PLACE = 0.8  # nearness, to one and the same visit in another view


@dataclass(frozen=True, slots=True)
class _Change:
    """A visit goes with one before and with another after a moment, seen from another camera."""

    visit: int
    camera: str
    other: str
    time_s: float
    steps: int  # that tell of it


def split_mixed(visits: Sequence[Visit], maps: Sequence[ViewMap], sizes: Sizes) -> list[Visit]:
    """Return the visits, with those cut that change from one person to another.

    The later part gets a new track_id, the next free one of its camera. At least two other
    cameras must tell of a change, and more than tell of one in those.

    Args:
        visits: Of all cameras.
        maps: How views lie in each other.
        sizes: Of the cameras' pictures.
    """
    parts = list(visits)
    for _ in range(ROUNDS if maps else 0):
        changes = _believed(list(_changes(parts, maps, sizes)))
        if not changes:
            break
        parts = _cut(parts, changes)
    return parts


def part_at_gaps(visits: Sequence[Visit], maps: Sequence[ViewMap]) -> list[Visit]:
    """Return the visits, with those cut at a gap in which another is seen, and never both at once.

    Looks alone have put such a visit together, and it keeps both from being one person.
    """
    if not maps:
        return list(visits)
    free = free_numbers(visits)
    parts = []
    for visit in visits:
        gaps, rest = np.flatnonzero(np.diff(visit.time_s) > GAP_S), visit
        others = _in_turns(visit, visits) if len(gaps) else []
        for gap in gaps:
            begin, end = visit.time_s[gap], visit.time_s[gap + 1]
            if any(((v.time_s > begin) & (v.time_s < end)).any() for v in others):
                done, rest = halves(rest, rest.time_s >= end, free[visit.camera])
                free[visit.camera] += 1
                parts.append(done)
        parts.append(rest)
    return parts


def _in_turns(visit: Visit, visits: Sequence[Visit]) -> list[Visit]:
    """Return who is in the same view before it is over, but never at once with it."""
    return [
        v for v in visits
        if v.camera == visit.camera and v.start_s < visit.end_s and visit.start_s < v.end_s
        and not np.isin(v.frame, visit.frame).any()
    ]  # fmt: skip


def trim_overlaps(visits: Sequence[Visit], maps: Sequence[ViewMap], sizes: Sizes) -> list[Visit]:
    """Return the visits without short ends beside the visit that takes over from them.

    A visit that slips to somebody else in its last moments is still there when its own person is
    found again. That both were one shows in another view, where they go with the same visit.
    """
    trimmed = list(visits)
    if not maps:
        return trimmed
    near = np.nan_to_num(nearness(visits, maps, sizes))
    for one, two in _slips(visits):
        if np.minimum(near[one], near[two]).max() >= ONE_PLACE:
            first = trimmed[one]
            trimmed[one] = first.rows(first.time_s < visits[two].start_s)
    return trimmed


def _slips(visits: Sequence[Visit]) -> Iterator[tuple[int, int]]:
    """Yield numbers of visits of which the first ends shortly after the second has begun."""
    order = sorted(range(len(visits)), key=lambda n: (visits[n].camera, visits[n].start_s))
    for place, one in enumerate(order):
        first = visits[one]
        for two in order[place + 1 :]:
            second = visits[two]
            if second.camera != first.camera or second.start_s > first.end_s:
                break
            slip_s = first.end_s - second.start_s
            if first.start_s < second.start_s and slip_s <= SLIP_S < second.end_s - first.end_s:
                yield one, two


def _changes(visits: Sequence[Visit], maps: Sequence[ViewMap], sizes: Sizes) -> Iterator[_Change]:
    for number, other, first, error in errors_of(visits, maps, sizes):
        found = _change(error)
        if found:
            step, steps = found
            camera, time_s = visits[number].camera, STEP_S * (first + step)
            yield _Change(number, camera, other, time_s, steps)


def _change(error: Floats) -> tuple[float, int] | None:
    """Find the step at which a visit changes whom it goes with, and how many steps tell so.

    Args:
        error: (J, T) own heights between it and everybody in another view; NaN where not known.
    """
    known = np.isfinite(error)
    off = np.where(known, error, np.inf)
    ordered = np.sort(off, axis=0)
    clear = (ordered[0] <= WITH) & (ordered[1:2] >= WITHOUT).all(axis=0)
    with_whom = np.where(clear, off.argmin(axis=0), -1)
    best: tuple[float, int] | None = None
    for one, two in permutations(np.unique(with_whom[with_whom >= 0]).tolist(), 2):
        before, after = (with_whom == one) & known[two], (with_whom == two) & known[one]
        found = _moment(before, after)
        if found and (best is None or found[1] > best[1]):
            best = found
    return best


def _moment(before: BoolArray, after: BoolArray) -> tuple[float, int] | None:
    """Find the step until which mostly `before` (T,) holds, and `after` from then on."""
    until, since = np.cumsum(before), after.sum() - np.cumsum(after)
    wrong = (before.sum() - until) + np.cumsum(after)
    right = until + since
    step = int((right - wrong).argmax())
    if min(until[step], since[step]) < LEAST_STEPS or wrong[step] > MOST_WRONG * right[step]:
        return None
    last, first = np.flatnonzero(before[: step + 1])[-1], np.flatnonzero(after[step + 1 :])[0]
    return float(last + step + 1 + first) / 2, int(right[step])


def _believed(changes: Sequence[_Change]) -> list[_Change]:
    """Return for each visit the change that most tells of, where its camera is at fault."""

    def views(camera: str, time_s: float) -> int:
        """Count the cameras that disagree with one about a moment, seen from either."""
        about = [c for c in changes if abs(c.time_s - time_s) <= SAME_MOMENT_S]
        pairs = {(c.camera, c.other) for c in about} | {(c.other, c.camera) for c in about}
        return sum(one == camera for one, _ in pairs)

    chosen: dict[int, _Change] = {}
    for change in sorted(changes, key=lambda c: -c.steps):
        own = views(change.camera, change.time_s)
        if own >= FEWEST_VIEWS and own > views(change.other, change.time_s):
            chosen.setdefault(change.visit, change)
    return list(chosen.values())


def _cut(visits: Sequence[Visit], changes: Sequence[_Change]) -> list[Visit]:
    time_of = {change.visit: change.time_s for change in changes}
    free = free_numbers(visits)
    parts = []
    for number, visit in enumerate(visits):
        later = visit.time_s >= time_of.get(number, np.inf)
        if not later.any() or later.all():
            parts.append(visit)
            continue
        parts += halves(visit, later, free[visit.camera])
        free[visit.camera] += 1
    return parts


def free_numbers(visits: Sequence[Visit]) -> dict[str, int]:
    """Return the next track_id of each camera."""
    free: dict[str, int] = {}
    for visit in visits:
        free[visit.camera] = max(free.get(visit.camera, 1), visit.track_id + 1)
    return free


def halves(visit: Visit, later: BoolArray, number: int) -> list[Visit]:
    """Cut a visit; its views, which are spread over it, go with the boxes seen until then."""
    seen = visit.observed.sum()
    share = visit.observed[~later].sum() / max(seen, 1)
    views = round(len(visit.embeddings) * float(share))
    return [
        replace(visit.rows(~later), embeddings=visit.embeddings[:views]),
        replace(visit.rows(later), embeddings=visit.embeddings[views:], track_id=number),
    ]
