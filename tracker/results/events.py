"""Events as JSON lines, each written out when it happens."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from tracker.core.errors import OutputError
from tracker.identity.events import Event
from tracker.results.tracks_json import SCORE_DIGITS, TIME_DIGITS

logger = logging.getLogger(__name__)

STDOUT = "-"
EVENTS_SCHEMA = "events.schema.json"
WallClock = Callable[[float], str]  # from the run's time


def event_entry(event: Event, wall: WallClock | None) -> dict[str, Any]:
    """Return an event as the file has it.

    Args:
        event: What happened.
        wall: Tells the wall clock's time; None for recordings.
    """
    entry: dict[str, Any] = {
        "event": event.kind,
        "time_s": round(event.time_s, TIME_DIGITS),
        "clock": wall(event.time_s) if wall else None,
        "camera": event.camera,
        "track_id": event.track_id,
        "global_id": event.global_id,
    }
    if event.kind == "left":
        enter_s = event.time_s if event.enter_s is None else event.enter_s
        return entry | {"enter_s": round(enter_s, TIME_DIGITS)}
    entry["probability"] = (
        None if event.probability is None else round(event.probability, SCORE_DIGITS)
    )
    if event.kind == "moved":
        entry |= {"from": event.from_camera, "travel_s": round(event.travel_s or 0.0, TIME_DIGITS)}
    if event.kind == "merged":
        entry |= {"into": event.into}
    return entry


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
            print(json.dumps(event_entry(event, self._wall)), file=self._out, flush=True)
        except OSError as error:
            self._out, self.failed = None, True
            logger.error("no more events to %s: %s", self._name, error.strerror or error)


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
