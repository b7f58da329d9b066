"""Write annotated video; every silent failure of OpenCV's writer is checked."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import cv2

from tracker.core.atomic import replacing
from tracker.core.errors import OutputError
from tracker.core.types import Image

PICTURES_BEHIND = 4  # that wait to be encoded; more would only cost memory
CODECS = {".mp4": "mp4v", ".m4v": "mp4v", ".mov": "mp4v", ".mkv": "mp4v", ".avi": "MJPG"}


def require_known_codec(path: Path) -> None:
    """Check that a video can be written under that name.

    Raises:
        OutputError: Its ending stands for no known container.
    """
    if path.suffix.lower() not in CODECS:
        raise OutputError(
            f"--out {path}: no video codec for '{path.suffix or path.name}'; "
            f"name it {', '.join(CODECS)} or give a folder"
        )


class VideoSink:
    """An open video file; frames must have exactly its size.

    The codecs store even sizes only: an odd width or height gets one more row or column, a copy
    of the last one, instead of losing it. A thread encodes, so that the next picture is drawn
    meanwhile: one of its own, or the `encoder` that several videos share, one after the other.
    Each new thread would take some MB for good.
    """

    def __init__(
        self, path: Path, fps: float, size: tuple[int, int], encoder: Executor | None = None
    ) -> None:
        self._size = size  # width, height
        self._padding = (size[1] % 2, size[0] % 2)
        self._path = path
        self.written = 0
        stored = (size[0] + size[0] % 2, size[1] + size[1] % 2)
        codec = cv2.VideoWriter.fourcc(*CODECS[path.suffix.lower()])
        self._writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, codec, fps, stored)
        self._own_encoder = encoder is None
        self._encoder = encoder or encoding_thread()
        self._waiting: deque[Future[None]] = deque()
        if not self._writer.isOpened():
            raise OutputError(
                f"OpenCV cannot open a {path.suffix} video of {size[0]}x{size[1]} at {fps:g} "
                f"frames/s in '{path.parent}'; is the disk full or the codec missing?"
            )

    def write(self, image: Image) -> None:
        """Append a (H, W, 3) uint8 BGR picture, which must not change afterwards.

        Raises:
            OutputError: It has another size, which OpenCV would drop without a word.
        """
        height, width = image.shape[:2]
        if (width, height) != self._size:
            raise OutputError(
                f"a frame of {width}x{height} does not fit a video of "
                f"{self._size[0]}x{self._size[1]}"
            )
        bottom, right = self._padding
        if bottom or right:
            image = cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REPLICATE)  # type: ignore[assignment]
        while len(self._waiting) >= PICTURES_BEHIND:
            self._waiting.popleft().result()
        self._waiting.append(self._encoder.submit(self._encode, image))
        self.written += 1

    def _encode(self, image: Image) -> None:
        self._writer.write(image)

    def release(self) -> None:
        """Close the file as it is."""
        wait(self._waiting)
        if self._own_encoder:
            self._encoder.shutdown()
        self._writer.release()

    def finish(self) -> None:
        """Close the file and check that it can be read and has all frames.

        Raises:
            OutputError: It cannot, for example because the disk is full.
        """
        while self._waiting:
            self._waiting.popleft().result()
        self.release()
        if not self.written:
            self._path.unlink(missing_ok=True)  # without frames it is no video
            return
        check = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        readable, count = check.isOpened(), int(check.get(cv2.CAP_PROP_FRAME_COUNT))
        check.release()
        if not readable or count < self.written:
            raise OutputError(
                f"the video in '{self._path.parent}' has {max(count, 0)} of {self.written} "
                "frames; is the disk full?"
            )


def encoding_thread() -> ThreadPoolExecutor:
    """Start a thread that encodes pictures in their order."""
    return ThreadPoolExecutor(1, thread_name_prefix="encode")


@contextmanager
def video_sink(
    path: Path, fps: float, size: tuple[int, int], kept: Callable[[Path], None] | None = None,
    encoder: Executor | None = None,
) -> Iterator[VideoSink]:  # fmt: skip
    """Open a video that gets its name when it is whole.

    An interrupt counts as its end: what was written until then stays, readable.

    Args:
        path: Its name.
        fps: Frames per second.
        size: Width and height in pixels.
        kept: Is told of the name once the video has it.
        encoder: See `VideoSink`.
    """
    interrupt: KeyboardInterrupt | None = None
    with replacing(path) as temporary:
        sink = VideoSink(temporary, fps, size, encoder)
        try:
            yield sink
        except KeyboardInterrupt as stop:
            interrupt = stop
        except BaseException:
            sink.release()
            raise
        sink.finish()
    if sink.written and kept:
        kept(path)
    if interrupt:
        raise interrupt
