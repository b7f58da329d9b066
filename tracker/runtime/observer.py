"""Who is told of a run while it goes on."""

from tracker.core.types import Frame
from tracker.identity.events import Event
from tracker.rendering.draw import Label
from tracker.runtime.camera import Step


class Observer:
    """Is told what happens; this one does nothing, the command line shows progress with it.

    Attributes:
        names: Whether `frame` is to know who is who in recordings too, which costs time: their
            people are settled at the end.
    """

    names = False

    def begin(self, stage: str, total: int | None) -> None:
        """Note that a stage of `total` frames (None: unknown) begins."""

    def frame(self, step: Step, labels: list[Label], people: int | None) -> bool:
        """Take note of a processed frame; return False to end the run.

        Args:
            step: The frame and its tracks.
            labels: Who they are; empty in recordings without `names`.
            people: How many there were so far; None in recordings without `names`.
        """
        return True

    def event(self, event: Event) -> None:
        """Take note of what happened to a person, as it is known while the cameras run."""

    def drawn(self, frame: Frame) -> None:
        """Take note of a frame written to a video."""
