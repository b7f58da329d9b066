"""Hand the pictures of each batch to the trainer: from memory, or decoded on the way."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import torch
from torch import Tensor

from tracker.core.types import Image
from tracker.datasets.pictures import Picture
from tracker.datasets.pixels import common_size, decode

MEMORY_BYTES = 4 << 30  # decoded pictures beyond this are read anew in each epoch
BATCHES_AHEAD = 4
CPU = torch.device("cpu")


class PictureLoader(Protocol):
    """Gives the pixels of batches."""

    def batches(self, positions: Tensor) -> Iterable[Tensor]:
        """Map positions (batches, B) to one (B, 3, h, w) uint8 RGB tensor per batch."""
        ...


class MemoryLoader:
    """Everything decoded once, kept where it is trained: on a GPU in its own memory."""

    def __init__(self, pixels: Tensor, device: torch.device = CPU) -> None:
        self._pixels = pixels.to(device)

    def batches(self, positions: Tensor) -> Iterator[Tensor]:
        """See `PictureLoader.batches`."""
        for row in positions:
            yield self._pixels[row.to(self._pixels.device, non_blocking=True)]


class DiskLoader:
    """Decodes some batches ahead, in threads, while the network learns."""

    def __init__(self, pictures: Sequence[Picture], size: tuple[int, int], workers: int) -> None:
        self._pictures, self._size, self._workers = pictures, size, workers

    def batches(self, positions: Tensor) -> Iterator[Tensor]:
        """See `PictureLoader.batches`."""
        waiting: deque[Future[Image]] = deque()
        with ThreadPoolExecutor(self._workers) as pool:
            for row in positions.tolist():
                chosen = [self._pictures[i] for i in row]
                waiting.append(pool.submit(decode, chosen, self._size))
                if len(waiting) > BATCHES_AHEAD:
                    yield _channels_first(waiting.popleft().result())
            while waiting:
                yield _channels_first(waiting.popleft().result())


def make_loader(
    pictures: Sequence[Picture], size: tuple[int, int], device: torch.device = CPU, workers: int = 2
) -> PictureLoader:
    """Keep the pictures in memory if they fit, else decode them anew in each epoch.

    Raises:
        SourceError: A picture cannot be read.
    """
    kept = common_size(pictures, size)
    if len(pictures) * kept[0] * kept[1] * 3 > MEMORY_BYTES:
        return DiskLoader(pictures, kept, workers)
    return MemoryLoader(decode_all(pictures, kept), device)


def decode_all(pictures: Sequence[Picture], size: tuple[int, int]) -> Tensor:
    """Decode pictures: (N, 3, height, width) uint8 RGB."""
    return _channels_first(decode(pictures, size))


def _channels_first(pixels: Image) -> Tensor:
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
