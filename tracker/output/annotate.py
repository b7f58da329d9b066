"""Annotated videos: in a second pass over files, or while a live source runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path

from tracker.output.draw import Annotator, Label
from tracker.output.video import VideoSink, video_sink
from tracker.result import RunResult
from tracker.source.base import FrameSource, Sampling
from tracker.types import CameraInfo, Frame

ReopenSource = Callable[[str], FrameSource]  # by camera name
DrawFrame = Callable[[Frame, list[Label]], None]


def draw_videos(
    result: RunResult, videos: Mapping[str, Path], sampling: Sampling, reopen: ReopenSource
) -> Iterator[Frame | Path]:
    """Read the sources again and draw the settled identities.

    Args:
        result: What was found.
        videos: Where each camera's video goes; cameras that are not in it are left out.
        sampling: The frames that were processed.
        reopen: Opens a camera's source once more.

    Yields:
        Each frame drawn, and each video's path once it is whole.
    """
    for camera in result.cameras:
        if camera.name in videos and camera.frames:
            path = videos[camera.name]
            with closing(reopen(camera.name)) as source:
                yield from _draw_camera(result, camera, path, sampling, source)
            yield path


def live_drawing(
    cameras: Sequence[CameraInfo], videos: Mapping[str, Path], sampling: Sampling, stack: ExitStack
) -> dict[str, DrawFrame]:
    """Open all cameras' videos until `stack` closes and return how to add a frame to each."""
    drawing: dict[str, DrawFrame] = {}
    for camera in cameras:
        sink = stack.enter_context(_open_sink(videos[camera.name], camera, sampling))
        drawing[camera.name] = _drawer(camera, sink)
    return drawing


def _draw_camera(
    result: RunResult, camera: CameraInfo, path: Path, sampling: Sampling, source: FrameSource
) -> Iterator[Frame]:
    labels_at: dict[int, list[Label]] = {}
    for row in result.rows(camera.name):
        labels_at.setdefault(row.frame, []).append(Label(row.global_id, row.xyxy, row.observed))
    with _open_sink(path, camera, sampling) as sink:
        draw = _drawer(camera, sink)
        for frame in source.frames():
            if frame.index >= (camera.frames or 0):
                return  # the first pass was stopped here
            draw(frame, labels_at.get(frame.index, []))
            yield frame


def _drawer(camera: CameraInfo, sink: VideoSink) -> DrawFrame:
    annotator = Annotator(camera.width, camera.height)

    def draw(frame: Frame, labels: list[Label]) -> None:
        sink.write(annotator.draw(frame.image, frame.time_s, labels))

    return draw


def _open_sink(
    path: Path, camera: CameraInfo, sampling: Sampling
) -> AbstractContextManager[VideoSink]:
    """Open a video whose seconds are those of the source, also from fewer frames."""
    return video_sink(path, camera.fps / sampling.stride, camera.width, camera.height)
