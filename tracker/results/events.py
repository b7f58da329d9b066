"""Events as JSON lines, each written out when it happens."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, TextIO, TypeAlias

from msgspec import Meta, field, to_builtins

from tracker.core.errors import OutputError
from tracker.identity.events import Event
from tracker.results.record import Id, Length, Name, Probability, Record, about
from tracker.results.tracks_json import SCORE_DIGITS, TIME_DIGITS

logger = logging.getLogger(__name__)

STDOUT = "-"
WallClock = Callable[[float], str]  # from the run's time


class PersonEvent(Record):
    """One line of ``--events``: what happened to a person in view, written once it is known.

    The lines are not sorted by time_s: that somebody left is known only after --max-age.
    """

    time_s: Annotated[
        float,
        about("Run's clock: of the visit's first box; left: of its last; merged: when found."),
    ]
    clock: Annotated[
        Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")] | None,
        about("The same by the wall clock, UTC; null for recordings."),
    ]
    camera: Name
    track_id: Annotated[Id, about("The visit, in this camera.")]
    global_id: Annotated[Id, about("The person; for merged the number given up.")]


class Left(PersonEvent, tag_field="event", tag="left"):
    """A visit is over; it had begun at enter_s."""

    enter_s: float


class Appeared(PersonEvent, tag_field="event", tag="appeared"):
    """A visit has begun."""

    probability: Annotated[
        Probability | None,
        about("That it is the person of an earlier visit; null where there is no earlier one."),
    ]


class Moved(Appeared, tag="moved"):
    """A person was in another camera before."""

    from_camera: Annotated[Name, about("The camera before.")] = field(name="from")
    travel_s: Annotated[
        Length, about("From leaving there to entering here; 0 where both saw the person.")
    ]


class Merged(Appeared, tag="merged"):
    """A person proved to be a known one: `into` stays, for all visits."""

    into: Id


EventLine: TypeAlias = Appeared | Left | Moved | Merged


def event_record(event: Event, wall: WallClock | None) -> EventLine:
    """Return an event as the file has it.

    Args:
        event: What happened.
        wall: Tells the wall clock's time; None for recordings.
    """
    time_s = round(event.time_s, TIME_DIGITS)
    clock = wall(event.time_s) if wall else None
    about = time_s, clock, event.camera, event.track_id, event.global_id
    if event.kind == "left":
        enter_s = event.time_s if event.enter_s is None else event.enter_s
        return Left(*about, round(enter_s, TIME_DIGITS))
    sure = None if event.probability is None else round(event.probability, SCORE_DIGITS)
    if event.kind == "moved":
        return Moved(*about, sure, event.from_camera or "", round(event.travel_s or 0, TIME_DIGITS))
    return (
        Merged(*about, sure, event.into or 0) if event.kind == "merged" else Appeared(*about, sure)
    )


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
            entry = to_builtins(event_record(event, self._wall))
            print(json.dumps(entry), file=self._out, flush=True)
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
