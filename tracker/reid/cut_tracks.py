"""Whole tracks of pictures -> embeddings, in batches over all tracks."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tracker.core.errors import SourceError
from tracker.core.types import EMBEDDING_SIZE, FloatArray, Image
from tracker.datasets.cut_tracks import TrackName
from tracker.datasets.pictures import Picture, read_picture
from tracker.datasets.pixels import THREADS, resized
from tracker.models.registry import Preprocessing
from tracker.reid.crop import normalise
from tracker.reid.embedder import BATCH, unit_length
from tracker.reid.runtimes import Network

logger = logging.getLogger(__name__)

MOST_VIEWS = 50  # of one track; so 10,000 tracks need 1 GB at most
AHEAD = 4  # batches that are decoded before the network needs them

_Item = tuple[TrackName, Picture]


def chosen_views(pictures: Sequence[Picture]) -> list[Picture]:
    """Return up to `MOST_VIEWS` pictures, spread evenly over the track."""
    count = min(len(pictures), MOST_VIEWS)
    return [pictures[i * len(pictures) // count] for i in range(count)]


def embed_tracks(
    network: Network, tracks: Mapping[TrackName, Sequence[Picture]], size: Preprocessing,
    advance: Callable[[int], None] = lambda _pictures: None,
) -> dict[TrackName, FloatArray]:  # fmt: skip
    """Embed the pictures of each track: (M, 512) float32 of unit length, in their order.

    A picture that cannot be read is left out with a warning.

    Args:
        network: As `load_network` gives it.
        tracks: The pictures of each track.
        size: What the network takes.
        advance: Is told how many pictures more are done.

    Raises:
        SourceError: No picture of a track can be read.
    """
    found = {n: np.empty((len(p), EMBEDDING_SIZE), np.float32) for n, p in tracks.items()}
    count = dict.fromkeys(tracks, 0)
    items = [(name, picture) for name, pictures in tracks.items() for picture in pictures]
    for batch, decoded in _decoded(items, (size.height, size.width)):
        good = [(item, rgb) for item, rgb in zip(batch, decoded, strict=True) if rgb is not None]
        if good:
            looks = unit_length(network(normalise(np.stack([rgb for _, rgb in good]), size)))
            for ((name, _), _), look in zip(good, looks, strict=True):
                found[name][count[name]] = look
                count[name] += 1
        advance(len(batch))
    for name, views in count.items():
        if not views:
            raise SourceError(f"track {'/'.join(name)} has no picture that can be read; remove it")
    return {name: looks[: count[name]] for name, looks in found.items()}


def _decoded(
    items: Sequence[_Item], size: tuple[int, int]
) -> Iterator[tuple[Sequence[_Item], list[Image | None]]]:
    """Yield batches with their pictures in `size`, None for a broken one; decode a few ahead."""

    def read(item: _Item) -> Image | None:
        try:
            return resized(read_picture(item[1]), size)
        except SourceError as error:
            logger.warning("%s; left out", error)
            return None

    waiting: deque[tuple[Sequence[_Item], Iterator[Image | None]]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(items), BATCH):
            batch = items[start : start + BATCH]
            waiting.append((batch, pool.map(read, batch)))
            if len(waiting) > AHEAD:
                ready, pictures = waiting.popleft()
                yield ready, list(pictures)
        for ready, pictures in waiting:
            yield ready, list(pictures)
