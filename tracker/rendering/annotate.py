"""Annotated videos: in a second pass over files, or while a live source runs."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from tracker.core.errors import SourceError
from tracker.core.types import CameraInfo, FloatArray, Frame, Image, Step
from tracker.rendering.anonymizer import Detected, LiveAnonymizer, RecordedAnonymizer
from tracker.rendering.blur import BlurRule
from tracker.rendering.draw import Annotator, Label, labels_of
from tracker.rendering.mosaic import write_mosaic
from tracker.results.result import Result
from tracker.video.segments import Recording
from tracker.video.source import FrameSource, Sampling
from tracker.video.writer import VideoSink, video_sink

logger = logging.getLogger(__name__)

ReopenSource = Callable[[str], FrameSource]  # by camera name
DrawFrame = Callable[[Frame, list[Label], FloatArray], None]  # boxes (N, 4) detected in it


@dataclass(frozen=True, slots=True)
class VideoWriting:
    """Which videos are written, and who is told.

    Attributes:
        videos: Where each camera's video goes; cameras that are not in it get none.
        sampling: The frames that are processed.
        drawn: Is told of each frame written.
        kept: Is told of each video once it has its name; after an interrupt too.
        segment_s: Length of the segments in which online videos are written; None for whole ones.
        mosaic: Where the video of all cameras goes; only in a second pass.
        blur: Who is made unrecognisable in all of them.
        detected: By camera, what the detector found; needed where somebody is.
    """

    videos: Mapping[str, Path]
    sampling: Sampling
    drawn: Callable[[Frame], None]
    kept: Callable[[Path], None]
    segment_s: float | None = None
    mosaic: Path | None = None
    blur: BlurRule | None = None
    detected: Mapping[str, Detected] = field(default_factory=dict)

    def open(self, camera: CameraInfo) -> AbstractContextManager[VideoSink]:
        """Open a camera's video, whose seconds are those of the source, also from fewer frames."""
        path, fps = self.videos[camera.name], camera.fps / self.sampling.stride
        return video_sink(path, fps, (camera.width, camera.height), kept=self.kept)

    def record(self, camera: CameraInfo) -> Recording:
        """Open a video that goes by the time of its frames, in segments if asked for."""
        return Recording(
            self.videos[camera.name], camera.fps / self.sampling.stride,
            (camera.width, camera.height), segment_s=self.segment_s, kept=self.kept,
        )  # fmt: skip


def draw_videos(result: Result, writing: VideoWriting, reopen: ReopenSource) -> None:
    """Read the sources again and draw the settled identities.

    A source that breaks this time ends its video early, and says so.

    Args:
        result: What was found; the second pass ends where the first one did.
        writing: Where the videos go.
        reopen: Opens a camera's source once more.
    """
    cameras = [c for c in result.cameras if c.name in writing.videos and c.frames]
    if writing.mosaic is None:
        for camera in cameras:
            with writing.open(camera) as sink:
                deque(_drawn(result, camera, sink, writing, reopen), maxlen=0)
    elif cameras:
        with ExitStack() as stack:
            frames = {
                c.name: _drawn(result, c, stack.enter_context(writing.open(c)), writing, reopen)
                for c in reversed(cameras)  # the stack closes the last first
            }
            write_mosaic(cameras, frames, writing.mosaic, writing.sampling.stride, writing.kept)


def live_drawing(
    cameras: Sequence[CameraInfo], writing: VideoWriting, stack: ExitStack
) -> Callable[[Step], None]:
    """Open all cameras' videos until `stack` closes and return how to add a frame."""
    draw = {c.name: _recorder(c, writing, stack) for c in cameras if c.name in writing.videos}

    def add(step: Step) -> None:
        if step.camera in draw:
            draw[step.camera](step.frame, labels_of(step.boxes), step.detected)

    return add


def _drawn(
    result: Result, camera: CameraInfo, sink: VideoSink, writing: VideoWriting,
    reopen: ReopenSource,
) -> Iterator[Frame]:  # fmt: skip
    """Read a camera again, write its video, and yield the frames as they are drawn there."""
    labels_at: dict[int, list[Label]] = {}
    for row in result.rows(camera.name):
        labels_at.setdefault(row.frame, []).append(Label(row.global_id, row.xyxy, row.observed))
    annotator = Annotator(camera.width, camera.height)
    veil = _veil(result, camera, writing)
    try:
        with closing(reopen(camera.name)) as source:
            for frame in source.frames():
                image = veil(frame) if veil else frame.image
                image = annotator.draw(image, frame.time_s, labels_at.get(frame.index, []))
                sink.write(image)
                writing.drawn(frame)
                yield replace(frame, image=image)
                if frame.index + 1 >= (camera.frames or 0):
                    return  # the first pass ended here, maybe because reading on is an error
    except SourceError as error:
        logger.error("%s; its video ends after %d frames", error, sink.written)


def _veil(result: Result, camera: CameraInfo, writing: VideoWriting) -> RecordedAnonymizer | None:
    if writing.blur is None:
        return None
    detected = writing.detected.get(camera.name, {})
    return RecordedAnonymizer(writing.blur, result.rows(camera.name), detected, camera.fps)


def _recorder(camera: CameraInfo, writing: VideoWriting, stack: ExitStack) -> DrawFrame:
    """Open a camera's video while it runs: by the time of its frames if it is live."""
    annotator = Annotator(camera.width, camera.height)
    veil = LiveAnonymizer(writing.blur) if writing.blur else None
    write: Callable[[Image, float], None]
    if camera.live or writing.segment_s:
        write = stack.enter_context(writing.record(camera)).write
    else:
        sink = stack.enter_context(writing.open(camera))
        write = lambda image, _time_s: sink.write(image)  # noqa: E731

    def draw(frame: Frame, labels: list[Label], detected: FloatArray) -> None:
        image = veil(frame, labels, detected) if veil else frame.image
        write(annotator.draw(image, frame.time_s, labels), frame.time_s)

    return draw
