"""Videos of cameras that leave frames out: their seconds stay true; and videos in segments."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from tracker.core.types import Image
from tracker.video.writer import VideoSink, encoding_thread, video_sink

LONGEST_STILL_S = 2.0  # a picture stands in for missing ones for so long; a longer gap is cut out


def segment_path(video: Path, number: int) -> Path:
    """Name a segment of a video; numbers count from 1.

    >>> str(segment_path(Path("out/cam1.mp4"), 3))
    'out/cam1-0003.mp4'
    """
    return video.with_name(f"{video.stem}-{number:04d}{video.suffix}")


def segments_of(video: Path) -> list[Path]:
    """Return the segments of a video that exist."""
    return sorted(video.parent.glob(f"{video.stem}-[0-9][0-9][0-9][0-9]*{video.suffix}"))


class Recording:
    """A camera's video, or its segments, each closed and readable while the run goes on.

    Args:
        path: Of the video; segments are called ``<stem>-0001`` and so on.
        fps: Of the video.
        size: Width and height in pixels.
        segment_s: How long a segment is; None for one video.
        kept: Is told of each file once it has its name.
    """

    def __init__(
        self, path: Path, fps: float, size: tuple[int, int], *, segment_s: float | None,
        kept: Callable[[Path], None],
    ) -> None:  # fmt: skip
        self._path = path
        self._fps = fps
        self._size = size
        self._segment_s = segment_s
        self._kept = kept
        self._open: AbstractContextManager[VideoSink] | None = None
        self._sink: VideoSink | None = None
        self._encoder = encoding_thread()
        self._number = 0
        self._begun_s = self._last_s = 0.0
        self._last: Image | None = None

    def __enter__(self) -> "Recording":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._open is not None:
            self._open.__exit__(kind, error, trace)
        self._encoder.shutdown()

    def write(self, image: Image, time_s: float) -> None:
        """Append the picture of a time; the one before stands in for those between."""
        gap_s = time_s - self._last_s
        if self._sink is None or self._is_full(time_s, gap_s):
            self._begin(time_s)
        elif gap_s > LONGEST_STILL_S:
            self._begun_s += gap_s - 1 / self._fps
        sink = self._sink
        assert sink is not None
        place = round((time_s - self._begun_s) * self._fps)
        while self._last is not None and sink.written < place:
            sink.write(self._last)
        if sink.written <= place:
            sink.write(image)
        self._last, self._last_s = image, time_s

    def _is_full(self, time_s: float, gap_s: float) -> bool:
        if self._segment_s is None:
            return False
        return time_s - self._begun_s >= self._segment_s or gap_s > LONGEST_STILL_S

    def _begin(self, time_s: float) -> None:
        """Close the segment before and open the next one."""
        if self._open is not None:
            self._open.__exit__(None, None, None)
        self._number += 1
        path = segment_path(self._path, self._number) if self._segment_s else self._path
        self._open = video_sink(path, self._fps, self._size, self._kept, self._encoder)
        self._sink = self._open.__enter__()
        self._begun_s, self._last = time_s, None
