"""Hand the pictures of each batch to the trainer: from memory, or decoded on the way."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import torch
from torch import Tensor

from tracker.core.types import Image
from tracker.datasets.pictures import Picture
from tracker.datasets.pixels import common_size, decode

MEMORY_BYTES = 4 << 30  # decoded pictures beyond this are read anew in each epoch
BATCHES_AHEAD = 4
WORKERS = 2  # threads, each with `tracker.datasets.pixels.THREADS` of its own
CPU = torch.device("cpu")

# From positions (batches, B) to one (B, 3, h, w) uint8 RGB tensor per batch.
PictureLoader = Callable[[Tensor], Iterator[Tensor]]


def make_loader(
    pictures: Sequence[Picture], size: tuple[int, int], device: torch.device = CPU
) -> PictureLoader:
    """Keep the pictures in memory if they fit, else decode them anew in each epoch.

    They are kept where the network is trained: on a GPU in its own memory.

    Raises:
        SourceError: A picture cannot be read.
    """
    kept = common_size(pictures, size)
    if len(pictures) * kept[0] * kept[1] * 3 > MEMORY_BYTES:
        return partial(_decoded_ahead, pictures, kept)
    return partial(_of_memory, decode_all(pictures, kept).to(device))


def _of_memory(pixels: Tensor, positions: Tensor) -> Iterator[Tensor]:
    for row in positions:
        yield pixels[row.to(pixels.device, non_blocking=True)]


def _decoded_ahead(
    pictures: Sequence[Picture], size: tuple[int, int], positions: Tensor
) -> Iterator[Tensor]:
    """Decode some batches ahead, in threads, while the network learns."""
    waiting: deque[Future[Image]] = deque()
    with ThreadPoolExecutor(WORKERS) as pool:
        for row in positions.tolist():
            waiting.append(pool.submit(decode, [pictures[i] for i in row], size))
            if len(waiting) > BATCHES_AHEAD:
                yield _channels_first(waiting.popleft().result())
        while waiting:
            yield _channels_first(waiting.popleft().result())


def decode_all(pictures: Sequence[Picture], size: tuple[int, int]) -> Tensor:
    """Decode pictures: (N, 3, height, width) uint8 RGB."""
    return _channels_first(decode(pictures, size))


def _channels_first(pixels: Image) -> Tensor:
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
