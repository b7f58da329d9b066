"""A run's pictures inside the page: smaller, and no more of them than a limit of bytes."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from tracker.apps.report.page_data import evenly
from tracker.apps.report.run_pictures import RunPictures
from tracker.core.pictures import as_jpeg, read_image
from tracker.core.types import VisitKey
from tracker.results.tracks_file import TracksFile

CROP_HEIGHT_PX, POSTER_WIDTH_PX = 144, 720
CROP_QUALITY, POSTER_QUALITY = 78, 72  # JPEG's, of 100
ENCODED_CROP_BYTES = 6000  # of one crop in the page, by experience; decides how many are tried
DEFAULT_LIMIT_MB = 32.0
MEGA = 1_000_000


def embedded(
    content: TracksFile, kept: RunPictures, limit_mb: float = DEFAULT_LIMIT_MB
) -> tuple[dict[str, str], dict[VisitKey, list[int]]]:
    """Return pictures as base64 text by the page's names for them, and the frames of the crops.

    Every visit gets equally many crops, as many as fit; where not even one each fits, the visits
    that come first in each person's life have one.

    Args:
        content: A tracks.json.
        kept: Its pictures.
        limit_mb: Most millions of characters of all pictures together.
    """
    number = {camera.name: n for n, camera in enumerate(content.cameras)}
    pictures = {
        f"poster {number[name]}": _encoded(path, POSTER_QUALITY, width=POSTER_WIDTH_PX)
        for name, path in kept.posters.items()
    }
    left = int(limit_mb * MEGA) - sum(map(len, pictures.values()))
    shots: dict[VisitKey, list[int]] = {}
    for key, chosen in _choice(content, kept, left):
        crops = [_encoded(p, CROP_QUALITY, height=CROP_HEIGHT_PX) for p in chosen.values()]
        text = " ".join(crops)
        left -= len(text)
        if left < 0:
            break
        if text:
            pictures[f"crop {number[key[0]]} {key[1]}"] = text
            shots[key] = list(chosen)
    return {name: data for name, data in pictures.items() if data}, shots


def _choice(
    content: TracksFile, kept: RunPictures, limit: int
) -> Iterator[tuple[VisitKey, Mapping[int, Path]]]:
    """Yield the crops to take of each visit: everybody's first visits before the second ones."""
    each = most_each([len(crops) for crops in kept.crops.values()], limit // ENCODED_CROP_BYTES)
    lives = [[visit.key for visit in person.tracks] for person in content.identities]
    for turn in range(max(map(len, lives), default=0)):
        for life in lives:
            if turn < len(life) and life[turn] in kept.crops:
                crops = kept.crops[life[turn]]
                yield life[turn], {frame: crops[frame] for frame in evenly(list(crops), each)}


def most_each(counts: Sequence[int], room: int) -> int:
    """Return how many pictures of each visit fit, one at least.

    >>> most_each([6, 6, 2], 10), most_each([6, 6, 2], 14), most_each([6, 6, 2], 1)
    (4, 6, 1)
    """
    fitting = (n for n in range(max(counts, default=1), 1, -1) if _taken(counts, n) <= room)
    return next(fitting, 1)


def _taken(counts: Sequence[int], each: int) -> int:
    return sum(min(count, each) for count in counts)


def _encoded(path: Path, quality: int, *, height: int = 0, width: int = 0) -> str:
    """Return a picture as JPEG in base64, at most so high or wide; "" if it cannot be read."""
    image = read_image(path)
    if image is None:
        return ""
    scale = min(1.0, height / image.shape[0] if height else width / image.shape[1])
    return base64.b64encode(as_jpeg(np.asarray(image, np.uint8), quality, scale)).decode()
