"""Compose two short camera clips with known identities, and their truth in MOTChallenge text.

The people (see cutouts.py) walk through two painted places (see places.py); the tables below
tell who walks where and when. Both cameras' clocks start at the same instant. Pictures are BGR.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from cutouts import Image, Look, cut_out, load_photo
from numpy.typing import NDArray
from places import paint_courtyard, paint_street


@dataclass(frozen=True)
class Walk:
    """One crossing of a picture; direction +1 is left to right, -1 right to left."""

    person: int
    begin: float  # seconds; the person is just outside the picture then
    end: float  # seconds; just outside on the other side
    feet: float  # y of the feet in pixels, which also sets depth and size
    direction: int


@dataclass(frozen=True)
class Camera:
    """Picture format, perspective and colour response of one camera."""

    size: tuple[int, int]  # width, height in pixels
    fps: int
    horizon: float  # y in pixels
    scale: float  # person height in pixels per pixel of feet below the horizon
    gain: tuple[float, float, float]  # factor per channel (BGR)
    gamma: float
    paint: Callable[[int, int], Image]
    walks: tuple[Walk, ...]


SECONDS = 12.0
LEAST_INSIDE = 0.25  # share of a person's box that must be in the picture to be in the truth
PAD = 200  # pixels of canvas around the picture, where people wait and are counted as hidden
PEOPLE = {
    1: Look("cream"),
    2: Look("black"),
    3: Look("cream", (0.15, 0.11, 0.64), (0.09, 0.08, 0.08), (0.9, 0.9, 0.9), (0.3, 0.5, 0.7)),
    4: Look("black", (0.45, 0.62, 0.2), (0.55, 0.7, 0.78), jumper=(0.9, 0.9, 0.9), girth=1.06),
    5: Look("cream", (0.42, 0.2, 0.13), (0.85, 0.86, 0.86), (0.12, 0.12, 0.12), stature=0.95),
}

CAMERAS = {
    "cam1": Camera((640, 480), 25, 137, 0.8, (0.97, 1.0, 1.02), 1.0, paint_courtyard, (
        Walk(1, 0.4, 4.5, 430, 1),
        Walk(2, 0.9, 5.5, 385, -1),
        Walk(3, 2.6, 7.6, 352, 1),
        Walk(2, 7.4, 11.5, 405, 1),
        Walk(5, 7.8, 11.7, 432, -1),
    )),
    "cam2": Camera((720, 480), 20, 130, 0.76, (1.06, 0.97, 0.88), 1.12, paint_street, (
        Walk(4, 0.8, 5.4, 432, 1),
        Walk(5, 1.4, 6.1, 395, -1),
        Walk(1, 6.4, 11.0, 425, 1),
        Walk(3, 9.2, 14.4, 372, 1),
    )),
}  # fmt: skip


def scaled(sprite: Image, height: float, girth: float, direction: int) -> Image:
    """Sprite resized to height pixels, facing its direction, with room to sway at the sides."""
    ratio = height / sprite.shape[0]
    size = (max(1, round(sprite.shape[1] * ratio * girth)), round(height))
    small = cv2.resize(sprite, size, interpolation=cv2.INTER_AREA)
    small = small if direction > 0 else np.ascontiguousarray(small[:, ::-1])
    side = round(0.12 * height)
    wide = cv2.copyMakeBorder(small, 0, 0, side, side, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    return np.asarray(wide, np.float32)


def step(sprite: Image, phase: float, drop: float) -> Image:
    """Bend a (height, width, 4) sprite for one moment of a stride (phase in radians).

    The body leans a little to and fro, the legs open and close below the hip, and the whole is
    lowered by drop pixels (0..1, for positions between two pixel rows).
    """
    height, width = sprite.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    up = 1 - y / height
    below_hip = np.clip((0.42 - up) / 0.42, 0, 1)
    lean = 0.02 * height * up * np.sin(phase)
    spread = 1 - below_hip * (0.14 + 0.14 * np.cos(2 * phase))
    source_x = (width / 2 + (x - lean - width / 2) / spread).astype(np.float32)
    # OpenCV 5.0.0 takes a float64 second map without complaint, but reads it as float32.
    source_y = (y - drop).astype(np.float32)
    return np.asarray(cv2.remap(sprite, source_x, source_y, cv2.INTER_LINEAR), np.float32)


@dataclass(frozen=True)
class Actor:
    """A walk with its ready-sized sprite."""

    walk: Walk
    sprite: Image
    height: float  # pixels


def cast(camera: Camera, photo: Image, people: Mapping[int, Look]) -> list[Actor]:
    """Give the camera's walks with their sprites, farthest first (painter's order)."""
    actors = []
    for walk in sorted(camera.walks, key=lambda w: w.feet):
        look = people[walk.person]
        height = (walk.feet - camera.horizon) * camera.scale * look.stature
        sprite = scaled(cut_out(photo, look), height, look.girth, walk.direction)
        actors.append(Actor(walk, sprite, height))
    return actors


def place(actor: Actor, camera: Camera, time: float) -> tuple[Image, int, int] | None:
    """Sprite bent for the time in seconds, and its left and top in the picture; None if away."""
    walk, width = actor.walk, camera.size[0]
    if not walk.begin <= time < walk.end:
        return None
    share = (time - walk.begin) / (walk.end - walk.begin)
    wide = actor.sprite.shape[1]
    x = -wide + share * (width + wide)
    left = x if walk.direction > 0 else width - wide - x
    phase = 2 * np.pi * 0.95 * (time - walk.begin) + walk.person
    # The hips are highest with the legs together, twice per double step.
    top = walk.feet - actor.height - 0.012 * actor.height * (0.5 + 0.5 * np.cos(2 * phase))
    whole = int(np.floor(top))
    return step(actor.sprite, phase, top - whole), round(left), whole


def shade(image: Image, sprite: Image, left: int, feet: float) -> None:
    """Darken the ground under a sprite in place: a soft ellipse that leans to the right."""
    height, width = image.shape[:2]
    tall = sprite.shape[0]
    columns = np.flatnonzero(sprite[int(0.9 * tall) :, :, 3].max(axis=0) > 0.5)
    middle = left + float(columns.mean()) + 0.06 * tall
    dark = np.zeros((height, width), np.float32)
    axes = (0.24 * tall, 0.035 * tall)
    centre = (round(middle * 16), round((feet - 0.01 * tall) * 16))
    size = (round(axes[0] * 16), round(axes[1] * 16))
    cv2.ellipse(dark, centre, size, 0, 0, 360, 1.0, -1, cv2.LINE_AA, 4)
    image *= 1 - 0.45 * cv2.GaussianBlur(dark, (0, 0), 0.02 * tall)[..., None]


def truth(person: int, full: Image, seen: Image, inside: tuple[slice, slice]) -> str | None:
    """Give the truth row without frame number, or None if too little is in the picture.

    full is his own mask on the padded canvas, seen what nearer people leave of it; inside is the
    picture's part of the canvas. The box is tight around his own mask within the picture.
    """
    _, _, whole_wide, whole_tall = cv2.boundingRect((full > 0.5).astype(np.uint8))
    left, top, wide, tall = cv2.boundingRect((full[inside] > 0.5).astype(np.uint8))
    if wide * tall < LEAST_INSIDE * whole_wide * whole_tall:
        return None
    visibility = float(seen[inside].sum() / full.sum())
    return f"{person},{left},{top},{wide},{tall},1,1,{visibility:.3f}"


def compose(
    camera: Camera, backdrop: Image, actors: list[Actor], time: float
) -> tuple[NDArray[np.uint8], list[str]]:
    """One BGR frame (height, width, 3) and its truth rows without the frame number."""
    width, height = camera.size
    inside = np.s_[PAD : PAD + height, PAD : PAD + width]
    canvas = cv2.copyMakeBorder(backdrop, PAD, PAD, PAD, PAD, cv2.BORDER_REPLICATE)
    image: Image = np.asarray(canvas, np.float32)
    placed = [(actor, spot) for actor in actors if (spot := place(actor, camera, time))]
    for actor, (sprite, left, _) in placed:
        shade(image, sprite, left + PAD, actor.walk.feet + PAD)
    layers: list[tuple[int, Image, Image]] = []
    for actor, (sprite, left, top) in placed:
        tall, wide = sprite.shape[:2]
        area = np.s_[top + PAD : top + PAD + tall, left + PAD : left + PAD + wide]
        image[area] = image[area] * (1 - sprite[..., 3:]) + sprite[..., :3]
        for _, _, seen in layers:
            seen[area] *= 1 - sprite[..., 3]
        full = np.zeros(image.shape[:2], np.float32)
        full[area] = sprite[..., 3]
        layers.append((actor.walk.person, full, full.copy()))
    rows = [row for layer in sorted(layers, key=lambda x: x[0]) if (row := truth(*layer, inside))]
    graded = np.clip(image[inside], 0, 1) ** camera.gamma * np.array(camera.gain, np.float32)
    return np.round(np.clip(graded, 0, 1) * 255).astype(np.uint8), rows


def make_clip(name: str, camera: Camera, photo: Image, folder: Path) -> None:
    """Write NAME.mp4 and NAME.gt.txt into the folder."""
    backdrop, actors = camera.paint(*camera.size), cast(camera, photo, PEOPLE)
    path = folder / f"{name}.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), camera.fps, camera.size)
    if not writer.isOpened():
        raise SystemExit(f"cannot open {path} for writing")
    lines = []
    count = round(SECONDS * camera.fps)
    for index in range(count):
        frame, rows = compose(camera, backdrop, actors, index / camera.fps)
        writer.write(frame)
        lines += [f"{index + 1},{row}\n" for row in rows]
    writer.release()
    check_clip(path, camera, count)
    (folder / f"{name}.gt.txt").write_text("".join(lines), encoding="ascii")
    print(f"{path.name}: {count} frames, {len(lines)} boxes, {path.stat().st_size} bytes")


def check_clip(path: Path, camera: Camera, count: int) -> None:
    """Read the clip back: the writer itself reports no failed frame."""
    reader = cv2.VideoCapture(str(path))
    frames = 0
    while True:
        got, frame = reader.read()
        if not got:
            break
        if frame.shape != (camera.size[1], camera.size[0], 3):
            raise SystemExit(f"{path}: frame {frames + 1} has shape {frame.shape}")
        frames += 1
    reader.release()
    if frames != count:
        raise SystemExit(f"{path}: {frames} frames can be read back, not {count}")


def main() -> None:
    """Make both clips and their truth."""
    parser = argparse.ArgumentParser(description="Make the sample clips and their truth.")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, metavar="DIR")
    folder: Path = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)  # the same sums in the same order on every machine
    photo = load_photo()
    for name, camera in CAMERAS.items():
        make_clip(name, camera, photo, folder)


if __name__ == "__main__":
    main()
