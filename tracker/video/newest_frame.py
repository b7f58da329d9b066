"""The newest of what one thread makes, for another one that is slower."""

import threading
from dataclasses import dataclass

from tracker.core.errors import SourceError
from tracker.core.types import Image

WAKE_S = 0.5  # an interrupt is noticed within that also where a wait cannot be interrupted


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame as a live reader got it."""

    index: int
    time_s: float
    image: Image
    counted: bool = True  # False for what came before the run's zero


class Newest:
    """Holds one frame; a newer one takes its place, and what was not taken is counted."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._shot: Shot | None = None
        self._end: SourceError | None = None
        self.dropped = 0

    @property
    def waiting(self) -> bool:
        """Whether `take` would return, or raise, at once."""
        return self._shot is not None or self._end is not None

    def put(self, shot: Shot) -> None:
        """Offer a frame."""
        with self._changed:
            if self._shot is not None and self._shot.counted:
                self.dropped += 1
            self._shot = shot
            self._changed.notify_all()

    def end(self, error: SourceError) -> None:
        """Say that there will be no more frames, and why; the last one can still be taken."""
        with self._changed:
            self._end = error
            self._changed.notify_all()

    def take(self) -> Shot:
        """Wait for a frame and take it.

        Raises:
            SourceError: There will be no more.
        """
        shot = self.wait_for_one()
        with self._changed:
            newest, self._shot = self._shot or shot, None
        return newest

    def wait_for_one(self) -> Shot:
        """Wait for a frame and leave it there.

        Raises:
            SourceError: There will be no more.
        """
        with self._changed:
            while self._shot is None:
                if self._end is not None:
                    raise self._end
                self._changed.wait(WAKE_S)
            return self._shot
