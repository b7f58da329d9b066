"""Annotated videos: in a second pass over files, or while a live source runs."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from tracker.core.errors import SourceError
from tracker.core.failures import Failures
from tracker.core.types import CameraInfo, FloatArray, Frame, Image, Step
from tracker.rendering.anonymizer import Detected, LiveAnonymizer, RecordedAnonymizer
from tracker.rendering.blur import BlurRule
from tracker.rendering.draw import Annotator, Label, draw_stamp, labels_of
from tracker.rendering.mosaic import write_mosaic
from tracker.results.result import Result
from tracker.video.codec import USUAL, Encoding
from tracker.video.segments import Recording
from tracker.video.sound import SoundTrack
from tracker.video.source import FrameSource, Sampling
from tracker.video.writer import VideoForm, VideoSink, video_sink

ReopenSource = Callable[[str], FrameSource]  # by camera name
Stamp = Callable[[str, float], str]  # from a camera's name and a time of the run
DrawFrame = Callable[[Frame, list[Label], FloatArray], None]  # boxes (N, 4) detected in it


@dataclass(frozen=True, slots=True)
class VideoWriting:
    """Which videos are written, and who is told."""

    # where each camera's video goes; cameras that are not in it get none
    videos: Mapping[str, Path]
    sampling: Sampling  # the frames that are processed
    drawn: Callable[[Frame], None]  # is told of each frame that is read to be drawn
    # is told of each video once it has its name; after an interrupt too
    kept: Callable[[Path], None]
    # length of the segments in which online videos are written; None for whole ones
    segment_s: float | None = None
    mosaic: Path | None = None  # where the video of all cameras goes; only in a second pass
    blur: BlurRule | None = None  # who is made unrecognisable in all of them
    encoding: Encoding = USUAL  # codec and quality of all of them
    # what is written into the corner of a camera's picture at a time; None for nothing
    stamp: Stamp | None = None
    # are told of a video that cannot be written while the others go on
    failures: Failures = field(default_factory=Failures)
    # by camera, what the detector found; needed where somebody is
    detected: Mapping[str, Detected] = field(default_factory=dict)

    def open(self, camera: CameraInfo) -> AbstractContextManager[VideoSink]:
        """Open a camera's video."""
        return video_sink(self.videos[camera.name], self._form(camera), kept=self.kept)

    def record(self, camera: CameraInfo) -> Recording:
        """Open a video that others may look at while it is written, in segments if asked for."""
        form = replace(self._form(camera), sound=None, in_fragments=True)
        return Recording(self.videos[camera.name], form, segment_s=self.segment_s, kept=self.kept)

    def put_stamp(self, image: Image, frame: Frame) -> None:
        """Write camera and time into a picture, if asked for."""
        if self.stamp is not None:
            draw_stamp(image, self.stamp(frame.camera, frame.time_s))

    def _form(self, camera: CameraInfo) -> VideoForm:
        """Say what a camera's video is like; without voices where people are unrecognisable."""
        sound = None
        if self.blur is None and not camera.live and Path(camera.source).is_file():
            sound = SoundTrack(Path(camera.source), camera.zero_s - camera.offset_s)
        fps = camera.fps / self.sampling.stride
        return VideoForm(fps, (camera.width, camera.height), self.encoding, sound)


def draw_videos(result: Result, writing: VideoWriting, reopen: ReopenSource) -> None:
    """Read the sources again and draw the settled identities.

    A source that breaks this time ends its video early, and says so.

    Args:
        result: What was found; the second pass ends where the first one did.
        writing: Where the videos go.
        reopen: Opens a camera's source once more.
    """
    cameras = [c for c in result.cameras if c.name in writing.videos and c.frames]
    failures = writing.failures
    if writing.mosaic is None:
        for camera in cameras:
            with failures.apart(), writing.open(camera) as sink:
                deque(_drawn(result, camera, sink, writing, reopen), maxlen=0)
    elif cameras:
        with failures.apart(), ExitStack() as stack:
            sinks = {
                c.name: stack.enter_context(failures.closing(writing.open(c)))
                for c in reversed(cameras)  # the stack closes the last first
            }
            frames = {c.name: _drawn(result, c, sinks[c.name], writing, reopen) for c in cameras}
            write_mosaic(
                cameras, frames, writing.mosaic, writing.sampling.stride, writing.kept,
                encoding=writing.encoding,
            )  # fmt: skip


def live_drawing(
    cameras: Sequence[CameraInfo], writing: VideoWriting, stack: ExitStack
) -> Callable[[Step], None]:
    """Open all cameras' videos until `stack` closes and return how to add a frame."""
    draw = {c.name: _recorder(c, writing, stack) for c in cameras if c.name in writing.videos}

    def add(step: Step) -> None:
        if step.camera in draw:
            with writing.failures.apart():
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
    hide = _anonymizer(result, camera, writing)
    try:
        with closing(reopen(camera.name)) as source:
            for frame in source.frames():
                writing.drawn(frame)  # before, since the picture itself is drawn upon
                image = hide(frame) if hide else frame.image
                labels = labels_at.get(frame.index, [])
                image = annotator.draw(image, frame.time_s, labels, in_place=True)
                writing.put_stamp(image, frame)
                with writing.failures.apart():
                    sink.write(image, frame.time_s)
                yield replace(frame, image=image)
                if frame.index + 1 >= (camera.frames or 0):
                    return  # the first pass ended here, maybe because reading on is an error
    except SourceError as error:
        after = f"{error}; its video ends after {sink.written} frames"
        writing.failures.note(SourceError(after))


def _anonymizer(
    result: Result, camera: CameraInfo, writing: VideoWriting
) -> RecordedAnonymizer | None:
    if writing.blur is None:
        return None
    detected = writing.detected.get(camera.name, {})
    return RecordedAnonymizer(writing.blur, result.rows(camera.name), detected, camera.fps)


def _recorder(camera: CameraInfo, writing: VideoWriting, stack: ExitStack) -> DrawFrame:
    """Open a camera's video while it runs: by the time of its frames if it is live."""
    annotator = Annotator(camera.width, camera.height)
    hide = LiveAnonymizer(writing.blur) if writing.blur else None
    write: Callable[[Image, float], None]
    if camera.live or writing.segment_s:
        write = stack.enter_context(writing.failures.closing(writing.record(camera))).write
    else:
        write = stack.enter_context(writing.failures.closing(writing.open(camera))).write

    def draw(frame: Frame, labels: list[Label], detected: FloatArray) -> None:
        image = hide(frame, labels, detected) if hide else frame.image
        image = annotator.draw(image, frame.time_s, labels)
        writing.put_stamp(image, frame)
        write(image, frame.time_s)

    return draw
