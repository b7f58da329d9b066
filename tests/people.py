"""Made-up people for ReID tests: each wears colours of their own, on noise."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

SIZE = (64, 32)  # height, width


def portrait(person: int, shot: int) -> npt.NDArray[np.uint8]:
    """One picture of a person: (64, 32, 3) uint8 RGB; shots differ in noise and brightness."""
    colours = np.random.default_rng(person).integers(30, 220, (2, 3))
    random = np.random.default_rng([person, shot])
    picture = random.integers(90, 130, (*SIZE, 3)).astype(float)
    picture[14:36, 8:24] = colours[0]
    picture[36:60, 10:22] = colours[1]
    picture = picture * random.uniform(0.8, 1.2) + random.normal(0, 8, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def write_market(folder: Path, people: int, cameras: int = 2, shots: int = 3) -> Path:
    """Write pictures named as Market-1501's; people count from 1."""
    folder.mkdir(parents=True, exist_ok=True)
    for person in range(1, people + 1):
        for camera in range(1, cameras + 1):
            for shot in range(shots):
                name = f"{person:04d}_c{camera}s1_{shot:06d}_00.png"
                picture = portrait(person, 10 * camera + shot)
                Image.fromarray(picture).save(folder / name)
    return folder
