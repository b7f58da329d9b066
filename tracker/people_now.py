"""Who is in view, as far as it can be known while the cameras run."""

from collections.abc import Callable, Sequence
from typing import Protocol

from tracker.associate.deepsort import DeepSort
from tracker.config import LinkConfig
from tracker.happenings import Happenings
from tracker.link.events import Event
from tracker.link.identities import Key
from tracker.link.online import REVIEW_S, OnlineIdentities
from tracker.types import CameraInfo, TrackBox, Tracklet


class FollowedCamera(Protocol):
    """A camera whose frames go through an associator."""

    tracker: DeepSort

    @property
    def info(self) -> CameraInfo:
        """What is known of it."""
        ...


def _tell_nobody(_: Event) -> None:
    """Keep it to itself."""


class PeopleNow:
    """Gives the visits of all cameras their people, and tells what happens.

    Args:
        config: Settings of the identities.
        tell: Is told of each event.
    """

    def __init__(self, config: LinkConfig, *, tell: Callable[[Event], None] = _tell_nobody) -> None:
        self.identities = OnlineIdentities(config)
        self._happenings = Happenings(self.identities, tell)
        self._concluded: dict[str, int] = {}
        self._review_s: dict[Key, list[float]] = {}  # when, by visit that goes on

    def update(
        self, camera: FollowedCamera, time_s: float, boxes: Sequence[TrackBox]
    ) -> dict[int, int]:
        """Return the person of each track_id seen in the camera's current frame."""
        name, tracker = camera.info.name, camera.tracker
        for visit in tracker.ended(self._concluded.get(name, 0)):
            self.identities.conclude(visit)
            self._happenings.left(visit)
            del self._review_s[visit.key]
        self._concluded[name] = tracker.ended_count
        if any(self._is_due((name, box.track_id), time_s) for box in boxes):
            for visit in tracker.current():
                self._look_at(visit, time_s)
            self._happenings.notice(time_s)
        for box in boxes:
            self._happenings.seen((name, box.track_id), time_s)
        people = {box.track_id: self.identities.person_of(name, box.track_id) for box in boxes}
        return {track: person for track, person in people.items() if person is not None}

    def forget_ended(self, camera: FollowedCamera) -> None:
        """Let go of a camera's visits that are over, which somebody else keeps."""
        camera.tracker.forget_ended()
        self._concluded[camera.info.name] = 0

    def forget_oldest(self) -> None:
        """Bound what is remembered of people; the reasons so far are dropped."""
        self.identities.take_reasons()
        self.identities.forget_oldest()

    def _is_due(self, key: Key, time_s: float) -> bool:
        due = self._review_s.get(key)
        return due is None or bool(due and due[0] <= time_s)

    def _look_at(self, visit: Tracklet, time_s: float) -> None:
        if self.identities.person_of(*visit.key) is None:
            self.identities.introduce(visit)
            self._happenings.appeared(visit)
            self._review_s[visit.key] = [visit.start_s + age for age in REVIEW_S]
        elif self._is_due(visit.key, time_s):
            self.identities.review(visit)
            self._review_s[visit.key] = [t for t in self._review_s[visit.key] if t > time_s]
