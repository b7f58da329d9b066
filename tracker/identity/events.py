"""What happens while cameras run: somebody appears, leaves, changes cameras, proves to be known."""

from dataclasses import dataclass
from typing import Literal

EventKind = Literal["appeared", "left", "moved", "merged"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, told as soon as it was known.

    Attributes:
        time_s: When it happened, on the run's clock: the visit's first box for `appeared` and
            `moved`, its last one for `left`, the frame that told it for `merged`.
        track_id: The visit that it is about.
        global_id: Its person; for `merged` the number that was given up.
        probability: How likely this and the person's earlier visit are one person; None where
            there is no earlier one.
        enter_s: When a visit that was `left` had begun.
        from_camera: Where who `moved` was before.
        travel_s: Seconds from leaving there to entering here; 0 where both see the person.
        into: The number that stays after a merge.
    """

    kind: EventKind
    time_s: float
    camera: str
    track_id: int
    global_id: int
    probability: float | None = None
    enter_s: float | None = None
    from_camera: str | None = None
    travel_s: float | None = None
    into: int | None = None
