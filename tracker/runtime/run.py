"""A whole run: open the cameras, follow the people, link them, write the results."""

import logging
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from tracker.core.config import LinkConfig, TrackerConfig
from tracker.core.errors import SourceError
from tracker.core.types import FloatArray, Frame
from tracker.corrections.constraints import KnownPlaces
from tracker.corrections.replay import link_knowing
from tracker.detection.detector import Detector
from tracker.gallery.keeper import GalleryKeeper, keep_gallery
from tracker.identity.grouping import scene_of
from tracker.identity.offline import Linked, without_doubtful
from tracker.reid.embedder import Embedder
from tracker.rendering.annotate import (
    DrawFrame,
    ReopenSource,
    VideoWriting,
    draw_videos,
    live_drawing,
)
from tracker.rendering.blur import BlurRule
from tracker.rendering.draw import Label
from tracker.results.journal import open_journal, read_journal
from tracker.results.result import ModelUse, Result
from tracker.runtime.camera import CameraPipeline, Step
from tracker.runtime.journaling import JournalWriter
from tracker.runtime.observer import Observer
from tracker.runtime.online_identities import OnlineTracks
from tracker.runtime.output_plan import OutputPlan, write_tables
from tracker.runtime.stages import Networks, follow
from tracker.video.read_ahead import ReadAhead
from tracker.video.run_clock import RunClock
from tracker.video.source import FrameSource, Sampling, total_frames

logger = logging.getLogger(__name__)

