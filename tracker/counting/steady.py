"""A state that flickers, made steady: what lasted too short is forgotten."""

from dataclasses import dataclass

STEADY_S = 0.5  # a change that is taken back within this is none: feet jitter at a border


@dataclass(slots=True)
class Steady:
    """Whether something holds, as told by one camera from time to time.

    Attributes:
        now: The steady state.
        last_s: When it was last told.
    """

    now: bool
    last_s: float
    _changed_s: float | None = None  # since when the other state was told
    _mark: bool = False

    def tell(self, state: bool, time_s: float, *, mark: bool = False) -> float | None:
        """Take in the state at a later time; return when the steady state changed, if it did.

        Args:
            state: As told.
            time_s: When.
            mark: What `marked` is to be for a change that begins now.
        """
        changed = self._settled(time_s)
        self.last_s = time_s
        if state == self.now:
            self._changed_s = None
        elif self._changed_s is None:
            self._changed_s, self._mark = time_s, mark
        return changed

    def end(self) -> float | None:
        """Say that nothing will be told any more; return as `tell` does."""
        return self._settled(float("inf"))

    @property
    def marked(self) -> bool:
        """The mark of the latest change."""
        return self._mark

    def _settled(self, time_s: float) -> float | None:
        """Let a change hold that has lasted until a time."""
        changed_s = self._changed_s
        if changed_s is None or time_s - changed_s < STEADY_S:
            return None
        self.now, self._changed_s = not self.now, None
        return changed_s
