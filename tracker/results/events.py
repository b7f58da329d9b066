"""Events as JSON lines, each written out when it happens."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from msgspec import to_builtins
from msgspec.structs import replace

from tracker.core.errors import OutputError
from tracker.results.events_file import Event

logger = logging.getLogger(__name__)

STDOUT = "-"
WallClock = Callable[[float], str]  # from the run's time


class EventWriter:
    """Writes events to an open file until that fails, which is told once and ends no run."""

    def __init__(self, out: TextIO, name: str, wall: WallClock | None) -> None:
        self._out: TextIO | None = out
        self.failed = False
        self._name = name
        self._wall = wall

    def write(self, event: Event) -> None:
        """Write one event so that a reader has it now."""
        if self._out is None:
            return
        try:
            print(event_text(event, self._wall), file=self._out, flush=True)
        except OSError as error:
            self._out, self.failed = None, True
            logger.error("no more events to %s: %s", self._name, error.strerror or error)


def event_text(event: Event, wall: WallClock | None) -> str:
    """Return an event as a line of JSON, with the wall clock's time where there is one."""
    entry = replace(event, clock=wall(event.time_s)) if wall else event
    return json.dumps(to_builtins(entry))


@contextmanager
def event_writer(place: str, wall: WallClock | None) -> Iterator[EventWriter]:
    """Open a file of events, or take stdout for ``-``.

    Raises:
        OutputError: The file cannot be written.
    """
    if place == STDOUT:
        writer = EventWriter(sys.stdout, "stdout", wall)
        yield writer
        if writer.failed:  # else Python, when it ends, fails at what is left in the buffer
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    try:
        out = Path(place).open("w", encoding="utf-8")  # noqa: SIM115 - closed below
    except OSError as error:
        raise OutputError(f"cannot write '{place}': {error.strerror}") from error
    try:
        yield EventWriter(out, place, wall)
    finally:
        with suppress(OSError):  # told already
            out.close()
