"""Videos that are written while a run goes on, whole or in segments."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType

from tracker.core.errors import OutputError
from tracker.core.types import Image
from tracker.video.writer import VideoForm, VideoSink, encoding_thread, video_sink

RETRY_S = 10.0  # after a segment that could not be written
LONGEST_STILL_S = 2.0  # without a picture; a longer outage ends a segment


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
    """A camera's video, or its segments, written while the run goes on.

    Args:
        path: Of the video; segments are called ``<stem>-0001`` and so on.
        form: What the video is like.
        segment_s: How long a segment is; None for one video.
        kept: Is told of each file once it is whole.
    """

    def __init__(
        self, path: Path, form: VideoForm, *, segment_s: float | None,
        kept: Callable[[Path], None],
    ) -> None:  # fmt: skip
        self._path = path
        self._form = form
        self._segment_s = segment_s
        self._kept = kept
        self._open: AbstractContextManager[VideoSink] | None = None
        self._sink: VideoSink | None = None
        self._encoder = encoding_thread()
        self._number = 0
        self._begun_s = self._last_s = 0.0
        self._again_s = -math.inf  # when writing is tried again after it failed

    def __enter__(self) -> "Recording":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        try:
            if self._open is not None:
                self._open.__exit__(kind, error, trace)
        finally:
            self._encoder.shutdown()

    def write(self, image: Image, time_s: float) -> None:
        """Append the picture of a time.

        Raises:
            OutputError: It cannot be written; pictures are passed over until a further segment
                can be begun.
        """
        if time_s < self._again_s:
            return
        try:
            if self._sink is None or self._is_full(time_s):
                self._begin(time_s)
            assert self._sink is not None
            self._sink.write(image, time_s)
            self._last_s = time_s
        except OutputError as error:
            self._again_s = time_s + RETRY_S if self._segment_s else math.inf
            broken, self._open, self._sink = self._open, None, None
            with suppress(OutputError):
                if broken is not None:
                    broken.__exit__(OutputError, error, error.__traceback__)
            raise

    def _is_full(self, time_s: float) -> bool:
        if self._segment_s is None:
            return False
        outage = time_s - self._last_s > LONGEST_STILL_S
        return outage or time_s - self._begun_s >= self._segment_s

    def _begin(self, time_s: float) -> None:
        """Close the segment before and open the next one."""
        before, self._open = self._open, None
        if before is not None:
            before.__exit__(None, None, None)
        self._number += 1
        path = segment_path(self._path, self._number) if self._segment_s else self._path
        begun = video_sink(path, self._form, self._kept, self._encoder)
        self._sink = begun.__enter__()
        self._open = begun
        self._begun_s = time_s
