"""Where visits were, so that they are found again in another run over the same videos."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tracker.core import boxes
from tracker.core.boxes import Floats
from tracker.core.types import BoolArray, IntArray, Visit, VisitKey
from tracker.results.corrections_file import KnownVisit
from tracker.results.record import rounded
from tracker.results.tracks_file import Track

POINTS = 12  # boxes that are kept of a visit
PIXEL_DIGITS = 1
LEAST_OVERLAP = 0.4  # IoU at which two boxes are of one person; the tracker smooths, so not more
LEAST_SHARE = 0.25  # of the boxes that a found visit must cover


@dataclass(frozen=True, slots=True)
class Anchor:
    """Some boxes of a visit.

    Attributes:
        key: Camera and track_id in the run that it comes from.
        frame: (K,) int64, increasing; numbers of the source.
        xyxy: (K, 4) float32 pixels.
    """

    key: VisitKey
    frame: IntArray
    xyxy: Floats


def known_visit(track: Track, begins: Sequence[int] = ()) -> KnownVisit:
    """Return some boxes, spread over a track, as corrections.json keeps them.

    Args:
        track: The visit.
        begins: Frames at which it goes on with another track's boxes; those around are kept too.
    """
    last = len(track.boxes) - 1
    places = set(np.linspace(0, last, min(POINTS, last + 1)).round().astype(int).tolist())
    for begin in begins:
        at = sum(box.frame < begin for box in track.boxes)
        places |= {place for place in (at - 1, at) if 0 <= place <= last}
    boxes = [track.boxes[place] for place in sorted(places)]
    corners = tuple(rounded(box.xyxy, PIXEL_DIGITS) for box in boxes)
    return KnownVisit(*track.key, tuple(box.frame for box in boxes), corners)


def anchor_of_known(visit: KnownVisit) -> Anchor:
    """Return the anchor that corrections.json has."""
    return Anchor(visit.key, np.array(visit.frames, np.int64), np.array(visit.xyxy, np.float32))


def anchor_of(visit: Visit) -> Anchor:
    """Return the anchor with all boxes of a visit."""
    return Anchor(visit.key, visit.frame, visit.xyxy)


def found_again(anchors: Sequence[Anchor], tracks: Iterable[Anchor]) -> list[list[VisitKey]]:
    """Return which tracks of another run each visit has become: none, one, or several pieces.

    Args:
        anchors: Visits of the earlier run.
        tracks: All boxes of the tracks of the other run.
    """
    by_camera: dict[str, list[Anchor]] = {}
    for track in tracks:
        by_camera.setdefault(track.key[0], []).append(track)
    return [_pieces(anchor, by_camera.get(anchor.key[0], [])) for anchor in anchors]


def followed_by(anchor: Anchor, tracks: Sequence[Anchor]) -> tuple[IntArray, BoolArray]:
    """Return which track has most of each box, (K,), and whether it has enough of it, (K,)."""
    overlap = np.stack([_overlap(anchor, track) for track in tracks])  # (tracks, K)
    return overlap.argmax(axis=0), overlap.max(axis=0) >= LEAST_OVERLAP


def _pieces(anchor: Anchor, tracks: Sequence[Anchor]) -> list[VisitKey]:
    if not tracks:
        return []
    best, hit = followed_by(anchor, tracks)
    votes = np.bincount(best[hit], minlength=len(tracks))
    needed = max(1.0, LEAST_SHARE * len(anchor.frame))
    return [track.key for track, n in zip(tracks, votes, strict=True) if n >= needed]


def _overlap(anchor: Anchor, track: Anchor) -> Floats:
    """Return the IoU (K,) of the visit's boxes with the track's at their frames."""
    within = (anchor.frame >= track.frame[0]) & (anchor.frame <= track.frame[-1])
    found = np.zeros(len(anchor.frame), np.float32)
    if within.any():
        at = anchor.frame[within]
        there = np.stack([np.interp(at, track.frame, track.xyxy[:, i]) for i in range(4)], axis=1)
        both = boxes.iou(anchor.xyxy[within], there.astype(np.float32))
        found[within] = np.diagonal(both)
    return found
