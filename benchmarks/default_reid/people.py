"""The pictures of all sources on the training device, and the batches drawn from them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from tracker.datasets.benchmarks import training_pictures
from tracker.datasets.pictures import PersonSet, number, split_people
from tracker.training.reid_augment import augment
from tracker.training.reid_loader import decode_all
from tracker.training.reid_recipe import Augmentation
from tracker.training.reid_sampler import mixed_batches

KEPT_BACK = 51
HAND = 4  # pictures of a person in a batch
SIZE = (256, 128)  # height and width at which pictures are kept
SEED = 1
CHANCES = Augmentation(
    crop=0.5, loose=0.2, coarse=0.15, brightness=0.2, contrast=0.2, saturation=0.25, hue=0.015,
    tint=0.1, partial=0.25, occlude=0.2, erase=0.2,
)  # fmt: skip


class People:
    """Who is learned.

    Args:
        sources: Data sets; of the first, people are kept back.
        with_names: How many sources, the first ones, show people more than once. The others hold
            single pictures, of which only a teacher tells.
        mix: People in a batch from each source; of single pictures four times as many.
        device: Where they are learned.
        kept_back: People of the first source set aside.
    """

    def __init__(
        self, sources: Sequence[Path], with_names: int, mix: Sequence[int], device: torch.device,
        kept_back: int = KEPT_BACK,
    ) -> None:  # fmt: skip
        parts = [training_pictures(source) for source in sources]
        first, self.aside = split_people(number(parts[:1]), kept_back)
        parts[0] = list(first.pictures)
        everybody = number(parts)
        self._person = torch.from_numpy(everybody.person)
        self._source = torch.repeat_interleave(torch.tensor([len(part) for part in parts]))
        self._pixels = pictures_of(everybody).to(device)
        self._mix, self.device = mix, device
        self.known = int(self._person[self._source < with_names].max()) + 1
        self.pictures = len(everybody)
        self.first = mix[0] * HAND  # pictures of a batch that the first source gives,
        self.named = sum(mix[:with_names]) * HAND  # and all that show somebody with a name
        self.chance = torch.Generator().manual_seed(SEED)

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield pixels (B, 3, 256, 128) uint8 and who those with a name are, (named,) int64."""
        while True:
            chosen = mixed_batches(self._person, self._source, self._mix, HAND, self.chance)
            assert len(chosen), "a source has too few people for its part of a batch"
            people = self._person[chosen][:, : self.named].to(self.device)
            for positions, person in zip(chosen.to(self.device), people, strict=True):
                yield self._pixels[positions], person

    def changed(self, pixels: Tensor, size: tuple[int, int]) -> Tensor:
        """Change a batch at random: (B, 3, height, width) float32, normalised."""
        return augment(pixels, size, CHANCES, self.chance)


def pictures_of(people: PersonSet) -> Tensor:
    """Decode people's pictures: (N, 3, 256, 128) uint8 RGB."""
    return decode_all(people.pictures, SIZE)
