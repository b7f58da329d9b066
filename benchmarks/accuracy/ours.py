"""Our own tracker on a recording, by the package's own pipeline."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.recording import Recording, Replay
from benchmarks.accuracy.sequences import Answer
from tracker.core.config import LinkConfig, TrackerConfig
from tracker.core.types import Identity
from tracker.evaluation.box_table import BoxTable
from tracker.identity.grouping import scene_of
from tracker.identity.offline import link, only_clearly_seen
from tracker.runtime.camera import CameraTracker
from tracker.runtime.multi_camera import CoreSettings, MultiCameraTracker
from tracker.runtime.online_people import OnlinePeople

CONF = 0.25  # the default of --conf


@dataclass(frozen=True, slots=True)
class Followed:
    """A recording after the first pass."""

    camera: CameraTracker
    people: OnlinePeople

    def settled(self) -> Answer:
        """Answer as the default mode does, after the second pass."""
        scene = scene_of([self.camera.info])
        linked = link(self.camera.visits(), LinkConfig(), scene)
        return answer(only_clearly_seen(linked).identities)

    def online(self) -> Answer:
        """Answer as ``--online`` does, with the ids that people got as they appeared."""
        visits, identities = self.camera.visits(online=True), self.people.identities
        identities.finish(visits)
        return answer(only_clearly_seen(identities.linked(visits), renumber=False).identities)

    def first_pass(self) -> Answer:
        """Answer with the visits of the first pass, linked when all is over."""
        return answer(link(self.camera.visits(online=True), LinkConfig()).identities)


def follow(recording: Recording, config: TrackerConfig | None = None) -> Followed:
    """Take a recording through the first pass."""
    replay, config = Replay(recording, CONF), config or TrackerConfig()
    embedder = replay if recording.looks.shape[1] else None
    settings = CoreSettings(config, LinkConfig(), online=config.wary, named=True)
    core = MultiCameraTracker(settings, embedder)
    core.add(replay.info)
    for frame in replay.frames():
        deque(core.update([(frame, replay.detect(frame))]), maxlen=0)
    return Followed(core.cameras[replay.info.name], core.people)


def answer(identities: Iterable[Identity]) -> Answer:
    """Write visits and people as tables of boxes."""
    people = list(identities)
    return Answer(_table(people, person=False), _table(people, person=True))


def _table(identities: list[Identity], *, person: bool) -> BoxTable:
    visits = [(i.global_id if person else t.track_id, t) for i in identities for t in i.visits]
    lengths = [len(t.frame) for _, t in visits]
    nothing = np.zeros((0, 4))
    return BoxTable(
        np.concatenate([np.zeros(0, int), *(t.frame + 1 for _, t in visits)]),
        np.repeat([number for number, _ in visits], lengths).astype(int),
        np.concatenate([nothing, *(t.xyxy.astype(np.float64) for _, t in visits)]),
        np.zeros(sum(lengths), bool),
    )
