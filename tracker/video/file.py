"""Video files, from a disk or over HTTP."""

import logging
from collections.abc import Iterator
from itertools import chain

from tracker.core.address import without_login
from tracker.core.errors import SourceError
from tracker.core.types import CameraInfo, Frame
from tracker.video.capture import Capture
from tracker.video.frame_numbers import Damage
from tracker.video.picture import FirstSize
from tracker.video.source import Sampling

logger = logging.getLogger(__name__)

TOLD_STRETCHES = 5  # of damage; further ones are only counted


class VideoSource:
    """Reads a file frame by frame, without leaving one out that can be decoded.

    Its times follow its timestamps, and its numbers count the frames that the file holds, those
    that are damaged too.

    Args:
        name: Of the camera.
        source: A path or an address.
        sampling: Which of its frames to give.
        stream: Which of several video streams, from 0; None for the one that players show.
        device: What decodes it; None for the processor.

    Raises:
        SourceError: It cannot be opened, or none of its frames can be decoded.
    """

    def __init__(
        self, name: str, source: str, sampling: Sampling, stream: int | None = None,
        device: str | None = None,
    ) -> None:  # fmt: skip
        self._sampling = sampling
        shown = without_login(source)
        self._label = f"camera '{name}' ({shown})"
        self._capture = Capture(self._label, source, stream=stream, device=device)
        self._pictures = self._capture.pictures()
        try:
            self._first = next(self._pictures, None)
            if self._first is None:
                raise SourceError(f"{self._label} has no frame that can be decoded")
            height, width = self._first.develop().shape[:2]
        except BaseException:
            self.close()
            raise
        self._size = FirstSize(self._label, (width, height))
        self.info = CameraInfo(
            name=name, source=shown, width=width, height=height, fps=self._capture.fps,
            frames=self._capture.count(), zero_s=self._capture.numbers.zero_s,
        )  # fmt: skip

    @property
    def is_stream(self) -> bool:
        """Whether it turned out to have no end: what comes is of this very moment."""
        return not self._capture.has_length

    def frames(self) -> Iterator[Frame]:
        """See `FrameSource.frames`."""
        given, limit = 0, self._sampling.max_frames
        assert self._first is not None
        for picture in chain([self._first], self._pictures):
            if limit is not None and given >= limit:
                return
            time_s = picture.time_s
            if self._sampling.wants(picture.index, time_s):
                given += 1
                image = self._size.fit(picture.develop(), picture.index)
                yield Frame(self.info.name, picture.index, time_s, image)
        self._tell_damage()

    def close(self) -> None:
        """Release the file."""
        self._capture.release()

    def _tell_damage(self) -> None:
        told = [damage_in_words(self._capture.numbers.damage), self._capture.cut_off()]
        if any(told):
            logger.warning("%s is damaged: %s", self._label, "; ".join(filter(None, told)))


def damage_in_words(damage: Damage) -> str:
    """Say how much of a stream is damaged, and where; nothing if nothing is.

    >>> damage_in_words(Damage(3, 2, [(0.8, 0.8), (2.0, 2.1)]))
    '3 frames could not be decoded and 2 frames show errors, at 0.80 s, 2.00 to 2.10 s'
    """
    kinds = {"could not be decoded": damage.lost, "show errors": damage.flawed}
    told = [f"{n} frame{'s' * (n > 1)} {kind}" for kind, n in kinds.items() if n]
    shown = damage.stretches[:TOLD_STRETCHES]
    where = ", ".join(f"{a:.2f} s" if a == b else f"{a:.2f} to {b:.2f} s" for a, b in shown)
    more = len(damage.stretches) - len(shown)
    return f"{' and '.join(told)}, at {where}{f' and {more} places more' * bool(more)}" * bool(told)