FORGET_EVERY = 100  # frames
GUESSED_FROM = (4, 40)  # visits of each person and of all, for who is who while a recording runs


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run needs besides its cameras and networks.

    Attributes:
        online: Decide identities as people appear; needed where a source cannot be read twice.
        known: What a person said of an earlier run over the same videos.
        clock: Of the live sources.
        threads: Read, detect and write at once; else one thing after another.
        blur: Who is made unrecognisable in the videos.
    """

    tracker: TrackerConfig
    link: LinkConfig
    sampling: Sampling
    plan: OutputPlan
    detector: ModelUse
    reid: ModelUse | None
    device: str
    online: bool = False
    known: KnownPlaces = field(default_factory=KnownPlaces)
    clock: RunClock = field(default_factory=RunClock)
    threads: bool = True
    blur: BlurRule | None = None


@dataclass(slots=True)
class RunOutcome:
    """How a run went.

    Attributes:
        interrupted: It was stopped before the end; the results hold what was done.
        failures: Cameras that broke while others went on.
    """

    result: Result
    frames: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    failures: list[SourceError] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


def run(
    sources: Sequence[FrameSource], detectors: Mapping[str, Detector], embedder: Embedder | None,
    settings: RunSettings, *, reopen: ReopenSource, watcher: Observer | None = None,
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
    total = total_frames(sources, settings.sampling)
    if settings.threads:
        sources = [s if s.info.live else ReadAhead(s) for s in sources]
        reopen = _read_ahead(reopen)
    appearance, networks = embedder is not None, Networks(detectors, embedder)
    config = replace(settings.tracker, wary=settings.online)
    cameras = [CameraPipeline(s, config, appearance=appearance) for s in sources]
    with keep_gallery(settings.plan.gallery, online=settings.online) as keeper:
        follower = _Follower(cameras, networks, settings, watcher or Observer(), keeper)
        outcome = _follow(follower, cameras, settings, total)
        if not settings.online:
            outcome.interrupted |= _second_pass(outcome, settings, reopen, follower)
        outcome.files += keeper.finish(outcome.result, embedder, settings.plan.json)
    return outcome


def _read_ahead(reopen: ReopenSource) -> ReopenSource:
    return lambda name: ReadAhead(reopen(name))


def _follow(
    follower: "_Follower", cameras: Sequence[CameraPipeline], settings: RunSettings,
    total: int | None,
) -> RunOutcome:  # fmt: skip
    """Make the first pass, settle the identities and write the tables."""
    begun = time.monotonic()
    interrupted = follower.follow(total)
    outcome = RunOutcome(
        _settle(cameras, follower.people, settings), follower.frames,
        time.monotonic() - begun, interrupted, [c.failure for c in cameras if c.failure],
        follower.live_videos,
    )  # fmt: skip
    if not follower.frames and settings.plan.journal:
        settings.plan.journal.unlink(missing_ok=True)
    if not follower.frames and outcome.failures:
        raise outcome.failures[0]
    if not follower.frames and not interrupted:
        raise SourceError("no frame was processed; is --start after the end?")
    for camera in cameras:
        if camera.failure and not camera.frames_read:
            logger.error("%s", camera.failure)
    outcome.files += write_tables(outcome.result, settings.plan)
    outcome.files += filter(None, (settings.plan.journal, settings.plan.events))
    return outcome


def _second_pass(
    outcome: RunOutcome, settings: RunSettings, reopen: ReopenSource, follower: "_Follower"
) -> bool:
    """Draw videos, keep crops; an interrupt ends it early and returns True, with files readable."""
    result, plan, watcher, keeper = outcome.result, settings.plan, follower.watcher, follower.keeper
    keeper.begin_second_pass(result, settings.sampling.stride)

    def drawn(frame: Frame) -> None:
        keeper.look(frame)
        watcher.drawn(frame)

    writing = VideoWriting(
        plan.videos, settings.sampling, drawn, outcome.files.append, mosaic=plan.mosaic,
        blur=settings.blur, detected=follower.detected,
    )  # fmt: skip
    _warn_of_unknown(writing.blur, result)
    undrawn = [c for c in result.cameras if c.name not in plan.videos and c.frames]
    try:
        if plan.videos:
            watcher.begin("drawing", sum(c.frames or 0 for c in result.cameras) or None)
        draw_videos(result, writing, reopen)
        if plan.gallery and undrawn:
            watcher.begin("keeping crops", keeper.frames_needed(undrawn))
        keeper.read(undrawn, reopen, watcher.drawn)
    except KeyboardInterrupt:
        return True
    return False


def _warn_of_unknown(blur: BlurRule | None, result: Result) -> None:
    unknown = (blur.spared if blur else frozenset()) - {p.global_id for p in result.identities}
    if unknown:
        named = ", ".join(map(str, sorted(unknown)))
        logger.warning("--blur except: nobody has the id %s; everybody else is blurred", named)


class _Follower:
    """The first pass over all frames, and the only one where they cannot be had again."""

    def __init__(
        self, cameras: Sequence[CameraPipeline], networks: Networks, settings: RunSettings,
        watcher: Observer, keeper: GalleryKeeper,
    ) -> None:  # fmt: skip
        self._cameras = cameras
        self._networks = networks
        self._settings = settings
        self.watcher = watcher
        self.keeper = keeper
        self.people = OnlineTracks(settings.link, [c.info for c in cameras], tell=watcher.event)
        self._named = settings.online or watcher.names
        self.frames = 0
        self.live_videos: list[Path] = []
        self.detected: dict[str, dict[int, FloatArray]] = {}  # by camera and frame

    def follow(self, total: int | None) -> bool:
        """Process frames to the end; return True if it was interrupted."""
        self.watcher.begin("following", total)
        try:
            with ExitStack() as stack:
                draw, keep = self._live_drawing(stack), self._journaling(stack)
                for camera, step in stack.enter_context(closing(self._steps())):
                    goes_on = self._take(camera, step, draw)
                    keep(camera, step.frame.time_s)
                    if not goes_on:
                        return False
        except KeyboardInterrupt:
            return True
        return False

    def _steps(self) -> Generator[tuple[CameraPipeline, Step]]:
        return follow(self._cameras, self._networks, threads=self._settings.threads)

    def _live_drawing(self, stack: ExitStack) -> dict[str, DrawFrame]:
        """Open the videos that must be drawn during this pass; none unless online."""
        if not self._settings.online:
            return {}
        settings, keep = self._settings, self.live_videos.append
        plan, drawn = settings.plan, self.watcher.drawn
        writing = VideoWriting(
            plan.videos, settings.sampling, drawn, keep, plan.segment_s, blur=settings.blur
        )
        return live_drawing([camera.info for camera in self._cameras], writing, stack)

    def _journaling(self, stack: ExitStack) -> Callable[[CameraPipeline, float], None]:
        """Open the journal of a live run; what is left when it ends is written too."""
        path, settings = self._settings.plan.journal, self._settings
        if path is None:
            return lambda *_: None
        settings.clock.begin()
        journal = stack.enter_context(open_journal(path, settings.clock.wall(0)))
        journaling = JournalWriter(journal, self.people, settings.sampling.stride)
        stack.callback(journaling.finish, self._cameras)
        return journaling.update

    def _take(self, camera: CameraPipeline, step: Step, draw: Mapping[str, DrawFrame]) -> bool:
        self.frames += 1
        self.keeper.live(step.frame, step.boxes)
        labels = self._labels(camera, step) if self._named else []
        name = step.frame.camera
        if name in draw:
            draw[name](step.frame, labels, step.detected)
        elif self._settings.blur:  # the second pass will need it
            self.detected.setdefault(name, {})[step.frame.index] = step.detected
        return self.watcher.frame(
            step, labels, self.people.identities.count if self._named else None
        )

    def _labels(self, camera: CameraPipeline, step: Step) -> list[Label]:
        """Say who is who, as far as it is known by now."""
        person_of = self.people.update(camera, step.frame.time_s, step.boxes)
        if not self._settings.online and self.frames % FORGET_EVERY == 0:
            self.people.forget_oldest(*GUESSED_FROM)  # `link` will look at everybody again
        return [Label(person_of[b.track_id], b.xyxy) for b in step.boxes]


def _settle(
    cameras: Sequence[CameraPipeline], people: OnlineTracks, settings: RunSettings
) -> Result:
    infos = [c.info for c in cameras]
    linked = _linked(cameras, people, settings)
    return Result(
        infos, settings.detector, settings.reid,
        linked.identities, linked.links, linked.merges, linked.suggestions,
    )  # fmt: skip


def _linked(
    cameras: Sequence[CameraPipeline], people: OnlineTracks, settings: RunSettings
) -> Linked:
    if settings.plan.journal:
        return read_journal(settings.plan.journal)
    visits = [
        t for c in cameras for t in c.visits(settings.sampling.stride, online=settings.online)
    ]
    if settings.online:
        people.identities.finish(visits)
        return without_doubtful(people.identities.linked(visits), renumber=False)
    scene = scene_of(c.info for c in cameras)
    return without_doubtful(link_knowing(settings.known, visits, settings.link, scene))
