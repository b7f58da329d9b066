"""Keeps the memory of a live run flat: what is over goes to its journal and is forgotten."""

from collections.abc import Sequence

from tracker.output.journal import Journal
from tracker.people_now import PeopleNow
from tracker.pipeline import CameraPipeline
from tracker.types import Tracklet

TRIM_EVERY_S, KEPT_S = 30.0, 30.0  # of a visit that goes on, only the latest boxes are kept


class Journaling:
    """Moves what is over from memory to the journal.

    Args:
        journal: Open.
        people: Who everybody is.
        stride: Only every `stride`-th frame was processed.
    """

    def __init__(self, journal: Journal, people: PeopleNow, stride: int) -> None:
        self._journal = journal
        self._people = people
        self._stride = stride
        self._trimmed_s: dict[str, float] = {}

    def update(self, camera: CameraPipeline, time_s: float) -> None:
        """Write what a processed frame ended; call it after `PeopleNow.update`."""
        ended = camera.tracker.ended()
        if ended:
            self._write(camera, ended)
            self._people.forget_ended(camera)
            self._write_reasons()
            self._people.identities.forget_oldest()
        if time_s - self._trimmed_s.setdefault(camera.info.name, time_s) >= TRIM_EVERY_S:
            self._trimmed_s[camera.info.name] = time_s
            self._write(camera, camera.tracker.take_past(time_s - KEPT_S))
            camera.forget_frames()

    def finish(self, cameras: Sequence[CameraPipeline]) -> None:
        """Write what is left when the run ends."""
        for camera in cameras:
            self._write(camera, camera.tracker.tracklets())
        self._write_reasons()

    def _write(self, camera: CameraPipeline, visits: Sequence[Tracklet]) -> None:
        for visit in camera.polished(visits, self._stride):
            person = self._people.identities.person_of(*visit.key)
            if person is not None:
                self._journal.visit(visit, person)

    def _write_reasons(self) -> None:
        links, merges = self._people.identities.take_reasons()
        for link in links:
            self._journal.link(link)
        for merge in merges:
            self._journal.merge(merge)
