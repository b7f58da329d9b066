"""The stages of the first pass, at once: cameras are read, people detected, embedded, associated.

Detection takes most of the time and knows nothing of the frames before, so that it runs some
frames ahead, in as many threads as the detector wants; everything that depends on what was before
follows in order. Order, batches and numbers are the same with and without threads, and so are the
results, bit by bit.
"""

import heapq
import math
import time
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from tracker.core.errors import SourceError
from tracker.core.types import EMBEDDING_SIZE, BoolArray, Detections, FloatArray, Frame
from tracker.detection.detector import Detector
from tracker.reid.embedder import Embedder
from tracker.runtime.camera import CameraPipeline, Step

AHEAD = 4  # chunks for each worker that wait for their turn in a recording
POLL_S = 0.002  # between two looks at live cameras that have nothing new

Arrival = tuple[CameraPipeline, Frame | SourceError]
Chunk = list[Arrival]  # what the detector is given together


@dataclass(frozen=True, slots=True)
class Networks:
    """What looks at the frames.

    Attributes:
        detectors: By camera name; one and the same for all cameras, or replayed boxes.
        embedder: Tells what people look like; None to track by motion alone.
    """

    detectors: Mapping[str, Detector]
    embedder: Embedder | None

    @property
    def batch(self) -> int:
        """How many frames are best detected together."""
        return min(detector.batch for detector in self.detectors.values())

    @property
    def workers(self) -> int:
        """How many threads best detect at once."""
        return max(detector.workers for detector in self.detectors.values())

    def detect(self, chunk: Chunk) -> list[Detections]:
        """Find the people in the frames of a chunk."""
        frames = [arrival for _, arrival in chunk if isinstance(arrival, Frame)]
        shared = {id(d): d for d in (self.detectors[frame.camera] for frame in frames)}
        if len(shared) == 1:
            return next(iter(shared.values())).detect_all(frames)
        return [self.detectors[frame.camera].detect(frame) for frame in frames]

    def embed(
        self, frames: Sequence[Frame], found: Sequence[Detections], needed: Sequence[BoolArray]
    ) -> list[FloatArray]:
        """Embed the people who are needed, (N, 512) for each frame; zeros for the others."""
        looks = [np.zeros((len(d), EMBEDDING_SIZE), np.float32) for d in found]
        wanted = [i for i, which in enumerate(needed) if which.any()]
        if self.embedder is not None and wanted:
            seen = [(frames[i].image, found[i].xyxy[needed[i]]) for i in wanted]
            for i, embeddings in zip(wanted, self.embedder.embed_all(seen), strict=True):
                looks[i][needed[i]] = embeddings
        return looks


def follow(
    cameras: Sequence[CameraPipeline], networks: Networks, *, threads: bool = True
) -> Generator[tuple[CameraPipeline, Step]]:
    """Take all cameras' frames through all stages.

    A source that breaks ends its camera and is noted in `CameraPipeline.failure`.

    Args:
        cameras: Whose sources are open; they are closed.
        networks: What looks at the frames.
        threads: Detect ahead of what follows; else do one thing after another.
    """
    live = any(camera.info.live for camera in cameras)
    with closing(arrivals(cameras)) as coming:
        chunks = _chunked(coming, networks.batch)
        if not threads:
            for chunk in chunks:
                yield from _associated(chunk, networks.detect(chunk), networks)
            return
        pool = ThreadPoolExecutor(networks.workers, thread_name_prefix="detect")
        try:
            yield from _ahead(chunks, networks, pool, networks.workers * (1 if live else AHEAD))
        finally:
            pool.shutdown(cancel_futures=True)


def _ahead(
    chunks: Iterator[Chunk], networks: Networks, pool: ThreadPoolExecutor, most: int
) -> Iterator[tuple[CameraPipeline, Step]]:
    """Have up to `most` chunks detected at once, and associate each as soon as it is its turn."""
    waiting: deque[tuple[Chunk, Future[list[Detections]]]] = deque()
    for chunk in chunks:
        if chunk:
            waiting.append((chunk, pool.submit(networks.detect, chunk)))
        while waiting and (len(waiting) > most or waiting[0][1].done()):
            first, found = waiting.popleft()
            yield from _associated(first, found.result(), networks)
    for first, found in waiting:
        yield from _associated(first, found.result(), networks)


def _associated(
    chunk: Chunk, found: list[Detections], networks: Networks
) -> Iterator[tuple[CameraPipeline, Step]]:
    frames = [(camera, arrival) for camera, arrival in chunk if isinstance(arrival, Frame)]
    needed = [c.needed(frame, d) for (c, frame), d in zip(frames, found, strict=True)]
    looks = iter(networks.embed([frame for _, frame in frames], found, needed))
    detected = iter(found)
    for camera, arrival in chunk:
        if isinstance(arrival, SourceError):
            camera.fail(arrival)
        else:
            yield camera, camera.take(arrival, next(detected), next(looks))


def _chunked(coming: Iterator[Arrival | None], size: int) -> Iterator[Chunk]:
    """Group arrivals; where nothing comes at the moment, what is there, and else nothing."""
    chunk: Chunk = []
    for arrival in coming:
        if arrival is not None:
            chunk.append(arrival)
        if arrival is None or len(chunk) == size:
            yield chunk
            chunk = []
    yield chunk


def arrivals(cameras: Sequence[CameraPipeline]) -> Generator[Arrival | None]:
    """Yield the frames of all cameras, always of the one whose time is least advanced.

    Cameras of different rates and lengths stay abreast in time, not in frame numbers. With live
    ones see `as_they_come`: nobody waits for a camera that is lost.
    """
    if any(camera.info.live for camera in cameras):
        yield from as_they_come(cameras)
        return
    waiting: list[tuple[float, int, Iterator[Frame]]] = []
    for number, camera in enumerate(cameras):
        before_s = camera.info.offset_s - 1 / camera.info.fps  # as if a frame had just been there
        heapq.heappush(waiting, (before_s, number, camera.frames()))
    while waiting:
        _, number, frames = heapq.heappop(waiting)
        arrival = _next(frames)
        if isinstance(arrival, Frame):
            heapq.heappush(waiting, (arrival.time_s, number, frames))
        if arrival is not None:
            yield cameras[number], arrival


def as_they_come(cameras: Sequence[CameraPipeline]) -> Iterator[Arrival | None]:
    """Yield frames of all cameras that have one, in turn; None while there is none.

    Files keep to the time of the live ones.
    """
    going = [(camera, camera.frames()) for camera in cameras]
    reached_s = dict.fromkeys((camera.info.name for camera in cameras), -math.inf)
    while going:
        live_s = [reached_s[c.info.name] for c, _ in going if c.info.live]
        now_s = max(live_s, default=math.inf)
        turns = (t for t in going if t[0].ready)
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
            yield turn[0], arrival


def _next(frames: Iterator[Frame]) -> Frame | SourceError | None:
    """Return the next frame, why there is none, or None at the end."""
    try:
        return next(frames, None)
    except SourceError as error:
        return error
