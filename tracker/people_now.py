"""Who is in view, as far as it can be known while the cameras run."""

from collections.abc import Callable, Sequence
from typing import Protocol

from tracker.associate.deepsort import DeepSort
from tracker.config import LinkConfig
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

    def __init__(self, config: LinkConfig, tell: Callable[[Event], None] = _tell_nobody) -> None:
        self.identities = OnlineIdentities(config)
        self._tell = tell
        self._concluded: dict[str, int] = {}
        self._review_s: dict[Key, list[float]] = {}  # when, by visit that goes on
        self._probability: dict[Key, float] = {}
        self._last_seen_s: dict[Key, float] = {}
        self._moved: set[Key] = set()  # who was told to have changed cameras

    def update(
        self, camera: FollowedCamera, time_s: float, boxes: Sequence[TrackBox]
    ) -> dict[int, int]:
        """Return the person of each track_id seen in the camera's current frame."""
        name, tracker = camera.info.name, camera.tracker
        for visit in self.concluded(camera):
            self._conclude(visit, time_s)
        self._concluded[name] = tracker.ended_count
        self._last_seen_s |= {(name, box.track_id): time_s for box in boxes}
        if any(self._is_due((name, box.track_id), time_s) for box in boxes):
            for visit in tracker.current():
                self._look_at(visit, time_s)
        people = {box.track_id: self.identities.person_of(name, box.track_id) for box in boxes}
        return {track: person for track, person in people.items() if person is not None}

    def concluded(self, camera: FollowedCamera) -> list[Tracklet]:
        """Return the visits that ended since `update` last looked at the camera."""
        return camera.tracker.ended(self._concluded.get(camera.info.name, 0))

    def forget_ended(self, camera: FollowedCamera) -> None:
        """Let go of the visits that are over, which somebody else keeps."""
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
            person = self.identities.introduce(visit)
            self._review_s[visit.key] = [visit.start_s + age for age in REVIEW_S]
            self._note_reasons()
            self._say("appeared", visit, visit.start_s, person)
            self._say_who_moved()
        elif self._is_due(visit.key, time_s):
            self.identities.review(visit)
            self._review_s[visit.key] = [t for t in self._review_s[visit.key] if t > time_s]
            self._say_what_merged(visit, time_s)

    def _conclude(self, visit: Tracklet, time_s: float) -> None:
        self.identities.conclude(visit)
        self._say_what_merged(visit, time_s)
        person, enter_s = self.identities.person_of(*visit.key), self.identities.enter_s(visit.key)
        assert person is not None
        self._say("left", visit, visit.end_s, person, enter_s=enter_s)
        del self._review_s[visit.key]
        self._probability.pop(visit.key, None)
        self._last_seen_s.pop(visit.key, None)
        self._moved.discard(visit.key)

    def _note_reasons(self) -> None:
        for link in self.identities.new_links():
            self._probability[link.second] = link.probability

    def _say(
        self, kind: str, visit: Tracklet, time_s: float, person: int, **more: float | int
    ) -> None:
        probability = self._probability.get(visit.key)
        self._tell(
            Event(kind, time_s, visit.camera, visit.track_id, person, probability, **more)  # type: ignore[arg-type]
        )

    def _say_what_merged(self, visit: Tracklet, time_s: float) -> None:
        self._note_reasons()
        merges = self.identities.new_merges()
        for merge in merges:
            self._say("merged", visit, time_s, merge.gone, into=merge.kept)
        if merges:
            self._say_who_moved()

    def _say_who_moved(self) -> None:
        """Tell of visits that go on and whose person was in another camera before, once each."""
        for key in self._review_s:
            before = None if key in self._moved else self.identities.before(key)
            if before is not None and before.visit[0] != key[0]:
                self._moved.add(key)
                enter_s = self.identities.enter_s(key)
                left_s = self._last_seen_s.get(before.visit, before.end_s)
                person = self.identities.person_of(*key)
                assert person is not None
                self._tell(
                    Event(
                        "moved", enter_s, key[0], key[1], person, self._probability.get(key),
                        from_camera=before.visit[0], travel_s=max(enter_s - left_s, 0.0),
                    )
                )  # fmt: skip
