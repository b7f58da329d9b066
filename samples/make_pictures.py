"""Compose pictures with people's boxes in YOLO's format, to train detectors on.

The people are the sample clips' cut-outs in clothes of any colour, at any size and moment of
their stride; the places are painted at random and are neither of the clips' two. Pictures are
BGR; the same number and seed give the same picture.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from cutouts import Colour, Image, Look, load_photo
from make_samples import PAD, Camera, Walk, cast, compose
from numpy.typing import NDArray
from places import ground, noise

LEAST_VISIBLE = 0.2  # share of a person that must be seen for a box
SECONDS_ACROSS = 5.0
Boxes = list[tuple[float, float, float, float]]


def colour(chance: np.random.Generator, low: float, high: float, spread: float) -> Colour:
    """Draw a colour: a grey from low to high, each channel up to spread away from it."""
    blue, green, red = chance.uniform(low, high) + chance.uniform(-spread, spread, 3)
    return float(blue), float(green), float(red)


def paint(chance: np.random.Generator, width: int, height: int) -> Image:
    """Paint a place (BGR 0..1): paving, a wall with rectangles on it, posts, grain."""
    base = round(chance.uniform(0.3, 0.6) * height)
    image = ground(width, height, base, colour(chance, 0.2, 0.8, 0.08))
    image[:base] = colour(chance, 0.15, 0.9, 0.15)
    roof = round(chance.uniform(0, 0.25) * height)
    image[:roof] = colour(chance, 0.3, 0.95, 0.15)
    for _ in range(chance.integers(0, 14)):
        x, y = int(chance.integers(0, width)), int(chance.integers(0, base))
        wide, tall = int(chance.integers(8, 140)), int(chance.integers(8, 160))
        shade = np.clip(colour(chance, 0.1, 0.9, 0.15), 0, 1).tolist()
        thick = -1 if chance.random() < 0.7 else int(chance.integers(1, 8))
        cv2.rectangle(image, (x, y), (x + wide, min(y + tall, base)), shade, thick)
    for _ in range(chance.integers(0, 4)):
        x, foot = int(chance.integers(0, width)), int(chance.integers(base, height))
        shade = np.clip(colour(chance, 0.1, 0.6, 0.1), 0, 1).tolist()
        top = (x, int(chance.integers(0, base)))
        cv2.rectangle(image, top, (x + int(chance.integers(4, 40)), foot), shade, -1)
    seed = int(chance.integers(1 << 30))
    image = image * (
        1 + chance.uniform(0.005, 0.06) * noise(width, height, chance.uniform(1, 9), seed)
    )
    return np.asarray(np.clip(image, 0, 1), np.float32)


def dress(chance: np.random.Generator) -> Look:
    """Draw one person."""
    source = str(chance.choice(["cream", "black"]))
    clothes: list[Colour | None] = []
    for _ in range(5):
        dyed = chance.random() < 0.75
        blue, green, red = np.clip(colour(chance, 0.08, 0.85, 0.3), 0.05, 0.95) if dyed else [0] * 3
        clothes.append((float(blue), float(green), float(red)) if dyed else None)
    return Look(
        source, *clothes, stature=chance.uniform(0.85, 1.1), girth=chance.uniform(0.9, 1.15)
    )


def picture(chance: np.random.Generator, photo: Image) -> tuple[NDArray[np.uint8], Boxes]:
    """One picture (H, W, 3) and its boxes: centre x, y, width, height as shares of the sides."""
    width, height = int(chance.choice([480, 560, 640, 720])), int(chance.choice([360, 480, 480]))
    horizon, scale = chance.uniform(0.1, 0.4) * height, chance.uniform(0.35, 1.0)
    people, walks = {}, []
    for number in range(1, 1 + int(chance.integers(0, 7))):
        people[number] = dress(chance)
        begin = chance.uniform(-SECONDS_ACROSS + 0.4, 0.3)  # somewhere on the way at time 0
        feet = chance.uniform(max(0.45 * height, horizon + 60), 1.1 * height)
        direction = int(chance.choice([-1, 1]))
        walks.append(Walk(number, begin, begin + SECONDS_ACROSS, feet, direction))
    gain, gamma = chance.uniform(0.8, 1.15, 3), chance.uniform(0.75, 1.4)
    camera = Camera(
        (width, height), 25, horizon, scale, (gain[0], gain[1], gain[2]), gamma, ground_only,
        tuple(walks),
    )  # fmt: skip
    actors = [
        actor for actor in cast(camera, photo, people)
        if actor.walk.feet + 5 < height + PAD and actor.walk.feet - actor.height * 1.03 > 1 - PAD
    ]  # fmt: skip
    frame, rows = compose(camera, paint(chance, width, height), actors, 0.0)
    if chance.random() < 0.3:
        frame = np.asarray(
            cv2.GaussianBlur(frame, (0, 0), float(chance.uniform(0.4, 1.3))), np.uint8
        )
    return frame, shares(rows, width, height)


def ground_only(width: int, height: int) -> Image:
    """Stand in for a camera's place, which `paint` draws anew for each picture."""
    return ground(width, height, height // 2, (0.5, 0.5, 0.5))


def shares(rows: list[str], width: int, height: int) -> Boxes:
    """Turn truth rows into boxes, without people who can hardly be seen."""
    boxes = []
    for row in rows:
        _, left, top, wide, tall, *_, visibility = map(float, row.split(","))
        if visibility > LEAST_VISIBLE:
            centre = ((left + wide / 2) / width, (top + tall / 2) / height)
            boxes.append((*centre, wide / width, tall / height))
    return boxes


def main() -> None:
    """Write images/ and labels/ into a folder."""
    parser = argparse.ArgumentParser(description="Compose pictures to train a detector on.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--count", type=int, default=420)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    for name in ("images", "labels"):
        (options.out / name).mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)  # the same sums in the same order on every machine
    photo = load_photo()
    for number in range(options.count):
        chance = np.random.default_rng((options.seed, number))
        frame, boxes = picture(chance, photo)
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(60, 95))]
        cv2.imwrite(str(options.out / f"images/{number:04d}.jpg"), frame, quality)
        text = "".join(f"0 {x:.6f} {y:.6f} {w:.6f} {h:.6f}\n" for x, y, w, h in boxes)
        (options.out / f"labels/{number:04d}.txt").write_text(text, encoding="ascii")


if __name__ == "__main__":
    main()
