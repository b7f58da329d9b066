"""Zones while cameras run: events of who enters, leaves and crosses, beside all others."""

from collections.abc import Callable, Sequence

import numpy as np

from tracker.core.ground import feet_hidden, feet_of
from tracker.core.types import CameraInfo, Step
from tracker.counting.watch import Seen, ZoneWatch
from tracker.counting.zones import Zones
from tracker.results.events_file import Event, Merged


class ZoneTeller:
    """Passes events on, and tells what happens in zones where people are named at once.

    Args:
        zones: None for nowhere.
        cameras: All of the run's.
        tell: Is told of all events.
    """

    def __init__(
        self, zones: Zones | None, cameras: Sequence[CameraInfo], tell: Callable[[Event], None]
    ) -> None:
        self._watch = ZoneWatch(zones or Zones(), tell)
        self._cameras = {camera.name: camera for camera in cameras}
        self._tell = tell

    def event(self, event: Event) -> None:
        """Take note of what happened to a person, and pass it on."""
        self._tell(event)
        if isinstance(event, Merged):
            self._watch.rename(event.global_id, event.into)

    def step(self, step: Step) -> None:
        """Take in who is where in a frame."""
        people = [
            Seen((step.camera, box.track_id), box.global_id, step.time_s)
            for box in step.boxes if box.global_id is not None
        ]  # fmt: skip
        if people:
            camera = self._cameras[step.camera]
            hidden = feet_hidden(step.xyxy, camera.height)[:, None]
            ground = camera.ground
            places = None if ground is None else np.where(hidden, np.nan, ground.place(step.xyxy))
            self._watch.see(step.camera, people, feet_of(step.xyxy), places)
        self._watch.pass_time(step.time_s)

    def finish(self) -> None:
        """Say that there will be nothing more to see."""
        self._watch.finish()
