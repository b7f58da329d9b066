"""What happens while cameras run: to people, and in the zones that they are counted in."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, field

from tracker.results.record import Count, Id, Length, Name, Probability, Record, about

Side = Literal["in", "out"]


class TimedEvent(Record):
    """One line of ``--events``: what happened, written once it is known.

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


class PersonEvent(TimedEvent):
    """What happened to a person in view."""

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


class Crossed(PersonEvent, tag_field="event", tag="crossed"):
    """A person crossed a line; in is to the right of who walks from its first point."""

    line: Name
    direction: Side


class EnteredZone(PersonEvent, tag_field="event", tag="entered_zone"):
    """A person is in a zone, whichever cameras see it."""

    zone: Name


class LeftZone(PersonEvent, tag_field="event", tag="left_zone"):
    """A person is in a zone no more, or has been out of sight for two seconds."""

    zone: Name
    enter_s: float


class Occupancy(TimedEvent, tag_field="event", tag="occupancy"):
    """How many people are in a zone, from now on."""

    zone: Name
    people: Count


ZoneEvent: TypeAlias = Crossed | EnteredZone | LeftZone | Occupancy
Event: TypeAlias = Appeared | Left | Moved | Merged | ZoneEvent
