"""Folders and globs of frames, and boxes without any frames."""

import glob
import logging
import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np

from tracker.core.errors import SourceError
from tracker.core.pictures import read_image
from tracker.core.types import CameraInfo, Frame, Image
from tracker.video.picture import narrow
from tracker.video.seqinfo import read_seqinfo
from tracker.video.source import FALLBACK_FPS, Sampling

logger = logging.getLogger(__name__)

SEQUENCE = "img1"  # of a MOTChallenge sequence
MOST_LEFT_OUT = 10  # times as many frames as there are: beyond, names are times and the like
IMAGE_ENDINGS = {".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"}


class ImageSource:
    """Reads a folder or glob of pictures in natural order (2 before 10).

    Raises:
        SourceError: No pictures, or none that can be read.
    """

    def __init__(self, name: str, source: str, sampling: Sampling, fps: float | None) -> None:
        self._paths = _image_files(source)
        self._sampling = sampling
        self._label = f"camera '{name}' ({source})"
        if not self._paths:
            raise SourceError(f"{self._label} has no pictures ({', '.join(sorted(IMAGE_ENDINGS))})")
        first = next((im for p in self._paths if (im := _read(p)) is not None), None)
        if first is None:
            raise SourceError(f"{self._label}: none of its {len(self._paths)} pictures can be read")
        rate = fps or read_seqinfo(self._paths[0]).fps
        if rate is None:
            rate = FALLBACK_FPS
            logger.warning("%s has no frame rate; assuming %g, set it with --fps", name, rate)
        height, width = first.shape[:2]
        self._numbers = _frame_numbers(self._paths)
        count = self._numbers[-1] + 1
        if count > len(self._paths):
            logger.warning(
                "%s: %d of %d frames are missing by their names; the others keep their numbers",
                self._label, count - len(self._paths), count,
            )  # fmt: skip
        self.info = CameraInfo(name, source, width, height, rate, count)

    def frames(self) -> Iterator[Frame]:
        """See `FrameSource.frames`; an unreadable picture is left out with a warning."""
        return islice(self._wanted(), self._sampling.max_frames)

    def _wanted(self) -> Iterator[Frame]:
        for index, path in zip(self._numbers, self._paths, strict=True):
            time_s = index / self.info.fps
            if self._sampling.wants(index, time_s):
                image = self._of_first_size(_read(path), path)
                if image is not None:
                    yield Frame(self.info.name, index, time_s, image)

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _of_first_size(self, image: Image | None, path: Path) -> Image | None:
        if image is None:
            logger.warning("%s: %s cannot be read; left out", self._label, path.name)
            return None
        height, width = image.shape[:2]
        size = (self.info.width, self.info.height)
        if (width, height) == size:
            return image
        logger.warning(
            "%s: %s is %dx%d, not %dx%d; scaled to that",
            self._label, path.name, width, height, *size,
        )  # fmt: skip
        return np.asarray(cv2.resize(image, size), np.uint8)


class BoxesOnlySource:
    """Stands in for a video when boxes are replayed without one: black frames of its size."""

    def __init__(self, info: CameraInfo, sampling: Sampling) -> None:
        self.info = info
        self._sampling = sampling

    def frames(self) -> Iterator[Frame]:
        """See `FrameSource.frames`; all frames share one read-only black picture."""
        black = np.broadcast_to(np.uint8(0), (self.info.height, self.info.width, 3))
        timed = ((index, index / self.info.fps) for index in range(self.info.frames or 0))
        wanted = (each for each in timed if self._sampling.wants(*each))
        for index, time_s in islice(wanted, self._sampling.max_frames):
            yield Frame(self.info.name, index, time_s, black)

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _image_files(source: str) -> list[Path]:
    folder = Path(source)
    found = list(folder.iterdir()) if folder.is_dir() else [Path(p) for p in glob.glob(source)]
    visible = (p for p in found if not p.name.startswith("."))  # as macOS adds one to each
    pictures = [p for p in visible if p.suffix.lower() in IMAGE_ENDINGS]
    if not pictures and (folder / SEQUENCE).is_dir():
        return _image_files(str(folder / SEQUENCE))
    return sorted(pictures, key=lambda p: _natural(p.name))


def _frame_numbers(paths: Sequence[Path]) -> list[int]:
    """Return the pictures' numbers from 0: those in their names where few are left out."""
    digits = [re.search(r"(\d{1,18})$", p.stem) for p in paths]
    own = [int(d[1]) for d in digits if d]
    growing = len(own) == len(paths) and all(a < b for a, b in pairwise(own))
    if not growing or own[-1] - own[0] >= MOST_LEFT_OUT * len(own):
        return list(range(len(paths)))
    return [number - own[0] for number in own]


def _natural(name: str) -> list[tuple[int, str]]:
    parts = re.findall(r"\d+|\D+", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _read(path: Path) -> Image | None:
    image = read_image(path, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    if image is None:
        return None
    return np.asarray(image, np.uint8) if image.dtype == np.uint8 else narrow(image)
