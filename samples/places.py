"""The two painted places of the sample clips; pictures are float32 BGR in 0..1."""

from __future__ import annotations

import cv2
import numpy as np
from cutouts import Colour, Image


def noise(width: int, height: int, grain: float, seed: int) -> Image:
    """Smooth random texture (height, width, 1) with mean 0 and deviation 1, spots of grain px."""
    raw = np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32)
    soft = cv2.GaussianBlur(raw, (0, 0), grain)
    return ((soft - soft.mean()) / soft.std())[..., None]


def ground(width: int, height: int, top: int, colour: Colour) -> Image:
    """Paving in perspective (BGR 0..1) filling rows from top down, over a mid-grey rest."""
    image = np.full((height, width, 3), 0.5, np.float32)
    image[top:] = colour
    image[top:] *= np.linspace(0.86, 1.06, height - top, dtype=np.float32)[:, None, None]
    joint = tuple(0.8 * c for c in colour)
    vanish = (width // 2, top - 60)
    for foot in range(-3 * width, 4 * width, 110):
        # Start each joint where it leaves the wall, not at the vanishing point above it.
        share = (top - vanish[1]) / (height - vanish[1])
        start = (round(vanish[0] + (foot - vanish[0]) * share), top)
        cv2.line(image, start, (foot, height), joint, 1, cv2.LINE_AA)
    for row in range(12):
        y = round(top + (height - top) * (row / 11) ** 1.8)
        cv2.line(image, (0, y), (width, y), joint, 1, cv2.LINE_AA)
    return image


def paint_courtyard(width: int, height: int) -> Image:
    """Sunny courtyard: sky, tree tops, a brick wall and light paving (BGR 0..1)."""
    base, roof = round(0.5 * height), round(0.2 * height)
    image = ground(width, height, base, (0.60, 0.66, 0.68))
    sky = np.linspace(0, 1, roof, dtype=np.float32)[:, None, None]
    image[:roof] = np.array((0.88, 0.74, 0.6), np.float32) + 0.1 * sky
    leaves = noise(width, height, 7, 1)[..., 0] + noise(width, height, 3, 2)[..., 0] * 0.3
    for x in range(20, width, 130):
        crown = np.zeros((height, width), np.uint8)
        cv2.ellipse(crown, (x, roof - 12), (74, 50 + x % 23), 0, 0, 360, 255, -1, cv2.LINE_AA)
        inner = cv2.GaussianBlur(crown / 255.0, (0, 0), 9)
        soft = np.clip(inner * 3 - 1 + 0.4 * leaves, 0, 1) * (inner > 0.05)
        green = np.array((0.2, 0.38, 0.28), np.float32) * (1 + 0.13 * leaves[..., None])
        image += soft[..., None].astype(np.float32) * (green - image)
    image[roof:base] = (0.42, 0.5, 0.64)
    for row, y in enumerate(range(roof, base, 12)):
        cv2.line(image, (0, y), (width, y), (0.46, 0.54, 0.66), 1)
        for x in range((row % 2) * 17, width, 34):
            cv2.line(image, (x, y), (x, min(y + 11, base)), (0.46, 0.54, 0.66), 1)
    image[roof : roof + 6] = (0.62, 0.64, 0.66)
    image[base - 8 : base] *= 0.8
    return image * (1 + 0.012 * noise(width, height, 3, 3))


def paint_street(width: int, height: int) -> Image:
    """Shady street: a plastered house with windows and a shutter, grey slabs (BGR 0..1)."""
    base = round(0.5 * height)
    image = ground(width, height, base, (0.50, 0.49, 0.47))
    image[:base] = (0.60, 0.68, 0.70)
    image[base - 34 : base] = (0.42, 0.43, 0.44)
    for x in range(36, width, 172):
        cv2.rectangle(image, (x - 6, 34), (x + 96, 156), (0.76, 0.78, 0.79), -1)
        cv2.rectangle(image, (x, 40), (x + 90, 150), (0.40, 0.34, 0.29), -1)
        glare = np.array([(x, 110), (x, 60), (x + 50, 40), (x + 80, 40)], np.int32)
        cv2.fillPoly(image, [glare], (0.52, 0.46, 0.40), cv2.LINE_AA)
        cv2.line(image, (x + 45, 40), (x + 45, 150), (0.76, 0.78, 0.79), 4)
        cv2.rectangle(image, (x - 10, 156), (x + 100, 163), (0.66, 0.68, 0.69), -1)
    image[:14] = (0.36, 0.40, 0.44)
    kerb = round(0.94 * height)
    image[kerb : kerb + 5] = (0.66, 0.66, 0.65)
    image[kerb + 5 :] *= 0.75
    return image * (1 + 0.016 * noise(width, height, 3, 4))
