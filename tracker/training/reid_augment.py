"""Random changes of a batch of pictures, in one go on the training device.

As in OSNet's published recipe erasing comes after normalisation. All
chance comes from one generator on the CPU, so that devices agree. Nothing is asked of the device
on the way: a GPU would have to finish all its work before each answer.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

from tracker.models.registry import IMAGENET_MEAN, IMAGENET_STD
from tracker.training.reid_recipe import Augmentation

CROP_SCALE = 1.125
LOOSE_SCALE = 1.15
COARSEST = 1 / 3
ERASED_AREA = (0.02, 0.4)
ERASED_ASPECT = (0.3, 1 / 0.3)
TRIES = 10  # rectangles, of which the first that fits is taken
NUMBERS = 64  # random ones that a picture needs at most
LEAST_HEIGHT, LEAST_WIDTH = 0.5, 0.6  # of what a cut leaves
COVERED = (0.15, 0.45)  # share of the width
FAR = 37  # steps through the batch to the one who occludes: another person, by any sampler
GAMMA_PER_TINT = 3.0
_LUMA = (0.299, 0.587, 0.114)  # weights of red, green and blue in a grey value


def prepare(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize and normalise without any chance, as for inference.

    Args:
        pixels: (B, 3, h, w) uint8 RGB.
        size: (height, width) to give.

    Returns:
        (B, 3, height, width) float32, (x / 255 - mean) / std.
    """
    images = pixels.float() / 255
    if images.shape[2:] != size:
        images = functional.interpolate(images, size, mode="bilinear", antialias=True)
    return _normalised(images)


def augment(
    pixels: Tensor, size: tuple[int, int], chances: Augmentation, generator: Generator
) -> Tensor:
    """Resize, change at random and normalise; shapes as `prepare`."""
    draw = _Draw(len(pixels), generator, pixels.device)
    images = pixels.float() / 255
    if images.shape[2] > size[0] or images.shape[3] > size[1]:
        images = functional.interpolate(images, size, mode="bilinear", antialias=True)
    if chances.coarse:
        images = _coarsened(images, draw, chances.coarse)
    images = _recoloured(images, draw, chances)  # before enlarging: fewer pixels, same effect
    images = _framed(images, size, draw, chances)
    if chances.occlude:
        images = _occluded(images, draw, chances.occlude)
    images = _normalised(images)
    return _erased(images, draw, chances.erase) if chances.erase else images


class _Draw:
    """Random numbers, one per picture of the batch, sent to the device all at once."""

    def __init__(self, count: int, generator: Generator, device: torch.device) -> None:
        pinned = device.type == "cuda"  # else the copy waits for all work that the GPU has
        self._here = torch.rand(NUMBERS, count, generator=generator, pin_memory=pinned)
        self._there = self._here.to(device, non_blocking=True)
        self._used = 0

    def uniform(self, low: float, high: float) -> Tensor:
        """Draw (count,) float32 in [low, high)."""
        self._used += 1
        return low + (high - low) * self._there[self._used - 1]

    def several(self, rows: int, low: float, high: float) -> Tensor:
        """Draw (rows, count) float32 in [low, high)."""
        self._used += rows
        return low + (high - low) * self._there[self._used - rows : self._used]

    def happens(self, probability: float) -> Tensor:
        """Draw (count,) bool."""
        return self.uniform(0, 1) < probability

    def chosen(self, probability: float) -> Tensor:
        """Draw which pictures: their positions, int64."""
        self._used += 1
        positions = torch.nonzero(self._here[self._used - 1] < probability).flatten()
        return positions.to(self._there.device, non_blocking=True)

    def number(self, low: float, high: float) -> float:
        """Draw one number for the whole batch."""
        self._used += 1
        return low + (high - low) * float(self._here[self._used - 1, 0])


def _coarsened(images: Tensor, draw: _Draw, probability: float) -> Tensor:
    """Shrink some pictures and enlarge them again: people far away have few pixels.

    The chosen ones of a batch share one scale, so that they are resized together.
    """
    chosen = draw.chosen(probability)
    share = draw.number(COARSEST, 1)
    if not len(chosen):
        return images
    height, width = images.shape[2:]
    small = (max(round(height * share), 1), max(round(width * share), 1))
    reduced = functional.interpolate(images[chosen], small, mode="bilinear", antialias=True)
    enlarged = functional.interpolate(reduced, (height, width), mode="bilinear")
    return images.index_copy(0, chosen, enlarged)


