"""Who is told of a run while it goes on."""

from tracker.core.failures import Failures
from tracker.core.stopping import StopRequest
from tracker.core.types import Frame, Step
from tracker.results.events_file import Event


class Observer:
    """Is told what happens; this one does nothing, the command line shows progress with it.

    Args:
        stop: With which the run can be stopped; a new one if None.

    Attributes:
        failures: Outputs and cameras that failed while the others go on.
        names: Whether `step` is to know who is who in recordings too, which costs time: their
            people are settled at the end.
    """

    names = False

    def __init__(self, stop: StopRequest | None = None) -> None:
        self.stop = stop or StopRequest()
        self.failures = Failures()

    def begin(self, stage: str, total: int | None) -> None:
        """Note that a stage of `total` frames (None: unknown) begins."""

    def step(self, step: Step) -> None:
        """Take note of a processed frame; its people have ids online and with `names`."""

    def event(self, event: Event) -> None:
        """Take note of what happened to a person, as it is known while the cameras run."""

    def drawn(self, frame: Frame) -> None:
        """Take note of a frame written to a video."""
