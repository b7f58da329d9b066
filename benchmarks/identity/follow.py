"""Our own tracker and linking on what was observed, by the package's own pipeline."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.identity.observed import Models, Observed, Replay
from benchmarks.identity.recordings import Recording
from tracker.core.config import LinkConfig, TrackerConfig
from tracker.core.ground import GroundPlane
from tracker.core.types import FloatArray, Frame, Identity, Image
from tracker.evaluation.box_table import BoxTable
from tracker.identity.offline import Linked
from tracker.runtime.multi_camera import CoreSettings, MultiCameraTracker
from tracker.runtime.stages import arrivals


@dataclass(frozen=True, slots=True)
class Answer:
    """Who is where, by visit and by person: a table for each camera."""

    visits: dict[str, BoxTable]
    people: dict[str, BoxTable]
    linked: Linked


class _Looks:
    """The embedder: knows the boxes of whichever camera was looked at last."""

    def __init__(self, replays: Sequence[Replay]) -> None:
        self._replays = replays

    def embed(self, image: Image, xyxy: FloatArray) -> FloatArray:
        """See `tracker.reid.embedder.Embedder.embed`."""
        del image
        return max(self._replays, key=lambda r: r.turn).looks(xyxy)

    def embed_all(self, seen: Sequence[tuple[Image, FloatArray]]) -> list[FloatArray]:
        """See `tracker.reid.embedder.Embedder.embed_all`."""
        return [self.embed(image, xyxy) for image, xyxy in seen]


def follow(
    recording: Recording, observed: Sequence[Observed], models: Models,
    grounds: dict[str, GroundPlane], *, online: bool, config: TrackerConfig | None = None,
) -> Answer:  # fmt: skip
    """Take a recording through both passes, or through one as ``--online`` does."""
    looks = bool(observed[0].looks.shape[1])
    replays = [
        Replay(o, models.conf if looks else 0.25, recording.stride, c.offset_frames,
               grounds.get(c.name))
        for o, c in zip(observed, recording.cameras, strict=True)
    ]  # fmt: skip
    config = config or TrackerConfig(max_cosine_distance=models.reid.max_cosine_distance)
    settings = CoreSettings(config, LinkConfig(), recording.stride, online=online)
    core = MultiCameraTracker(settings, _Looks(replays) if looks else None)
    replay_of = {replay.info.name: replay for replay in replays}
    for name, replay in replay_of.items():
        core.add(replay.info)
        core.cameras[name]._motion = replay if looks else None  # type: ignore[assignment]
    for name, frame in filter(None, arrivals(replays)):
        if isinstance(frame, Frame):
            deque(core.update([(frame, replay_of[name].detect(frame))]), maxlen=0)
    linked = core.settled()
    names = [r.info.name for r in replays]
    return Answer(
        {n: _table(linked.identities, n, person=False) for n in names},
        {n: _table(linked.identities, n, person=True) for n in names},
        linked,
    )


def _table(identities: Iterable[Identity], camera: str, *, person: bool) -> BoxTable:
    visits = [
        (i.global_id if person else t.track_id, t)
        for i in identities
        for t in i.visits
        if t.camera == camera
    ]
    lengths = [len(t.frame) for _, t in visits]
    return BoxTable(
        np.concatenate([np.zeros(0, int), *(t.frame + 1 for _, t in visits)]),
        np.repeat([number for number, _ in visits], lengths).astype(int),
        np.concatenate([np.zeros((0, 4)), *(t.xyxy.astype(np.float64) for _, t in visits)]),
        np.zeros(sum(lengths), bool),
    )
