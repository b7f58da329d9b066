"""Events as JSON lines, each written out when it happens."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import to_builtins
from msgspec.structs import replace

from tracker.core.errors import OutputError
from tracker.core.failures import Failures
from tracker.results.events_file import Event
from tracker.results.steady_lines import steady_lines

logger = logging.getLogger(__name__)

STDOUT = "-"
WallClock = Callable[[float], str]  # from the run's time
WriteEvent = Callable[[Event], None]


def event_text(event: Event, wall: WallClock | None) -> str:
    """Return an event as a line of JSON, with the wall clock's time where there is one."""
    return json.dumps(to_builtins(_timed(event, wall)))


def _timed(event: Event, wall: WallClock | None) -> Event:
    return replace(event, clock=wall(event.time_s)) if wall else event


@contextmanager
def event_writer(place: str, wall: WallClock | None, failures: Failures) -> Iterator[WriteEvent]:
    """Open a file of events, or take stdout for ``-``; that it fails is noted and ends no run.

    Raises:
        OutputError: The file cannot be made.
    """
    if place != STDOUT:
        with steady_lines(Path(place), failures) as lines:
            yield lambda event: lines.write(_timed(event, wall))
        return
    broken = False

    def tell(event: Event) -> None:
        nonlocal broken
        try:
            if not broken:
                print(event_text(event, wall), flush=True)  # noqa: T201 - asked for
        except OSError as error:
            broken = True
            told = f"no more events to stdout: {error.strerror or error}"
            if isinstance(error, BrokenPipeError):  # whoever read them has gone, which is theirs
                logger.error("%s", told)
            else:
                failures.note(OutputError(told))

    yield tell
    if broken:  # else Python, when it ends, fails at what is left in the buffer
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
