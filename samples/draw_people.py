"""Draw many different people for training a ReID model, each as several cameras would show them.

The people of the sample clips (see cutouts.py) get random clothes, stand before random patches
of photos, and are graded as by cameras of different colour and light; some are partly hidden.
Writes ``<person>/<camera>_<number>.jpg``, which ``reid-track train reid`` reads. The people of
the clips themselves are not among them. Pictures are BGR in 0..1.

    python samples/draw_people.py BACKGROUNDS OUT

BACKGROUNDS is a folder of photos without people.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from cutouts import OUTLINES, Colour, Image, Look, cut_out, load_photo
from make_samples import step

SPRITE_HEIGHT = 340  # pixels, the largest that is drawn
CAMERAS, CAMERAS_PER_PERSON, PICTURES_PER_CAMERA = 14, 3, 4
BACKGROUNDS = 400  # photos at most
GREYS = 0.3  # share of garments without colour
BEHIND, BEFORE = 0.25, 0.2  # share of pictures with somebody else behind or in front
JITTER = 0.04  # deviation of a box's borders, in widths
LUMA = np.array((0.114, 0.587, 0.299), np.float32)


@dataclass(frozen=True)
class Lens:
    """How one camera shows things: colour, light, distance and the places it sees."""

    gain: Image  # (3,) factor per channel
    gamma: float
    saturation: float
    height: float  # of a person, in pixels
    noise: float
    places: list[Image]


class Painter:
    """Draws one picture after another; all chance comes from one generator."""

    def __init__(self, photos: list[Image], people: int, seed: int) -> None:
        self._chance = np.random.default_rng(seed)
        bus = load_photo()
        sources = sorted(OUTLINES)
        self._sprites = [self._dress(bus, sources[i % len(sources)]) for i in range(people)]
        self._lenses = [self._lens(photos) for _ in range(CAMERAS)]

    def cameras(self) -> list[int]:
        """Choose the cameras that see a person."""
        return [int(c) for c in self._chance.choice(CAMERAS, CAMERAS_PER_PERSON, replace=False)]

    def draw(self, person: int, camera: int) -> Image:
        """Draw one person as one camera shows him, cut out with a box that is never exact."""
        lens, chance = self._lenses[camera], self._chance
        height = lens.height * chance.uniform(0.75, 1.3)
        image = self._place(lens, round(1.6 * height))
        sprite = self._pose(person, height)
        left, top = (image.shape[1] - sprite.shape[1]) // 2, round(0.3 * height)
        box = cv2.boundingRect((sprite[..., 3] > 0.5).astype(np.uint8))
        other = chance.random()
        if other < BEHIND:
            self._add(image, height * chance.uniform(0.7, 1.0), chance.uniform(-0.3, 0.3))
        paste(image, sprite, left, top)
        if other > 1 - BEFORE:
            side = chance.choice([-1, 1]) * chance.uniform(0.22, 0.5)
            self._add(image, height * chance.uniform(1.0, 1.25), side)
        return self._grade(self._cut(image, (left + box[0], top + box[1], box[2], box[3])), lens)

    def _dress(self, bus: Image, source: str) -> Image:
        chance = self._chance
        parts = (self._colour() if chance.random() < 0.7 else None for _ in range(4))
        look = Look(source, self._colour(), *parts, girth=chance.uniform(0.9, 1.12))
        sprite = cut_out(bus, look)
        ratio = SPRITE_HEIGHT / sprite.shape[0]
        size = (round(sprite.shape[1] * ratio * look.girth), SPRITE_HEIGHT)
        return np.asarray(cv2.resize(sprite, size, interpolation=cv2.INTER_AREA), np.float32)

    def _colour(self) -> Colour:
        chance = self._chance
        if chance.random() < GREYS:
            colour = chance.uniform(0.05, 0.95) + chance.normal(0, 0.03, 3)
        else:
            hue, saturation, value = chance.uniform((0, 0.23, 0.16), (360, 0.9, 0.92))
            hsv = np.array([[[hue, saturation, value]]], np.float32)
            colour = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0, 0]
        blue, green, red = np.clip(colour, 0.03, 0.97)
        return float(blue), float(green), float(red)

    def _lens(self, photos: list[Image]) -> Lens:
        chance = self._chance
        gain = chance.uniform(0.84, 1.16, 3) * chance.uniform(0.75, 1.15)
        places = [photos[i] for i in chance.choice(len(photos), min(12, len(photos)), False)]
        return Lens(
            gain.astype(np.float32), float(np.exp(chance.uniform(-0.4, 0.45))),
            chance.uniform(0.6, 1.25), chance.uniform(70, 230), chance.uniform(0, 0.02), places,
        )  # fmt: skip

    def _place(self, lens: Lens, size: int) -> Image:
        """Enlarge a square patch of one of the camera's places."""
        photo = lens.places[self._chance.integers(len(lens.places))]
        side = int(min(photo.shape[:2]) * self._chance.uniform(0.6, 1))
        top, left = (int(self._chance.integers(room - side + 1)) for room in photo.shape[:2])
        patch = photo[top : top + side, left : left + side]
        return np.array(cv2.resize(patch, (size, size)), np.float32)

    def _pose(self, person: int, height: float) -> Image:
        """Size, turn and bend a sprite for some moment of a stride."""
        sprite = self._sprites[person]
        size = (max(1, round(sprite.shape[1] * height / SPRITE_HEIGHT)), round(height))
        small = cv2.resize(sprite, size, interpolation=cv2.INTER_AREA)
        small = small if self._chance.random() < 0.5 else np.ascontiguousarray(small[:, ::-1])
        side = round(0.12 * height)
        wide = cv2.copyMakeBorder(small, 0, 0, side, side, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
        return step(np.asarray(wide, np.float32), self._chance.uniform(0, 2 * np.pi), 0.0)

    def _add(self, image: Image, height: float, aside: float) -> None:
        """Put anybody so many of his heights beside the middle."""
        sprite = self._pose(int(self._chance.integers(len(self._sprites))), height)
        middle = image.shape[1] / 2 + aside * height
        bottom = 0.82 * image.shape[0]
        paste(image, sprite, round(middle - sprite.shape[1] / 2), round(bottom - height))

    def _cut(self, image: Image, box: tuple[int, int, int, int]) -> Image:
        left, top, width, height = box
        wrong = self._chance.normal(0, JITTER, 4)
        x = left + width * np.array((wrong[0] - 0.02, 1.02 + wrong[1]))
        y = top + height * np.array((wrong[2] - 0.01, 1.01 + wrong[3]))
        x, y = x.clip(0).astype(int), y.clip(0).astype(int)
        return image[y[0] : y[1], x[0] : x[1]]

    def _grade(self, image: Image, lens: Lens) -> Image:
        grey = (image @ LUMA)[..., None]
        coloured = np.clip(grey + (image - grey) * lens.saturation, 0, 1) ** lens.gamma
        light = coloured * lens.gain * self._chance.uniform(0.93, 1.07)
        noise = self._chance.normal(0, 1, image.shape) * lens.noise
        return np.clip(light + noise, 0, 1).astype(np.float32)


def paste(image: Image, sprite: Image, left: int, top: int) -> None:
    """Lay a sprite over an image in place, as far as it lies within."""
    height, width = image.shape[:2]
    tall, wide = sprite.shape[:2]
    x, y = max(left, 0), max(top, 0)
    right, bottom = min(left + wide, width), min(top + tall, height)
    if right > x and bottom > y:
        part = sprite[y - top : bottom - top, x - left : right - left]
        under = image[y:bottom, x:right]
        under[:] = under * (1 - part[..., 3:]) + part[..., :3]


def main() -> None:
    """Draw everybody."""
    parser = argparse.ArgumentParser(description="Draw people for training a ReID model.")
    parser.add_argument("backgrounds", type=Path, help="folder of photos without people")
    parser.add_argument("out", type=Path)
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--seed", type=int, default=77)
    wanted = parser.parse_args()
    files = sorted(p for p in wanted.backgrounds.iterdir() if p.suffix.lower() in (".jpg", ".png"))
    read = [cv2.imread(str(p)) for p in files[:: max(len(files) // BACKGROUNDS, 1)]]
    photos = [np.asarray(p, np.float32) / np.float32(255) for p in read if p is not None]
    painter = Painter(photos, wanted.people, wanted.seed)
    for person in range(wanted.people):
        folder = wanted.out / f"{person:04d}"
        folder.mkdir(parents=True)
        for camera in painter.cameras():
            for number in range(PICTURES_PER_CAMERA):
                picture = np.round(painter.draw(person, camera) * 255).astype(np.uint8)
                cv2.imwrite(str(folder / f"c{camera:02d}_{number}.jpg"), picture)
    print(f"{wanted.people} people, each from {CAMERAS_PER_PERSON} of {CAMERAS} cameras")


if __name__ == "__main__":
    main()
