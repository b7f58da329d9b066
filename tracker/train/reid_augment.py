"""Random changes of a batch of pictures, in one go on the training device.

As in OSNet's published recipe erasing comes after normalisation. All
chance comes from one generator on the CPU, so that devices agree.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from tracker.models.manifest import IMAGENET_MEAN, IMAGENET_STD
from tracker.train.reid_recipe import Augmentation

CROP_SCALE = 1.125
LOOSE_SCALE = 1.15
COARSEST = 1 / 3
ERASED_AREA = (0.02, 0.4)
ERASED_ASPECT = (0.3, 1 / 0.3)
TRIES = 100
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


@dataclass(frozen=True)
class _Draw:
    """Random numbers, one per picture of the batch."""

    count: int
    generator: Generator
    device: torch.device

    def uniform(self, low: float, high: float) -> Tensor:
        """Draw (count,) float32 in [low, high)."""
        share = torch.rand(self.count, generator=self.generator).to(self.device)
        return low + (high - low) * share

    def happens(self, probability: float) -> Tensor:
        """Draw (count,) bool."""
        return self.uniform(0, 1) < probability


def _coarsened(images: Tensor, draw: _Draw, probability: float) -> Tensor:
    """Shrink some pictures and enlarge them again: people far away have few pixels.

    The chosen ones of a batch share one scale, so that they are resized together.
    """
    chosen = draw.happens(probability)
    share = float(draw.uniform(COARSEST, 1)[0])
    if not chosen.any():
        return images
    height, width = images.shape[2:]
    small = (max(round(height * share), 1), max(round(width * share), 1))
    reduced = functional.interpolate(images[chosen], small, mode="bilinear", antialias=True)
    images = images.clone()
    images[chosen] = functional.interpolate(reduced, (height, width), mode="bilinear")
    return images


def _framed(images: Tensor, size: tuple[int, int], draw: _Draw, chances: Augmentation) -> Tensor:
    """Mirror and crop or widen, and resize, by one bilinear sampling.

    The window that is seen has relative size `scale`; beyond the border the edge is repeated.
    """
    scale = torch.ones(draw.count, device=draw.device)
    scale = torch.where(draw.happens(chances.crop), 1 / CROP_SCALE, scale)
    looseness = draw.uniform(1, LOOSE_SCALE)
    scale = torch.where(draw.happens(chances.loose), looseness, scale)
    mirrored = torch.where(draw.happens(chances.flip), -1.0, 1.0)
    room = (1 - scale).abs()  # the window moves so far that it or the picture holds the other
    transform = torch.zeros(draw.count, 2, 3, device=draw.device)
    transform[:, 0, 0] = scale * mirrored
    transform[:, 1, 1] = scale
    transform[:, 0, 2] = draw.uniform(-1, 1) * room
    transform[:, 1, 2] = draw.uniform(-1, 1) * room
    if chances.partial:
        _cut(transform, draw, chances.partial)
    shape = [draw.count, 3, *size]
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
    """Cover one side of some pictures with one side of the picture before them in the batch."""
    width = images.shape[3]
    chosen = draw.happens(probability)
    share, right = draw.uniform(*COVERED), draw.happens(0.5)
    result = images.clone()
    for index in torch.nonzero(chosen).flatten().tolist():
        cover = round(float(share[index]) * width)
        other = images[(index * FAR + 1) % len(images)]
        if right[index]:
            result[index, :, :, width - cover :] = other[:, :, :cover]
        else:
            result[index, :, :, :cover] = other[:, :, width - cover :]
    return result


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
    chosen = torch.rand(draw.count, generator=draw.generator) < probability
    fill = images.new_tensor(IMAGENET_MEAN)[:, None, None]
    for index in torch.nonzero(chosen).flatten().tolist():
        box = _rectangle(height, width, draw.generator)
        if box:
            top, left, bottom, right = box
            images[index, :, top:bottom, left:right] = fill
    return images


def _rectangle(height: int, width: int, generator: Generator) -> tuple[int, int, int, int] | None:
    """Draw a rectangle that fits: top, left, bottom, right; None after 100 tries in vain."""
    chance = torch.rand(TRIES, 2, generator=generator)
    area = (ERASED_AREA[0] + (ERASED_AREA[1] - ERASED_AREA[0]) * chance[:, 0]) * height * width
    aspect = ERASED_ASPECT[0] + (ERASED_ASPECT[1] - ERASED_ASPECT[0]) * chance[:, 1]
    tall, wide = (area * aspect).sqrt().round(), (area / aspect).sqrt().round()
    place = torch.rand(2, generator=generator)
    fitting = torch.nonzero((tall < height) & (wide < width)).flatten()
    if not len(fitting):
        return None
    h, w = int(tall[fitting[0]]), int(wide[fitting[0]])
    top, left = int(place[0] * (height - h + 1)), int(place[1] * (width - w + 1))
    return top, left, top + h, left + w
