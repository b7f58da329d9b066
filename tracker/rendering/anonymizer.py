"""Whom to make unrecognisable in which frame: all that was taken for a person, and a bit more.

Beside the boxes of tracks these are all detections, also those that were too weak, too small or too
short to become a track, unless they are surely of somebody spared. What appears or vanishes is
hidden for a moment before and after, since a detector finds people late and loses them early; and
who was lost and found again is hidden on the straight way in between.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise

import numpy as np

from tracker.core import boxes
from tracker.core.types import FloatArray, Frame, Image
from tracker.rendering.blur import BlurRule, hidden_regions, pixelate
from tracker.rendering.draw import Label
from tracker.results.result import PersonBox

HOLD_S = 0.4
BRIDGED_S = 10.0  # a gap in which somebody mostly stands behind something
LIVE_HOLD_S = 1.0  # there no second pass fills the gaps in a track
SAME_IOU = 0.5  # from which a detection is that of a track's box

Detected = Mapping[int, FloatArray]  # frame -> (N, 4) pixels


class RecordedAnonymizer:
    """Hides people in a recording whose tracks are settled.

    Args:
        rule: Whom.
        rows: All boxes of one camera.
        detected: What the detector found in each frame.
        fps: Frames of the source per second.
    """

    def __init__(
        self, rule: BlurRule, rows: Iterable[PersonBox], detected: Detected, fps: float
    ) -> None:
        self._rule = rule
        self._hold = max(round(HOLD_S * fps), 1)  # frames
        self._boxes: dict[int, list[FloatArray]] = {}
        listed = list(rows)
        for row in listed:
            if row.global_id not in rule.spared:
                self._hide(row.frame, row.xyxy)
        by_person = sorted(listed, key=lambda row: (row.global_id, row.frame))
        for one, other in pairwise(row for row in by_person if row.global_id not in rule.spared):
            if one.global_id == other.global_id and other.time_s - one.time_s <= BRIDGED_S:
                self._bridge(one, other)
        by_track = sorted(listed, key=lambda row: (row.track_id, row.frame))
        for _, group in groupby(by_track, key=lambda row: row.track_id):
            self._hold_ends([row for row in group if row.global_id not in rule.spared])
        self._hide_detected(listed, detected)

    def __call__(self, frame: Frame) -> Image:
        """Return the frame's picture with everybody hidden who is to be; a copy."""
        found = self._boxes.get(frame.index)
        if not found:
            return frame.image
        return pixelate(frame.image, hidden_regions(np.stack(found), self._rule.part))

    def _hide(self, frame: int, xyxy: FloatArray) -> None:
        self._boxes.setdefault(frame, []).append(xyxy)

    def _bridge(self, one: PersonBox, other: PersonBox) -> None:
        """Hide somebody between two boxes."""
        for frame in range(one.frame + 1, other.frame):
            share = (frame - one.frame) / (other.frame - one.frame)
            self._hide(frame, one.xyxy + np.float32(share) * (other.xyxy - one.xyxy))

    def _hold_ends(self, visit: Sequence[PersonBox]) -> None:
        """Hide somebody a moment before they were found, after they were lost, and in gaps."""
        frames = {row.frame for row in visit}
        for row in visit:
            for step in (-1, 1):
                for frame in range(row.frame + step, row.frame + step * (self._hold + 1), step):
                    if frame in frames:
                        break
                    self._hide(frame, row.xyxy)

    def _hide_detected(self, rows: Sequence[PersonBox], detected: Detected) -> None:
        tracked: dict[int, list[PersonBox]] = {}
        for row in rows:
            tracked.setdefault(row.frame, []).append(row)
        for frame, xyxy in detected.items():
            for box, owner in zip(xyxy, _owners(xyxy, tracked.get(frame, [])), strict=True):
                if owner is None:  # nobody knows who that is, or whether they stay
                    for near in range(frame - self._hold, frame + self._hold + 1):
                        self._hide(near, box)
                elif owner not in self._rule.spared:
                    self._hide(frame, box)


class LiveAnonymizer:
    """Hides everybody while a source runs: ids that may still change spare nobody."""

    def __init__(self, rule: BlurRule) -> None:
        self._rule = rule
        self._recent: deque[tuple[float, FloatArray]] = deque()  # time, (N, 4) pixels

    def __call__(self, frame: Frame, labels: Sequence[Label], detected: FloatArray) -> Image:
        """Return the frame's picture with everybody hidden who is there or just was; a copy."""
        now = np.concatenate([detected, *(label.xyxy[None] for label in labels)])
        while self._recent and self._recent[0][0] < frame.time_s - LIVE_HOLD_S:
            self._recent.popleft()
        gone = [xyxy for _, before in self._recent for xyxy in _apart(before, now)]
        self._recent.append((frame.time_s, now))
        everybody = np.concatenate([now, *(xyxy[None] for xyxy in gone)])
        if not len(everybody):
            return frame.image
        return pixelate(frame.image, hidden_regions(everybody, self._rule.part))


def _owners(xyxy: FloatArray, rows: Sequence[PersonBox]) -> Iterator[int | None]:
    """Tell whose box each of (N, 4) is, by overlap; None for that of nobody."""
    if not rows:
        yield from [None] * len(xyxy)
        return
    overlap = boxes.iou(xyxy, np.stack([row.xyxy for row in rows]))
    for found in overlap:
        best = int(found.argmax())
        yield rows[best].global_id if found[best] >= SAME_IOU else None


def _apart(before: FloatArray, now: FloatArray) -> FloatArray:
    """Return the boxes of a moment ago that no present one has taken the place of."""
    if not len(before) or not len(now):
        return before
    kept: FloatArray = before[boxes.iou(before, now).max(axis=1) < SAME_IOU]
    return kept
