"""Write annotated video that plays everywhere, at the times of its pictures."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av import FFmpegError, Packet, VideoFrame, VideoStream
from av.container import InputContainer, OutputContainer
from av.video.frame import PictureType
from av.video.reformatter import ColorRange

from tracker.core.atomic import replacing
from tracker.core.errors import OutputError
from tracker.core.types import Image
from tracker.video.codec import USUAL, Encoding
from tracker.video.sound import Sound, SoundTrack

PICTURES_BEHIND = 4  # that wait to be encoded; more would only cost memory
TICKS = 60_000  # a second; MPEG-4 Part 2 has at most 65,535
BT601 = 6  # FFmpeg's AVCOL_SPC_SMPTE170M: the matrix by which OpenCV makes YUV
FRAGMENT_S = 2.0  # of what a killed run leaves, at most so much is missing at the end
WHOLE = {"movflags": "+faststart"}  # a browser can begin before it has everything
IN_FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
BEGINS = "reid-track begins at"  # in a video's comment, with the time of its first picture


@dataclass(frozen=True, slots=True)
class VideoForm:
    """What a video is like."""

    fps: float  # usual frames per second; each picture has its own time
    # Width and height in pixels. Codecs store even sides only: an odd one gets one more row or
    # column, a copy of the last one, instead of losing it.
    size: tuple[int, int]
    encoding: Encoding = USUAL  # codec and quality
    sound: SoundTrack | None = None  # where its sound comes from
    # whether it can be played while it is being written, and after a kill
    in_fragments: bool = False


class VideoSink:
    """An open video file; frames must have exactly its size.

    A thread encodes, so that the next picture is drawn meanwhile: one of its own, or the `encoder`
    that several videos share, one after the other. Each new thread would take some MB for good.

    Raises:
        OutputError: It cannot be opened.
    """

    def __init__(self, path: Path, form: VideoForm, encoder: Executor | None = None) -> None:
        self._form = form
        self._path = path
        self._padding = (form.size[1] % 2, form.size[0] % 2)
        self.written = 0
        self._begins_s = 0.0
        self._key_s = -math.inf
        self._bytes = 0
        self._last_pts: int | None = None
        self._own_encoder = encoder is None
        self._encoder = encoder or encoding_thread()
        self._waiting: deque[Future[None]] = deque()
        self._file: OutputContainer | None = None
        self._sound: Sound | None = None
        try:
            self._stream = self._open()
        except (FFmpegError, ValueError) as error:
            self.release()
            raise OutputError(
                f"a {path.suffix} video of {form.size[0]}x{form.size[1]} at {form.fps:g} frames/s "
                f"cannot be written in '{path.parent}': {error}"
            ) from error

    def write(self, image: Image, time_s: float | None = None) -> None:
        """Append a (H, W, 3) uint8 BGR picture, which must not change afterwards.

        Args:
            image: The picture.
            time_s: When it was taken; later than the one before. None for a constant rate.

        Raises:
            OutputError: It has another size, or the video cannot be written any more.
        """
        height, width = image.shape[:2]
        if (width, height) != self._form.size:
            raise OutputError(
                f"a frame of {width}x{height} does not fit a video of "
                f"{self._form.size[0]}x{self._form.size[1]}"
            )
        while len(self._waiting) >= PICTURES_BEHIND:
            self._await(self._waiting.popleft())
        shown_s = self.written / self._form.fps if time_s is None else time_s
        self._waiting.append(self._encoder.submit(self._encode, image, shown_s))
        self.written += 1

    def _await(self, encoded: Future[None]) -> None:
        with self._writing():
            encoded.result()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (FFmpegError, OSError, ValueError) as error:
            told = getattr(error, "strerror", None) or error
            raise OutputError(f"cannot write the video '{self._path}': {told}") from error

    def release(self) -> None:
        """Close the file as it is.

        Raises:
            OutputError: What is left cannot be written.
        """
        wait(self._waiting)
        if self._own_encoder:
            self._encoder.shutdown()
        with self._writing():
            if self._file is not None:
                self._file.close()
        if self._sound is not None:
            self._sound.close()

    def finish(self) -> None:
        """Close the file and check that it has all frames.

        Raises:
            OutputError: It has not, for example because the disk is full.
        """
        while self._waiting:
            self._await(self._waiting.popleft())
        if self.written:
            self._await(self._encoder.submit(self._end))
        self.release()
        if not self.written:
            self._path.unlink(missing_ok=True)  # without frames it is no video
            return
        there = self._path.stat().st_size
        if there < self._bytes:  # FFmpeg says nothing of what it cannot write at the end
            raise OutputError(
                f"cannot write the video '{self._path}': {there:,} of at least {self._bytes:,} "
                "bytes are there; is the disk full?"
            )

    def _open(self) -> VideoStream:
        form, encoding = self._form, self._form.encoding
        codec = encoding.codec_for(self._path)
        movie = self._path.suffix.lower() not in (".avi", ".mkv")
        muxer = (IN_FRAGMENTS if form.in_fragments else WHOLE) if movie else {}
        self._file = av.open(f"file:{self._path}", "w", options=dict(muxer))
        rate = Fraction(form.fps).limit_denominator(TICKS)
        stream = self._file.add_stream(codec.encoder, rate=rate, options=encoding.options_of(codec))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = (side + side % 2 for side in form.size)
        context = stream.codec_context
        context.pix_fmt = "yuvj420p" if codec.encoder == "mjpeg" else "yuv420p"
        context.colorspace, context.color_range = BT601, ColorRange.MPEG
        if self._path.suffix.lower() != ".avi":  # which knows constant rates only
            context.time_base = Fraction(1, TICKS)
        if form.in_fragments:
            context.gop_size = max(round(FRAGMENT_S * form.fps), 1)
        if codec.tag and movie:
            context.codec_tag = codec.tag
        context.open()
        if form.sound:
            self._sound = Sound(form.sound, self._file)
        return stream

    def _encode(self, image: Image, time_s: float) -> None:
        """Encode a picture; on the encoder's thread, as all that follows."""
        assert self._file is not None
        if self._last_pts is None:
            self._begins_s = time_s
            self._file.metadata["comment"] = f"{BEGINS} {time_s:.6f} s"
        frame = self._frame(image)
        frame.time_base = self._stream.codec_context.time_base
        frame.pts = round((time_s - self._begins_s) / frame.time_base)
        if self._last_pts is not None:
            frame.pts = max(frame.pts, self._last_pts + 1)
        self._last_pts = frame.pts
        if self._form.in_fragments and time_s >= self._key_s + FRAGMENT_S:  # pictures may be rare
            frame.pict_type, self._key_s = PictureType.I, time_s
        self._mux(self._stream.encode(frame))
        if self._sound is not None:
            self._sound.follow(self._file, self._begins_s, time_s)

    def _frame(self, image: Image) -> VideoFrame:
        bottom, right = self._padding
        if bottom or right:
            image = cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REPLICATE)  # type: ignore[assignment]
        planes = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
        frame = VideoFrame.from_numpy_buffer(planes, "yuv420p")
        frame.colorspace, frame.color_range = BT601, ColorRange.MPEG
        wanted = self._stream.codec_context.pix_fmt
        if wanted != frame.format.name:
            frame = frame.reformat(format=wanted, dst_color_range=ColorRange.JPEG)
        return frame

    def _end(self) -> None:
        assert self._file is not None
        self._mux(self._stream.encode(None))
        if self._sound is not None and self._last_pts is not None:
            shown_s = float(self._last_pts * self._stream.codec_context.time_base)
            self._sound.follow(self._file, self._begins_s, self._begins_s + shown_s)

    def _mux(self, packets: "Iterable[Packet[VideoStream]]") -> None:
        assert self._file is not None
        for packet in packets:  # what each one lasts counts for the last one only
            packet.duration = round(1 / (self._form.fps * self._stream.codec_context.time_base))
            self._bytes += packet.size
            self._file.mux(packet)


