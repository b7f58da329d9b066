"""Hand the pictures of each batch to the trainer: from memory, or decoded on the way."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from tracker.datasets.pictures import Picture, read_picture
from tracker.datasets.pixels import common_size, decode, resized

MEMORY_BYTES = 4 << 30  # decoded pictures beyond this are read anew in each epoch


class Feed(Protocol):
    """Gives the pixels of batches."""

    def batches(self, positions: Tensor) -> Iterable[Tensor]:
        """Map positions (batches, B) to one (B, 3, h, w) uint8 RGB tensor per batch."""
        ...


class MemoryFeed:
    """Everything decoded once."""

    def __init__(self, pixels: Tensor) -> None:
        self._pixels = pixels

    def batches(self, positions: Tensor) -> Iterator[Tensor]:
        """See `Feed.batches`."""
        for row in positions:
            yield self._pixels[row]


class DiskFeed:
    """Decodes in worker processes while the network learns."""

    def __init__(self, pictures: Sequence[Picture], size: tuple[int, int], workers: int) -> None:
        self._pictures = _Decoded(pictures, size)
        self._workers = workers

    def batches(self, positions: Tensor) -> Iterable[Tensor]:
        """See `Feed.batches`."""
        return DataLoader(
            self._pictures, batch_sampler=positions.tolist(), num_workers=self._workers
        )


class _Decoded(Dataset[Tensor]):
    def __init__(self, pictures: Sequence[Picture], size: tuple[int, int]) -> None:
        self._pictures, self._size = pictures, size

    def __getitem__(self, index: int) -> Tensor:
        rgb = resized(read_picture(self._pictures[index]), self._size)
        return torch.from_numpy(rgb.copy()).permute(2, 0, 1)


def make_feed(pictures: Sequence[Picture], size: tuple[int, int], workers: int = 2) -> Feed:
    """Keep the pictures in memory if they fit, else decode them in `workers` processes.

    Raises:
        SourceError: A picture cannot be read.
    """
    kept = common_size(pictures, size)
    if len(pictures) * kept[0] * kept[1] * 3 > MEMORY_BYTES:
        return DiskFeed(pictures, kept, workers)
    return MemoryFeed(decode_all(pictures, kept))


def decode_all(pictures: Sequence[Picture], size: tuple[int, int]) -> Tensor:
    """Decode pictures: (N, 3, height, width) uint8 RGB."""
    return torch.from_numpy(decode(pictures, size)).permute(0, 3, 1, 2).contiguous()
