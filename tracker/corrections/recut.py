"""Visits of a new run, cut where a person has said of an earlier one that two people change."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tracker.core.types import Visit, VisitKey
from tracker.corrections.anchors import anchor_of, anchor_of_known, followed_by
from tracker.identity.offline import appearance_order
from tracker.identity.switch_repair import free_numbers, halves
from tracker.results.corrections_file import KnownPlaces


def recut(places: KnownPlaces, visits: Sequence[Visit]) -> list[Visit]:
    """Return the visits, with those cut that follow one known person and then a different one.

    The rest of such a visit gets a new track_id, the next free one of its camera.
    """
    different = {frozenset(pair) for pair in places.different}
    free = free_numbers(visits)
    cut: list[Visit] = []
    for visit, marks in zip(visits, _marks(places, visits), strict=True):
        rest = visit
        for frame in _changes(marks, different):
            later = rest.frame >= frame
            if later.any() and not later.all():
                done, rest = halves(rest, later, free[visit.camera])
                free[visit.camera] += 1
                cut.append(done)
        cut.append(rest)
    return sorted(cut, key=appearance_order)


def _marks(places: KnownPlaces, visits: Sequence[Visit]) -> list[list[tuple[int, int]]]:
    """Return where each visit follows which known visit: frame and its number, by frame."""
    marks: dict[VisitKey, list[tuple[int, int]]] = defaultdict(list)
    for number, known in enumerate(places.visits):
        tracks = [anchor_of(visit) for visit in visits if visit.camera == known.camera]
        if not tracks:
            continue
        best, hit = followed_by(anchor_of_known(known), tracks)
        for frame, track, found in zip(known.frames, best.tolist(), hit.tolist(), strict=True):
            if found:
                marks[tracks[track].key].append((frame, number))
    return [sorted(marks[visit.key]) for visit in visits]


def _changes(marks: Sequence[tuple[int, int]], different: set[frozenset[int]]) -> Iterator[int]:
    """Yield the frames at which a visit begins to follow somebody different."""
    before: int | None = None
    alone = [
        b != a == c for (_, a), (_, b), (_, c) in zip(marks, marks[1:], marks[2:], strict=False)
    ]
    for (frame, number), passing in zip(marks, [False, *alone, False], strict=False):
        if passing:  # somebody came near for a moment
            continue
        if before is not None and frozenset((before, number)) in different:
            yield frame
        before = number
