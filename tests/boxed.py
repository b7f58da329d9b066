"""Small pictures with people-like figures and their boxes in YOLO's format."""

import tarfile
from pathlib import Path

import cv2
import numpy as np

SIDE = 96
FIGURE = (20, 48)  # width, height in pixels


def draw(number: int) -> tuple[np.ndarray, list[tuple[float, ...]]]:
    """Picture `number` with 0 to 2 bright figures on dark ground, and their boxes as shares."""
    chance = np.random.default_rng(number)
    image = chance.integers(0, 60, (SIDE, SIDE, 3), np.uint8)
    boxes = []
    for place in range(number % 3):
        left = 8 + 44 * place + int(chance.integers(0, 12))
        top = int(chance.integers(4, SIDE - FIGURE[1] - 4))
        image[top : top + FIGURE[1], left : left + FIGURE[0]] = (60, 120, 250)
        centre = ((left + FIGURE[0] / 2) / SIDE, (top + FIGURE[1] / 2) / SIDE)
        boxes.append((*centre, FIGURE[0] / SIDE, FIGURE[1] / SIDE))
    return image, boxes


def write_boxed(folder: Path, count: int, *, unlabelled: tuple[int, ...] = ()) -> Path:
    """A folder of pictures in YOLO's format."""
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        image, boxes = draw(number)
        cv2.imwrite(str(folder / f"images/{number:03d}.png"), image)
        if number not in unlabelled:
            rows = "".join("0 " + " ".join(f"{v:.6f}" for v in box) + "\n" for box in boxes)
            (folder / f"labels/{number:03d}.txt").write_text(rows)
    return folder


def pack(folder: Path) -> Path:
    """The folder as an uncompressed archive beside it."""
    path = folder.with_suffix(".tar")
    with tarfile.open(path, "w:") as archive:
        archive.add(folder, ".")
    return path
