"""The one logger and the one progress display, both on stderr."""

import logging
import time
from contextlib import AbstractContextManager, nullcontext, suppress

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from tracker.core.errors import shown
from tracker.core.stopping import StopRequest
from tracker.core.types import Frame, Step
from tracker.rendering.window import Window
from tracker.results.events_file import Event
from tracker.runtime.observer import Observer

RATE_EVERY_S = 0.5
LIVE = "tracker.video.live_source"  # the logger of live cameras


class ConsoleHandler(logging.Handler):
    """Prints log records as ``warning: …`` lines above a running progress display.

    What a recording makes us warn of is printed once, though it is read twice where it is drawn;
    a live camera may well be lost and found again in the same words.
    """

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._warned: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record, and its traceback if it carries one."""
        text = f"{record.levelname.lower()}: {shown(record.getMessage())}"
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        if record.levelno == logging.WARNING and record.name != LIVE:
            if text in self._warned:
                return
            self._warned.add(text)
        with suppress(OSError):  # a log on a full disk ends no run
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def set_up_logging(console: Console, *, verbose: int, quiet: bool) -> None:
    """Send the package's log to the console: warnings, with -v what is done, -vv everything."""
    levels = {0: logging.WARNING, 1: logging.INFO}
    logger = logging.getLogger("tracker")
    logger.setLevel(logging.ERROR if quiet else levels.get(verbose, logging.DEBUG))
    logger.handlers = [ConsoleHandler(console)]
    logger.propagate = False


class ConsoleObserver(Observer):
    """Shows frames, share, frames/s, time left and people; and the window of ``--show``."""

    def __init__(self, console: Console, *, shown: bool, window: Window | None) -> None:
        super().__init__(StopRequest(patience=2))  # Ctrl-C, or the window closed
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[people]}"),
            console=console,
            disable=not (shown and console.is_terminal),
            transient=True,
        )
        self._console = console
        self._window = window
        self.names = window is not None
        self._visits: set[tuple[str, int]] = set()
        self._began = 0.0
        self.also: list[Observer] = []  # who else is told of frames and events

    def loading(self) -> AbstractContextManager[object]:
        """Say, where progress is shown, that models are being loaded."""
        if self._progress.disable:
            return nullcontext()
        return self._console.status("loading models")

    def __enter__(self) -> "ConsoleObserver":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        if self._window:
            self._window.close()

    def begin(self, stage: str, total: int | None) -> None:
        """See `Observer.begin`."""
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        self._began = time.monotonic()
        self._progress.add_task(stage, total=total, rate="", people="")

    def step(self, step: Step) -> None:
        """See `Observer.step`; stops the run when the window is closed."""
        self._visits.update((step.camera, box.track_id) for box in step.boxes)
        many = f"{len(self._visits)} visits" if step.people is None else f"{step.people} people"
        self._advance(people=f"{many} so far")
        for other in self.also:
            other.step(step)
        if self._window is not None and not self._window.show(step):
            self.stop.ask()

    def event(self, event: Event) -> None:
        """See `Observer.event`."""
        for other in self.also:
            other.event(event)

    def drawn(self, frame: Frame) -> None:
        """See `Observer.drawn`."""
        self._advance()

    def _advance(self, people: str = "") -> None:
        task = self._progress.tasks[-1]
        elapsed = time.monotonic() - self._began
        rate = f"{(task.completed + 1) / elapsed:.1f} frames/s" if elapsed > RATE_EVERY_S else ""
        self._progress.update(task.id, advance=1, rate=rate, people=people)
