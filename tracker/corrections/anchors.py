"""Where visits were, so that they are found again in another run over the same videos."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tracker.core import boxes
from tracker.core.boxes import Floats
from tracker.core.types import IntArray, VisitKey

POINTS = 12  # boxes that are kept of a visit
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

    def record(self) -> dict[str, Any]:
        """Return it as a file keeps it."""
        return {
            "camera": self.key[0],
            "track_id": self.key[1],
            "frames": self.frame.tolist(),
            "xyxy": [[round(v, 1) for v in box] for box in self.xyxy.tolist()],
        }


def anchor_from_record(record: Mapping[str, Any]) -> Anchor:
    """Read what `Anchor.record` returns; raises as wrong JSON does."""
    xyxy = np.array(record["xyxy"], np.float32).reshape(-1, 4)
    frame = np.array(record["frames"], np.int64)
    if len(frame) != len(xyxy) or not len(frame):
        raise ValueError(f"{len(frame)} frames, {len(xyxy)} boxes")
    return Anchor((str(record["camera"]), int(record["track_id"])), frame, xyxy)


def anchor_of(track: Mapping[str, Any], points: int | None = POINTS) -> Anchor:
    """Return the anchor of a track of a tracks.json: so many boxes spread over it, None for all."""
    whole = track["boxes"]
    many = len(whole) if points is None else min(points, len(whole))
    chosen = [whole[i] for i in np.linspace(0, len(whole) - 1, many).round().astype(int)]
    return Anchor(
        (track["camera"], int(track["track_id"])),
        np.array([b["frame"] for b in chosen], np.int64),
        np.array([b["xyxy"] for b in chosen], np.float32),
    )


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


def _pieces(anchor: Anchor, tracks: Sequence[Anchor]) -> list[VisitKey]:
    if not tracks:
        return []
    overlap = np.stack([_overlap(anchor, track) for track in tracks])  # (tracks, K)
    best = overlap.argmax(axis=0)
    hit = overlap.max(axis=0) >= LEAST_OVERLAP
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
