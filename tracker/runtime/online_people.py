"""Who is in view, as far as it can be known while the cameras run."""

import math
from collections.abc import Callable, Sequence
from typing import Protocol

from tracker.core.config import LinkConfig
from tracker.core.types import CameraInfo, TrackBox, Visit, VisitKey
from tracker.identity.grouping import scene_of
from tracker.identity.online import MOST_VISITS, REVIEW_S, VISITS_EACH, OnlineIdentities
from tracker.results.events_file import Event
from tracker.runtime.person_events import PersonEvents
from tracker.tracking.deepsort import DeepSort

PATIENCE_S = 0.5  # a look at all visits waits so long for the other cameras' next frames


class FollowedCamera(Protocol):
    """A camera whose frames go through an associator."""

    tracker: DeepSort

    @property
    def info(self) -> CameraInfo:
        """What is known of it."""
        ...


def tell_nobody(_: Event) -> None:
    """Keep it to itself."""


class OnlinePeople:
    """Gives the visits of all cameras their people, and tells what happens.

    Args:
        config: Settings of the identities.
        tell: Is told of each event.
    """

    def __init__(self, config: LinkConfig, *, tell: Callable[[Event], None] = tell_nobody) -> None:
        self.identities = OnlineIdentities(config)
        self._infos: list[CameraInfo] = []
        self._events = PersonEvents(self.identities, tell)
        self._concluded: dict[str, int] = {}
        self._review_s: dict[VisitKey, list[float]] = {}  # when, by visit that goes on
        self._cameras: set[str] = set()
        self._awaited: set[str] = set()  # cameras whose visits are to be taken in before a look
        self._look_s = math.inf

    def add(self, info: CameraInfo) -> None:
        """Take note of a camera, before its first frame."""
        self._infos.append(info)
        self.identities.know(scene_of(self._infos))

    def update(
        self, camera: FollowedCamera, time_s: float, boxes: Sequence[TrackBox]
    ) -> dict[int, int]:
        """Return the person of each track_id seen in the camera's current frame."""
        name, tracker = camera.info.name, camera.tracker
        self._cameras.add(name)
        for visit in tracker.ended(self._concluded.get(name, 0)):
            self.identities.conclude(visit)
            self._events.left(visit)
            del self._review_s[visit.key]
        self._concluded[name] = tracker.ended_count
        keys = [(name, box.track_id) for box in boxes]
        if self._looked(camera, keys, time_s):
            self._events.notice(time_s)
        for key in keys:
            self._events.seen(key, time_s)
        people = {box.track_id: self.identities.person_of(name, box.track_id) for box in boxes}
        return {track: person for track, person in people.items() if person is not None}

    def forget_ended(self, camera: FollowedCamera) -> None:
        """Let go of a camera's visits that are over, which somebody else keeps."""
        camera.tracker.forget_ended()
        self._concluded[camera.info.name] = 0

    def forget_oldest(self, each: int = VISITS_EACH, most: int = MOST_VISITS) -> None:
        """Keep `each` visits of a person and `most` in all; the reasons so far are dropped."""
        self.identities.take_reasons()
        self.identities.forget_oldest(each, most)

    def _looked(self, camera: FollowedCamera, keys: Sequence[VisitKey], time_s: float) -> bool:
        """Introduce who is new, look at all visits when one is due; return whether either was."""
        name = camera.info.name
        if any(due <= time_s for key in keys for due in self._review_s.get(key, ())[:1]):
            self._awaited, self._look_s = set(self._cameras), time_s + PATIENCE_S
        new = any(key not in self._review_s for key in keys)
        if new or name in self._awaited:
            self._take_in(camera.tracker.current(), time_s)
            self._awaited.discard(name)
        due = self._look_s < math.inf and (not self._awaited or time_s >= self._look_s)
        if due:
            self.identities.look(time_s)
            self._awaited, self._look_s = set(), math.inf
        return new or due

    def _take_in(self, visits: Sequence[Visit], time_s: float) -> None:
        """Introduce new visits and renew those that are known."""
        for visit in visits:
            if visit.key not in self._review_s:
                self.identities.introduce(visit)
                self._events.appeared(visit)
                self._review_s[visit.key] = [visit.start_s + age for age in REVIEW_S]
            else:
                self.identities.renew(visit)
                self._review_s[visit.key] = [t for t in self._review_s[visit.key] if t > time_s]
