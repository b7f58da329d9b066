"""The first pass, as stages that run at once: cameras are read, people detected, then followed.

Detection takes most of the time and knows nothing of the frames before, so that it runs some
frames ahead, in as many threads as the detector wants; everything that depends on what was before
follows in order, in `MultiCameraTracker`. Ids are the same with and without threads, and whatever
number of frames is detected together.
"""

import heapq
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field

from tracker.core.errors import SourceError
from tracker.core.types import Detections, Frame, Step
from tracker.detection.detector import Detector
from tracker.runtime.multi_camera import MultiCameraTracker
from tracker.video.read_ahead import ReadAhead
from tracker.video.source import FrameSource, is_ready

logger = logging.getLogger(__name__)

AHEAD = 4  # chunks for each worker that wait for their turn in a recording
POLL_S = 0.002  # between two looks at live cameras that have nothing new
LOOK_UP_S = 0.1  # the longest wait at one go

Arrival = tuple[str, Frame | SourceError]  # camera, and what came of it
Chunk = list[Arrival]  # what the detector is given together


def never() -> bool:
    """Say that nobody wants to stop."""
    return False


@dataclass(frozen=True, slots=True)
class Intake:
    """Where frames come from and what finds people in them.

    Attributes:
        sources: One open source per camera.
        detectors: By camera name; one and the same for all cameras, or replayed boxes.
        threads: Detect ahead of what follows; else do one thing after another.
        stopped: Is asked between frames whether somebody wants to stop.
        failures: Cameras whose source broke, and how; filled on the way.
    """

    sources: Sequence[FrameSource]
    detectors: Mapping[str, Detector]
    threads: bool = True
    stopped: Callable[[], bool] = never
    failures: dict[str, SourceError] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Whether a source gives frames in real time, once."""
        return any(source.info.live for source in self.sources)

    @property
    def batch(self) -> int:
        """How many frames are best detected together."""
        return min(detector.batch for detector in self.detectors.values())

    def fail(self, error: SourceError, camera: str, *, told: bool) -> None:
        """Note that a source broke after the frames that it gave; whoever sees all may tell."""
        self.failures[camera] = error
        if told:
            logger.error("%s", error)

    def detect(self, chunk: Chunk) -> list[Detections]:
        """Find the people in the frames of a chunk."""
        frames = [arrival for _, arrival in chunk if isinstance(arrival, Frame)]
        shared = {id(d): d for d in (self.detectors[frame.camera] for frame in frames)}
        if len(shared) == 1:
            return next(iter(shared.values())).detect_all(frames)
        return [self.detectors[frame.camera].detect(frame) for frame in frames]


def take_in(
    sources: Sequence[FrameSource], detectors: Mapping[str, Detector], core: MultiCameraTracker, *,
    threads: bool, stopped: Callable[[], bool] = never,
) -> Intake:  # fmt: skip
    """Make open sources and detectors ready for `follow`, and the cameras known to the core.

    With threads, recordings are read ahead.
    """
    if threads:
        sources = [s if s.info.live else ReadAhead(s, stopped) for s in sources]
    for source in sources:
        core.add(source.info)
    return Intake(sources, detectors, threads, stopped)


def follow(intake: Intake, core: MultiCameraTracker) -> Generator[Step]:
    """Take all cameras' frames through detection and the core, until the end or a stop.

    A source that breaks ends its camera and is noted in `Intake.failures`. All are closed.
    """
    with closing(_detected(intake)) as found:
        for chunk, detections in found:
            people = iter(detections)
            seen = [(f, next(people)) for _, f in chunk if isinstance(f, Frame)]
            for step in core.update(seen):
                yield step
                if intake.stopped():
                    return
            for camera, failure in chunk:
                if isinstance(failure, SourceError):
                    intake.fail(failure, camera, told=core.cameras[camera].frames_read > 0)
            if intake.stopped():
                return


def _detected(intake: Intake) -> Generator[tuple[Chunk, list[Detections]]]:
    """Yield what came, in order, with the people of each frame."""
    with closing(arrivals(intake.sources)) as coming:
        chunks = _chunked(coming, intake.batch)
        if not intake.threads:
            for chunk in chunks:
                yield chunk, intake.detect(chunk)
            return
        workers = max(detector.workers for detector in intake.detectors.values())
        pool = ThreadPoolExecutor(workers, thread_name_prefix="detect")
        try:
            yield from _ahead(chunks, intake, pool, workers * (1 if intake.live else AHEAD))
        finally:
            pool.shutdown(cancel_futures=True)


def _ahead(
    chunks: Iterator[Chunk], intake: Intake, pool: ThreadPoolExecutor, most: int
) -> Iterator[tuple[Chunk, list[Detections]]]:
    """Have up to `most` chunks detected at once, and yield each as soon as it is its turn."""
    waiting: deque[tuple[Chunk, Future[list[Detections]]]] = deque()
    for chunk in chunks:
        if chunk:
            waiting.append((chunk, pool.submit(intake.detect, chunk)))
        else:
            yield chunk, []  # nothing new from live cameras: a moment to stop
        while waiting and (len(waiting) > most or waiting[0][1].done()):
            first, found = waiting.popleft()
            yield first, _awaited(found)
    for first, found in waiting:
        yield first, _awaited(found)


def _awaited(found: Future[list[Detections]]) -> list[Detections]:
    """Wait for a detection, in short waits that a signal can get between."""
    while not wait([found], LOOK_UP_S).done:
        pass
    return found.result()


def _chunked(coming: Iterator[Arrival | None], size: int) -> Iterator[Chunk]:
    """Group arrivals; where nothing comes at the moment, what is there, and else nothing."""
    chunk: Chunk = []
    for arrival in coming:
        if arrival is not None:
            chunk.append(arrival)
        if arrival is None or len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def arrivals(sources: Sequence[FrameSource]) -> Generator[Arrival | None]:
    """Yield the frames of all cameras, always of the one whose time is least advanced.

    Cameras of different rates and lengths stay abreast in time, not in frame numbers. With live
    ones see `as_they_come`: nobody waits for a camera that is lost.
    """
    if any(source.info.live for source in sources):
        yield from as_they_come(sources)
        return
    waiting: list[tuple[float, int, Iterator[Frame]]] = []
    for number, source in enumerate(sources):
        before_s = source.info.offset_s - 1 / source.info.fps  # as if a frame had just been there
        heapq.heappush(waiting, (before_s, number, _frames(source)))
    while waiting:
        _, number, frames = heapq.heappop(waiting)
        arrival = _next(frames)
        if isinstance(arrival, Frame):
            heapq.heappush(waiting, (arrival.time_s, number, frames))
        if arrival is not None:
            yield sources[number].info.name, arrival


def as_they_come(sources: Sequence[FrameSource]) -> Iterator[Arrival | None]:
    """Yield frames of all cameras that have one, in turn; None while there is none.

    Files keep to the time of the live ones.
    """
    going = [(source, _frames(source)) for source in sources]
    reached_s = dict.fromkeys((source.info.name for source in sources), -math.inf)
    while going:
        live_s = [reached_s[s.info.name] for s, _ in going if s.info.live]
        now_s = max(live_s, default=math.inf)
        turns = (t for t in going if is_ready(t[0]))
        turn = next((t for t in turns if t[0].info.live or reached_s[t[0].info.name] < now_s), None)
        if turn is None:
            time.sleep(POLL_S)
            yield None
            continue
        going.remove(turn)
        arrival = _next(turn[1])
        if isinstance(arrival, Frame):
            going.append(turn)  # behind the others
            reached_s[turn[0].info.name] = arrival.time_s
        if arrival is not None:
            yield turn[0].info.name, arrival


def _frames(source: FrameSource) -> Iterator[Frame]:
    """Yield the source's frames and close it."""
    try:
        yield from source.frames()
    finally:
        source.close()


def _next(frames: Iterator[Frame]) -> Frame | SourceError | None:
    """Return the next frame, why there is none, or None at the end."""
    try:
        return next(frames, None)
    except SourceError as error:
        return error