def begins_at(video: InputContainer) -> float | None:
    """Return when the first picture of a video of ours was taken; None for one of others."""
    told = video.metadata.get("comment", "")
    return float(told.removeprefix(BEGINS).split()[0]) if told.startswith(BEGINS) else None


def encoding_thread() -> ThreadPoolExecutor:
    """Start a thread that encodes pictures in their order."""
    return ThreadPoolExecutor(1, thread_name_prefix="encode")


@contextmanager
def video_sink(
    path: Path, form: VideoForm, kept: Callable[[Path], None] | None = None,
    encoder: Executor | None = None,
) -> Iterator[VideoSink]:  # fmt: skip
    """Open a video that gets its name when it is whole; in fragments, at once.

    An interrupt counts as its end: what was written until then stays, readable.

    Args:
        path: Its name.
        form: What it is like.
        kept: Is told of the name once the video has it.
        encoder: See `VideoSink`.
    """
    interrupt: KeyboardInterrupt | None = None
    with nullcontext(path) if form.in_fragments else replacing(path) as temporary:
        sink = VideoSink(temporary, form, encoder)
        try:
            yield sink
        except KeyboardInterrupt as stop:
            interrupt = stop
        except BaseException:
            with suppress(OutputError):
                sink.release()
            if form.in_fragments and sink.written and kept:
                kept(path)  # what was written until now plays
            raise
        sink.finish()
    if sink.written and kept:
        kept(path)
    if interrupt:
        raise interrupt
