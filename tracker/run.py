"""A whole run: open the cameras, follow the people, link them, write the results."""

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tracker.config import LinkConfig, TrackerConfig
from tracker.detect.base import Detector
from tracker.embed.embedder import Embedder
from tracker.errors import SourceError
from tracker.link.decide import scene_of
from tracker.link.identities import link, without_doubtful
from tracker.output.annotate import DrawFrame, ReopenSource, VideoWriting, draw_videos, live_drawing
from tracker.output.draw import Label
from tracker.outputs import OutputPlan, write_tables
from tracker.pipeline import CameraPipeline, PeopleNow, Step, in_time_order
from tracker.result import ModelUse, RunResult
from tracker.source.base import FrameSource, Sampling
from tracker.types import Frame

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run needs besides its cameras and networks.

    Attributes:
        online: Decide identities as people appear; needed where a source cannot be read twice.
    """

    tracker: TrackerConfig
    link: LinkConfig
    sampling: Sampling
    plan: OutputPlan
    detector: ModelUse
    reid: ModelUse | None
    device: str
    online: bool = False


@dataclass(slots=True)
class RunOutcome:
    """How a run went.

    Attributes:
        interrupted: It was stopped before the end; the results hold what was done.
        failures: Cameras that broke while others went on.
    """

    result: RunResult
    frames: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    failures: list[SourceError] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


class Watcher:
    """Is told what happens; this one does nothing, the command line shows progress with it."""

    def begin(self, stage: str, total: int | None) -> None:
        """Note that a stage of `total` frames (None: unknown) begins."""

    def frame(self, step: Step, labels: list[Label], people: int) -> bool:
        """Take note of a processed frame; return False to end the run."""
        return True

    def drawn(self, frame: Frame) -> None:
        """Take note of a frame written to a video."""


def run(
    sources: Sequence[FrameSource], detectors: Mapping[str, Detector], embedder: Embedder | None,
    settings: RunSettings, *, reopen: ReopenSource, watcher: Watcher | None = None,
) -> RunOutcome:  # fmt: skip
    """Follow the people in all cameras and write the results.

    Args:
        sources: One open source per camera; closed at the end.
        detectors: By camera name.
        embedder: None to track by motion alone.
        settings: Thresholds and outputs.
        reopen: Opens a camera a second time, to draw once the identities are settled.
        watcher: Is told of the progress.

    Raises:
        OutputError: A result cannot be written.
        SourceError: No camera gave a single frame.
    """
    watcher = watcher or Watcher()
    cameras = [
        CameraPipeline(s, detectors[s.info.name], embedder, settings.tracker) for s in sources
    ]
    follower = _Follower(cameras, settings, watcher)
    begun = time.monotonic()
    interrupted = follower.follow(_total_frames(sources, settings.sampling))
    outcome = RunOutcome(
        _settle(cameras, follower.people, settings), follower.frames,
        time.monotonic() - begun, interrupted, [c.failure for c in cameras if c.failure],
        follower.live_videos,
    )  # fmt: skip
    if not follower.frames and outcome.failures:
        raise outcome.failures[0]
    if not follower.frames and not interrupted:
        raise SourceError("no frame was processed; is --start after the end?")
    for camera in cameras:
        if camera.failure and not camera.frames_read:
            logger.error("%s", camera.failure)
    outcome.files += write_tables(outcome.result, settings.plan)
    if not settings.online:
        outcome.interrupted |= _draw(outcome, settings, reopen, watcher)
    return outcome


def _draw(
    outcome: RunOutcome, settings: RunSettings, reopen: ReopenSource, watcher: Watcher
) -> bool:
    """Draw the videos; an interrupt ends it early and returns True, with files readable."""
    plan, total = settings.plan, sum(c.frames or 0 for c in outcome.result.cameras)
    writing = VideoWriting(plan.videos, settings.sampling, watcher.drawn, outcome.files.append)
    if plan.videos:
        watcher.begin("drawing", total or None)
    try:
        draw_videos(outcome.result, writing, reopen)
    except KeyboardInterrupt:
        return True
    return False


class _Follower:
    """The first pass over all frames, and the only one where they cannot be had again."""

    def __init__(
        self, cameras: Sequence[CameraPipeline], settings: RunSettings, watcher: Watcher
    ) -> None:
        self._cameras = cameras
        self._settings = settings
        self._watcher = watcher
        self.people = PeopleNow(settings.link, [c.info for c in cameras])
        self.frames = 0
        self.live_videos: list[Path] = []

    def follow(self, total: int | None) -> bool:
        """Process frames to the end; return True if it was interrupted."""
        self._watcher.begin("following", total)
        try:
            with ExitStack() as stack:
                draw = self._live_drawing(stack)
                for camera, step in in_time_order(self._cameras):
                    if not self._take(camera, step, draw):
                        return False
        except KeyboardInterrupt:
            return True
        return False

    def _live_drawing(self, stack: ExitStack) -> dict[str, DrawFrame]:
        """Open the videos that must be drawn during this pass; none unless online."""
        if not self._settings.online:
            return {}
        settings, keep = self._settings, self.live_videos.append
        writing = VideoWriting(settings.plan.videos, settings.sampling, self._watcher.drawn, keep)
        return live_drawing([camera.info for camera in self._cameras], writing, stack)

    def _take(self, camera: CameraPipeline, step: Step, draw: Mapping[str, DrawFrame]) -> bool:
        self.frames += 1
        person_of = self.people.update(camera, step.frame.time_s, step.boxes)
        labels = [Label(person_of[b.track_id], b.xyxy) for b in step.boxes]
        if step.frame.camera in draw:
            draw[step.frame.camera](step.frame, labels)
        return self._watcher.frame(step, labels, self.people.identities.count)


def _settle(
    cameras: Sequence[CameraPipeline], people: PeopleNow, settings: RunSettings
) -> RunResult:
    stride, online = settings.sampling.stride, settings.online
    visits = [t for c in cameras for t in c.tracklets(stride, online=online)]
    infos = [c.info for c in cameras]
    if online:
        people.identities.finish(visits)
        linked = without_doubtful(people.identities.linked(visits), renumber=False)
    else:
        linked = without_doubtful(link(visits, settings.link, scene_of(infos)))
    return RunResult(
        infos, settings.detector, settings.reid, linked.identities, linked.links, linked.merges
    )


def _total_frames(sources: Sequence[FrameSource], sampling: Sampling) -> int | None:
    total = 0
    for source in sources:
        count = source.info.frames
        if count is None:
            if sampling.max_frames is None:
                return None
            count = sampling.max_frames
        skipped = int(sampling.start_s * source.info.fps)
        wanted = -(-max(count - skipped, 0) // sampling.stride)
        total += min(wanted, sampling.max_frames or wanted)
    return total