def _framed(images: Tensor, size: tuple[int, int], draw: _Draw, chances: Augmentation) -> Tensor:
    """Mirror and crop or widen, and resize, by one bilinear sampling.

    The window that is seen has relative size `scale`; beyond the border the edge is repeated.
    """
    scale = images.new_ones(len(images))
    scale = torch.where(draw.happens(chances.crop), 1 / CROP_SCALE, scale)
    looseness = draw.uniform(1, LOOSE_SCALE)
    scale = torch.where(draw.happens(chances.loose), looseness, scale)
    mirrored = torch.where(draw.happens(chances.flip), -1.0, 1.0)
    room = (1 - scale).abs()  # the window moves so far that it or the picture holds the other
    transform = images.new_zeros(len(images), 2, 3)
    transform[:, 0, 0] = scale * mirrored
    transform[:, 1, 1] = scale
    transform[:, 0, 2] = draw.uniform(-1, 1) * room
    transform[:, 1, 2] = draw.uniform(-1, 1) * room
    if chances.partial:
        _cut(transform, draw, chances.partial)
    shape = [len(images), 3, *size]
    grid = functional.affine_grid(transform, shape, align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _cut(transform: Tensor, draw: _Draw, probability: float) -> None:
    """Let some windows end above the feet, others before one side of the picture, in place."""
    cut, upright = draw.happens(probability), draw.happens(0.5)
    tall = torch.where(cut & upright, draw.uniform(LEAST_HEIGHT, 1), 1.0)
    wide = torch.where(cut & ~upright, draw.uniform(LEAST_WIDTH, 1), 1.0)
    side = torch.where(draw.happens(0.5), 1.0, -1.0)
    transform[:, 1, 2] -= transform[:, 1, 1] * (1 - tall)  # the upper border stays
    transform[:, 0, 2] += transform[:, 0, 0] * side * (1 - wide)
    transform[:, 1, 1] *= tall
    transform[:, 0, 0] *= wide


def _occluded(images: Tensor, draw: _Draw, probability: float) -> Tensor:
    """Cover one side of some pictures with one side of another picture of the batch."""
    width = images.shape[3]
    cover = (draw.uniform(*COVERED) * width).round() * draw.happens(probability)
    right = draw.happens(0.5)
    column = torch.arange(width, device=images.device)
    covered = torch.where(
        right[:, None], column >= width - cover[:, None], column < cover[:, None]
    )  # (B, width)
    source = torch.where(right[:, None], column + cover[:, None], column - cover[:, None]) % width
    other = images[(torch.arange(len(images), device=images.device) * FAR + 1) % len(images)]
    moved = other.gather(3, source.long()[:, None, None, :].expand_as(other))
    return torch.where(covered[:, None, None, :], moved, images)


def _recoloured(images: Tensor, draw: _Draw, chances: Augmentation) -> Tensor:
    """Change brightness, contrast, saturation and hue, in this order."""
    if chances.brightness:
        images = (images * _factor(draw, chances.brightness)).clamp(0, 1)
    if chances.contrast:
        mean = _grey(images).mean(dim=(2, 3), keepdim=True)
        images = (mean + (images - mean) * _factor(draw, chances.contrast)).clamp(0, 1)
    if chances.saturation:
        grey = _grey(images)
        images = (grey + (images - grey) * _factor(draw, chances.saturation)).clamp(0, 1)
    if chances.tint:
        images = _tinted(images, draw, chances.tint)
    if chances.hue:
        images = _turned(images, draw.uniform(-chances.hue, chances.hue)).clamp(0, 1)
    return images


def _tinted(images: Tensor, draw: _Draw, change: float) -> Tensor:
    """Answer to light as another camera: a gamma for all channels, a factor for each."""
    gamma = (GAMMA_PER_TINT * draw.uniform(-change, change)).exp()[:, None, None, None]
    factors = torch.stack([draw.uniform(1 - change, 1 + change) for _ in range(3)], dim=1)
    return (images.clamp(min=1e-4) ** gamma * factors[:, :, None, None]).clamp(0, 1)


def _factor(draw: _Draw, change: float) -> Tensor:
    return draw.uniform(1 - change, 1 + change)[:, None, None, None]


def _grey(images: Tensor) -> Tensor:
    weights = images.new_tensor(_LUMA)[:, None, None]
    return (images * weights).sum(dim=1, keepdim=True)


def _turned(images: Tensor, turns: Tensor) -> Tensor:
    """Turn the colours about the grey axis of the RGB cube, a linear stand-in for HSV's hue."""
    angle = turns * 2 * math.pi
    cosine, sine = angle.cos(), angle.sin() / math.sqrt(3)
    third = (1 - cosine) / 3
    rows = [third + cosine, third - sine, third + sine]
    first = torch.stack(rows, dim=1)  # the other rows of the rotation are its cyclic shifts
    matrix = torch.stack([first.roll(shift, dims=1) for shift in range(3)], dim=1)  # (B, 3, 3)
    return torch.einsum("bij,bjhw->bihw", matrix, images)


def _normalised(images: Tensor) -> Tensor:
    mean = images.new_tensor(IMAGENET_MEAN)[:, None, None]
    std = images.new_tensor(IMAGENET_STD)[:, None, None]
    return (images - mean) / std


def _erased(images: Tensor, draw: _Draw, probability: float) -> Tensor:
    """Fill a rectangle of some pictures, after normalising, with the mean as in the recipe."""
    height, width = images.shape[2:]
    tall, wide = _sides(height, width, draw)
    top = (draw.uniform(0, 1) * (height - tall + 1)).floor()[:, None]
    left = (draw.uniform(0, 1) * (width - wide + 1)).floor()[:, None]
    row = torch.arange(height, device=images.device)
    column = torch.arange(width, device=images.device)
    rows = (row >= top) & (row < top + tall[:, None]) & draw.happens(probability)[:, None]
    columns = (column >= left) & (column < left + wide[:, None])
    fill = images.new_tensor(IMAGENET_MEAN)[:, None, None]
    return torch.where((rows[:, :, None] & columns[:, None, :])[:, None], fill, images)


def _sides(height: int, width: int, draw: _Draw) -> tuple[Tensor, Tensor]:
    """Draw the heights and widths (B,) of rectangles that fit; 0 after all tries in vain."""
    area = draw.several(TRIES, *ERASED_AREA) * height * width
    aspect = draw.several(TRIES, *ERASED_ASPECT)
    tall, wide = (area * aspect).sqrt().round(), (area / aspect).sqrt().round()
    fits = (tall < height) & (wide < width)
    first = fits.int().argmax(dim=0, keepdim=True)
    return (tall * fits).gather(0, first)[0], (wide * fits).gather(0, first)[0]
