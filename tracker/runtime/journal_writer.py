"""Keeps the memory of a live run flat: what is over goes to its journal and is forgotten."""

from collections.abc import Sequence

from tracker.core.types import Step, Visit, VisitKey
from tracker.results.journal import Journal
from tracker.runtime.camera import CameraTracker
from tracker.runtime.multi_camera import MultiCameraTracker

TRIM_EVERY_S, KEPT_S = 30.0, 30.0  # of a visit that goes on, only the latest boxes are kept
SAVE_EVERY_S = 4.0  # what a run loses of them if it is killed


class JournalWriter:
    """Moves what is over from memory to the journal.

    Args:
        journal: Open.
        core: Who is followed, and who everybody is.
        stride: Only every `stride`-th frame was processed.
    """

    def __init__(self, journal: Journal, core: MultiCameraTracker, stride: int) -> None:
        self._journal = journal
        self._cameras = core.cameras
        self._people = core.people
        self._stride = stride
        self._trimmed_s: dict[str, float] = {}
        self._saved_s: dict[str, float] = {}
        # By visit that goes on, the last frame that was written: as it is, and polished.
        self._saved: dict[VisitKey, int] = {}
        self._written: dict[VisitKey, int] = {}

    def step(self, step: Step) -> None:
        """Write what a processed frame ended."""
        camera, time_s = self._cameras[step.camera], step.time_s
        ended = camera.tracker.ended()
        if ended:
            self._write(camera, ended)
            self._people.forget_ended(camera)
            self._write_reasons()
            self._people.identities.forget_oldest()
        if time_s - self._trimmed_s.setdefault(camera.info.name, time_s) >= TRIM_EVERY_S:
            self._trimmed_s[camera.info.name] = time_s
            self._write(camera, camera.tracker.take_past(time_s - KEPT_S), ended=False)
            camera.forget_frames()
        if time_s - self._saved_s.setdefault(camera.info.name, time_s) >= SAVE_EVERY_S:
            self._saved_s[camera.info.name] = time_s
            self._save(camera)

    def finish(self) -> None:
        """Look a last time at who is in view when the run ends, and write what is left."""
        left = [(camera, camera.tracker.visits()) for camera in self._cameras.values()]
        self._people.identities.finish([visit for _, visits in left for visit in visits])
        for camera, visits in left:
            self._write(camera, visits)
        self._write_reasons()

    def _write(self, camera: CameraTracker, visits: Sequence[Visit], *, ended: bool = True) -> None:
        """Write what was not written yet of visits."""
        for visit in camera.polished(visits, self._stride):
            person = self._people.identities.person_of(*visit.key)
            news = visit.rows(visit.frame > self._written.pop(visit.key, -1))
            if ended:
                self._saved.pop(visit.key, None)
            if person is not None and len(news.frame):
                self._journal.visit(news, person)
            if not ended:
                self._written[visit.key] = int(visit.frame[-1])

    def _save(self, camera: CameraTracker) -> None:
        """Write each box of visits that go on once as it is; later it is written polished."""
        for visit in camera.tracker.current():
            person = self._people.identities.person_of(*visit.key)
            news = visit.rows(visit.frame > self._saved.get(visit.key, -1))
            if person is not None and len(news.frame):
                self._journal.visit(news, person, passing=True)
                self._saved[visit.key] = int(news.frame[-1])

    def _write_reasons(self) -> None:
        links, merges = self._people.identities.take_reasons()
        for link in links:
            self._journal.link(link)
        for merge in merges:
            self._journal.merge(merge)
