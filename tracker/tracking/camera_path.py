"""Where a moving camera looked: boxes as its pictures show them, and as if it had stood still."""

from bisect import bisect_right
from dataclasses import replace

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import IntArray, Visit
from tracker.tracking.camera_motion import carry, zoom

# Part of the zoom so far that is forgotten with each move: who walks forward with the camera
# zooms in for ever. The common drift that this adds is too slow to matter.
FORGOTTEN = 0.01


class CameraPath:
    """Sums up the moves of one camera, as `camera_motion` tells them.

    Args:
        size: Width and height of its picture in pixels.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._centre = np.array(size) / 2
        self._frame = [-1]
        self._views: list[Floats] = [
            np.eye(2, 3)
        ]  # pixels of the frame, with a 1, to those of the first
        self._moved = False

    @property
    def moves(self) -> bool:
        """Whether the camera moved at all so far."""
        return self._moved

    def add(self, frame: int, move: Floats) -> None:
        """Take in a move (2, 3) to a frame that is later than those before."""
        view = _after(self._views[-1], _inverse(move))
        kept = view[:, :2] * zoom(view) ** -FORGOTTEN
        view[:, 2] += (view[:, :2] - kept) @ self._centre
        view[:, :2] = kept
        self._moved = True
        self._frame.append(frame)
        self._views.append(view)

    def forget(self, before: int) -> None:
        """Let go of what only frames before that one need."""
        needless = max(bisect_right(self._frame, before) - 1, 0)
        del self._frame[:needless], self._views[:needless]

    def steady(self, visit: Visit) -> Visit:
        """Return a visit whose boxes are where a camera at rest would have seen them."""
        return self._carried(visit, self._at(visit.frame)) if self.moves else visit

    def seen(self, visit: Visit) -> Visit:
        """Return a steady visit with its boxes where the pictures show them."""
        return self._carried(visit, _inverse(self._at(visit.frame))) if self.moves else visit

    def seen_box(self, frame: int, xyxy: Floats) -> Floats:
        """Return where the picture of a frame shows a steady box (4,)."""
        return carry(xyxy[None], _inverse(self._at(np.array([frame]))))[0] if self.moves else xyxy

    def _at(self, frame: IntArray) -> Floats:
        """Return the views (K, 2, 3) of increasing frames (K,); that before where none is known."""
        first = bisect_right(self._frame, int(frame[0])) - 1
        last = bisect_right(self._frame, int(frame[-1]))
        known = np.searchsorted(self._frame[first:last], frame, side="right") - 1
        return np.array(self._views[first:last])[known]

    @staticmethod
    def _carried(visit: Visit, moves: Floats) -> Visit:
        return replace(visit, xyxy=carry(visit.xyxy, moves).astype(np.float32))


def _inverse(moves: Floats) -> Floats:
    """Return the moves (..., 2, 3) back."""
    turned = np.linalg.inv(moves[..., :2])
    return np.concatenate([turned, -turned @ moves[..., 2:]], axis=-1)


def _after(second: Floats, first: Floats) -> Floats:
    """Return the move (2, 3) that two, one after the other, make."""
    return np.column_stack([second[:, :2] @ first[:, :2], second @ np.append(first[:, 2], 1)])
