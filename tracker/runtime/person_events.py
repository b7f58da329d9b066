"""From what is known of people while cameras run to events: who appears, leaves, moves, merges."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tracker.core.types import Link, Merge, Visit, VisitKey
from tracker.results.events_file import Appeared, Event, Left, Merged, Moved
from tracker.results.tracks_json import SCORE_DIGITS, TIME_DIGITS

MOST_STAYS = 2000  # visits that are remembered to tell where somebody was before


class PeopleSource(Protocol):
    """Who knows the people; see `tracker.identity.online.OnlineIdentities`."""

    def person_of(self, camera: str, track_id: int) -> int | None:
        """Return the person of a visit."""
        ...

    def new_links(self) -> list[Link]:
        """Return the links that were made since this was last asked."""
        ...

    def new_merges(self) -> list[Merge]:
        """Return the merges that were made since this was last asked."""
        ...


@dataclass(slots=True)
class _Stay:
    """A visit, from its first box to its last one so far."""

    start_s: float
    last_s: float
    goes_on: bool = True
    moved: bool = False  # whether it was told that the person changed cameras with it
    probability: float | None = None


class PersonEvents:
    """Tells each thing once, as soon as it is known.

    Args:
        known: Who knows the people.
        tell: Is told of each event.
    """

    def __init__(self, known: PeopleSource, tell: Callable[[Event], None]) -> None:
        self._known = known
        self._tell = tell
        self._stays: dict[VisitKey, _Stay] = {}

    def seen(self, key: VisitKey, time_s: float) -> None:
        """Take note that a visit has a box at this time."""
        if key in self._stays:
            self._stays[key].last_s = time_s

    def appeared(self, visit: Visit) -> None:
        """Take note of a visit that has just been given a person."""
        self._stays[visit.key] = _Stay(visit.start_s, visit.end_s)
        self._note_reasons()
        about = self._about(visit.key, visit.start_s)
        self._tell(Appeared(*about, self._probability(visit.key)))

    def left(self, visit: Visit) -> None:
        """Take note of a visit that is over."""
        stay = self._stays[visit.key]
        self.notice(visit.end_s)
        stay.goes_on, stay.last_s = False, visit.end_s
        about = self._about(visit.key, visit.end_s)
        self._tell(Left(*about, round(stay.start_s, TIME_DIGITS)))
        while len(self._stays) > MOST_STAYS:
            del self._stays[next(iter(self._stays))]

    def notice(self, time_s: float) -> None:
        """Look for merges, and for who has changed cameras by them or by appearing."""
        self._note_reasons()
        for merge in self._known.new_merges():
            key = self._latest(merge.kept)
            if key is not None:
                about = self._about(key, time_s, merge.gone)
                self._tell(Merged(*about, self._probability(key), merge.kept))
        for key, stay in self._stays.items():
            if stay.goes_on and not stay.moved:
                self._say_if_moved(key, stay)

    def _note_reasons(self) -> None:
        for link in self._known.new_links():
            if link.second in self._stays:
                self._stays[link.second].probability = link.probability

    def _say_if_moved(self, key: VisitKey, stay: _Stay) -> None:
        """Tell of a visit whose person was in another camera before."""
        person = self._known.person_of(*key)
        earlier = [
            (s.goes_on, s.last_s, k)
            for k, s in self._stays.items()
            if s.start_s < stay.start_s and self._known.person_of(*k) == person
        ]
        if not earlier:
            return
        _, left_s, before = max(earlier)
        if before[0] != key[0]:
            stay.moved = True
            travel_s = round(max(stay.start_s - left_s, 0.0), TIME_DIGITS)
            about = self._about(key, stay.start_s)
            self._tell(Moved(*about, self._probability(key), before[0], travel_s))

    def _latest(self, person: int) -> VisitKey | None:
        """Return the visit of a person that began last."""
        theirs = [
            (stay.start_s, key)
            for key, stay in self._stays.items()
            if self._known.person_of(*key) == person
        ]
        return max(theirs)[1] if theirs else None

    def _about(
        self, key: VisitKey, time_s: float, person: int | None = None
    ) -> tuple[float, None, str, int, int]:
        """Return what all events say: the time, the visit and its person."""
        whose = self._known.person_of(*key) if person is None else person
        assert whose is not None
        return round(time_s, TIME_DIGITS), None, *key, whose

    def _probability(self, key: VisitKey) -> float | None:
        probability = self._stays[key].probability
        return None if probability is None else round(probability, SCORE_DIGITS)
