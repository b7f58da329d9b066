"""A whole run over open sources: follow the people, settle who is who, write the results."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

from tracker.core.errors import SourceError
from tracker.core.types import CameraInfo, FloatArray, Frame, Step
from tracker.counting.count import count
from tracker.detection.detector import Detector
from tracker.gallery.keeper import GalleryKeeper, keep_gallery
from tracker.reid.embedder import Embedder
from tracker.rendering.annotate import (
    ReopenSource,
    VideoWriting,
    draw_videos,
    live_drawing,
)
from tracker.rendering.blur import BlurRule
from tracker.results.counts_file import write_counts
from tracker.results.journal import Journal, read_journal
from tracker.results.result import Result
from tracker.results.steady_lines import SteadyLines, steady_lines
from tracker.runtime.journal_writer import JournalWriter
from tracker.runtime.multi_camera import MultiCameraTracker
from tracker.runtime.observer import Observer
from tracker.runtime.output_plan import write_tables
from tracker.runtime.run_data import DRAWING, FOLLOWING, PassTime, RunOutcome, RunSettings
from tracker.runtime.stages import Intake, follow, take_in
from tracker.runtime.zone_teller import ZoneTeller
from tracker.video.read_ahead import ReadAhead, Stoppable
from tracker.video.source import FrameSource, total_frames

logger = logging.getLogger(__name__)

TakeStep = Callable[[Step], None]
Detected = dict[str, dict[int, FloatArray]]  # xyxy (M, 4), pixels, by camera and frame


def run(
    sources: Sequence[FrameSource], detectors: Mapping[str, Detector], embedder: Embedder | None,
    settings: RunSettings, *, reopen: ReopenSource, observer: Observer | None = None,
) -> RunOutcome:  # fmt: skip
    """Follow the people in all cameras and write the results.

    Args:
        sources: One open source per camera; closed at the end.
        detectors: By camera name.
        embedder: None to track by motion alone.
        settings: Thresholds and outputs.
        reopen: Opens a camera a second time, to draw once the identities are settled.
        observer: Is told of the progress, and may stop it: `Observer.stop` is looked at between
            frames. The first request ends the first pass, and what was done is settled, written
            and drawn; a further one ends the drawing.

    Raises:
        OutputError: An output cannot be opened. One that fails later fails alone, and is noted.
        SourceError: No camera gave a single frame.
    """
    began, observer = time.monotonic(), observer or Observer()
    stop, total = observer.stop, total_frames(sources, settings.sampling)
    counted = ZoneTeller(settings.zones, [s.info for s in sources], observer.event)
    core = MultiCameraTracker(settings.core(named=observer.names), embedder, counted.event)
    intake = take_in(sources, detectors, core, threads=settings.threads, stopped=lambda: stop.made)
    with keep_gallery(settings.plan.gallery, online=settings.online) as keeper:
        first = _FirstPass(core, intake, settings, observer, keeper)
        outcome = first.outcome(first.follow(total, counted.step), interrupted=stop.made)
        counted.finish()
        if not settings.online:
            _second_pass(outcome, settings, reopen, first)
        with observer.failures.apart():
            outcome.files += keeper.finish(outcome.result, embedder, settings.plan.json)
    outcome.failures += observer.failures.noted
    outcome.seconds = time.monotonic() - began
    return outcome


class _FirstPass:
    """All frames through the core, and the only pass where they cannot be had again."""

    def __init__(
        self, core: MultiCameraTracker, intake: Intake, settings: RunSettings,
        observer: Observer, keeper: GalleryKeeper,
    ) -> None:  # fmt: skip
        self._core = core
        self._intake = intake
        self._settings = settings
        self.observer = observer
        self.keeper = keeper
        self._live_videos: list[Path] = []
        self._journal_lines: SteadyLines | None = None
        self.detected: Detected = {}  # where the second pass must hide people

    def follow(self, total: int | None, watch: TakeStep) -> PassTime:
        """Process frames to the end."""
        began, frames = time.monotonic(), 0
        self.observer.begin(FOLLOWING, total)
        with ExitStack() as stack:
            takers = [self.keeper.step, *self._outputs(stack), self.observer.step, watch]
            for step in stack.enter_context(closing(follow(self._intake, self._core))):
                frames += 1
                for take in takers:
                    with self.observer.failures.apart():
                        take(step)
        return PassTime(frames, time.monotonic() - began)

    def outcome(self, following: PassTime, *, interrupted: bool) -> RunOutcome:
        """Settle the identities and write the tables.

        Raises:
            SourceError: See `run`.
        """
        settings, failures = self._settings, list(self._intake.failures.values())
        plan = settings.plan
        if not following.frames:
            self._refuse_nothing(failures, interrupted=interrupted)
        for camera, failure in self._intake.failures.items():
            if not self._core.cameras[camera].frames_read:
                logger.error("%s", failure)
        result = settled_result(self._core, self._intake.sources, settings, self._journal_lines)
        files = [*self._live_videos, *write_tables(result, plan, self.observer.failures)]
        files += filter(None, (plan.journal, plan.events))
        passes = {FOLLOWING: following}
        outcome = RunOutcome(result, passes, 0.0, interrupted, [*failures], files)
        if plan.counts and settings.zones:
            with self.observer.failures.apart():
                outcome.counts = count(result, settings.zones)
                write_counts(outcome.counts, plan.counts)
                files.append(plan.counts)
        return outcome

    def _refuse_nothing(self, failures: list[SourceError], *, interrupted: bool) -> None:
        if self._settings.plan.journal:
            self._settings.plan.journal.unlink(missing_ok=True)
        if failures:
            raise failures[0]
        if not interrupted:
            raise SourceError("no frame was processed; is --start after the end?")

    def _outputs(self, stack: ExitStack) -> Iterator[TakeStep]:
        """Open what is written during this pass."""
        settings = self._settings
        if settings.online:
            plan, drawn, kept = settings.plan, self.observer.drawn, self._live_videos.append
            writing = VideoWriting(
                plan.videos, settings.sampling, drawn, kept, plan.segment_s, blur=settings.blur,
                encoding=settings.encoding, stamp=settings.stamp, failures=self.observer.failures,
            )  # fmt: skip
            cameras = [source.info for source in self._intake.sources]
            yield live_drawing(cameras, writing, stack)
        elif settings.blur:
            yield self._note_detected
        if settings.plan.journal:
            yield stack.enter_context(self._journal(settings.plan.journal))

    def _note_detected(self, step: Step) -> None:
        self.detected.setdefault(step.camera, {})[step.index] = step.detected

    @contextmanager
    def _journal(self, path: Path) -> Iterator[TakeStep]:
        """Keep the journal of a live run; what is left when it ends is written too."""
        settings, cameras = self._settings, [source.info for source in self._intake.sources]
        settings.clock.begin()
        with steady_lines(path, self.observer.failures) as self._journal_lines:
            run = Result(cameras, settings.detector, settings.reid, [])
            journal = Journal(self._journal_lines, run, settings.clock.wall(0))
            writer = JournalWriter(journal, self._core, settings.sampling.stride)
            try:
                yield writer.step
            finally:
                writer.finish()


def settled_result(
    core: MultiCameraTracker, sources: Sequence[FrameSource], settings: RunSettings,
    journal: SteadyLines | None = None,
) -> Result:  # fmt: skip
    """Settle who is who, by all frames so far; what is over in a live run is in its journal."""
    infos = [source.info for source in sources]
    cameras = [
        replace(info, frames=_read(info, core.cameras[info.name].frames_read, settings))
        for info in infos
    ]
    if journal is None:
        found = core.settled(settings.known)
    else:
        found = read_journal(journal.path, journal.waiting).people
    start = settings.clock.start or settings.start
    return Result.of(cameras, settings.detector, settings.reid, found, start)


def _read(info: CameraInfo, reached: int, settings: RunSettings) -> int:
    """Return how many frames were read: behind the last that was processed, strides skip some."""
    skipped = (info.frames or 0) - reached
    return reached + (skipped if 0 < skipped < settings.sampling.stride else 0)


def _second_pass(
    outcome: RunOutcome, settings: RunSettings, reopen: ReopenSource, first: _FirstPass
) -> None:
    """Draw videos and keep crops, as far as nobody stops it."""
    result, plan, observer, keeper = outcome.result, settings.plan, first.observer, first.keeper
    keeper.begin_second_pass(result, settings.sampling.stride)
    began, counted, stop = time.monotonic(), 0, observer.stop
    asked = int(outcome.interrupted)  # requests that were for the first pass

    def read_again(name: str) -> FrameSource:
        reader = ReadAhead if settings.threads else Stoppable
        return reader(reopen(name), lambda: stop.count > asked)

    def drawn(frame: Frame) -> None:
        nonlocal counted
        counted += 1
        observer.drawn(frame)

    def drawn_and_kept(frame: Frame) -> None:
        keeper.look(frame)
        drawn(frame)

    writing = VideoWriting(
        plan.videos, settings.sampling, drawn_and_kept, outcome.files.append, mosaic=plan.mosaic,
        blur=settings.blur, encoding=settings.encoding, stamp=settings.stamp,
        detected=first.detected, failures=observer.failures,
    )  # fmt: skip
    _warn_of_unknown(writing.blur, result)
    undrawn = [c for c in result.cameras if c.name not in plan.videos and c.frames]
    if plan.videos:
        observer.begin(DRAWING, sum(c.frames or 0 for c in result.cameras) or None)
    draw_videos(result, writing, read_again)
    if plan.gallery and undrawn:
        observer.begin("keeping crops", keeper.frames_needed(undrawn))
    with observer.failures.apart():
        keeper.read(undrawn, read_again, drawn)
    if counted:
        outcome.passes[DRAWING] = PassTime(counted, time.monotonic() - began)
    outcome.interrupted |= stop.count > asked


def _warn_of_unknown(blur: BlurRule | None, result: Result) -> None:
    unknown = (blur.spared if blur else frozenset()) - {p.global_id for p in result.identities}
    if unknown:
        named = ", ".join(map(str, sorted(unknown)))
        logger.warning("--blur except: nobody has the id %s; everybody else is blurred", named)
