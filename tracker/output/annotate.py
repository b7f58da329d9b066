"""Annotated videos: in a second pass over files, or while a live source runs."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from tracker.errors import SourceError
from tracker.output.draw import Annotator, Label
from tracker.output.recording import Recording
from tracker.output.video import VideoSink, video_sink
from tracker.result import RunResult
from tracker.source.base import FrameSource, Sampling
from tracker.types import CameraInfo, Frame

logger = logging.getLogger(__name__)

ReopenSource = Callable[[str], FrameSource]  # by camera name
DrawFrame = Callable[[Frame, list[Label]], None]


@dataclass(frozen=True, slots=True)
class VideoWriting:
    """Which videos are written, and who is told.

    Attributes:
        videos: Where each camera's video goes; cameras that are not in it get none.
        sampling: The frames that are processed.
        drawn: Is told of each frame written.
        kept: Is told of each video once it has its name; after an interrupt too.
        segment_s: Length of the segments in which online videos are written; None for whole ones.
    """

    videos: Mapping[str, Path]
    sampling: Sampling
    drawn: Callable[[Frame], None]
    kept: Callable[[Path], None]
    segment_s: float | None = None

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


def draw_videos(result: RunResult, writing: VideoWriting, reopen: ReopenSource) -> None:
    """Read the sources again and draw the settled identities.

    A source that breaks this time ends its video early, and says so.

    Args:
        result: What was found; the second pass ends where the first one did.
        writing: Where the videos go.
        reopen: Opens a camera's source once more.
    """
    for camera in result.cameras:
        if camera.name in writing.videos and camera.frames:
            with writing.open(camera) as sink:
                try:
                    _draw_camera(result, camera, sink, writing, reopen)
                except SourceError as error:
                    logger.error("%s; its video ends after %d frames", error, sink.written)


def live_drawing(
    cameras: Sequence[CameraInfo], writing: VideoWriting, stack: ExitStack
) -> dict[str, DrawFrame]:
    """Open all cameras' videos until `stack` closes and return how to add a frame to each."""
    return {
        camera.name: _recorder(camera, writing, stack)
        for camera in cameras
        if camera.name in writing.videos
    }


def _recorder(camera: CameraInfo, writing: VideoWriting, stack: ExitStack) -> DrawFrame:
    if not camera.live and not writing.segment_s:
        return _drawer(camera, stack.enter_context(writing.open(camera)))
    recording = stack.enter_context(writing.record(camera))
    annotator = Annotator(camera.width, camera.height)

    def draw(frame: Frame, labels: list[Label]) -> None:
        recording.write(annotator.draw(frame.image, frame.time_s, labels), frame.time_s)

    return draw


def _draw_camera(
    result: RunResult, camera: CameraInfo, sink: VideoSink, writing: VideoWriting,
    reopen: ReopenSource,
) -> None:  # fmt: skip
    labels_at: dict[int, list[Label]] = {}
    for row in result.rows(camera.name):
        labels_at.setdefault(row.frame, []).append(Label(row.global_id, row.xyxy, row.observed))
    draw = _drawer(camera, sink)
    with closing(reopen(camera.name)) as source:
        for frame in source.frames():
            draw(frame, labels_at.get(frame.index, []))
            writing.drawn(frame)
            if frame.index + 1 >= (camera.frames or 0):
                return  # the first pass ended here, maybe because reading on is an error


def _drawer(camera: CameraInfo, sink: VideoSink) -> DrawFrame:
    annotator = Annotator(camera.width, camera.height)

    def draw(frame: Frame, labels: list[Label]) -> None:
        sink.write(annotator.draw(frame.image, frame.time_s, labels))

    return draw
