"""VIPeR: two pictures of each of 632 people, one by each camera."""

from pathlib import Path

import numpy as np

from tracker.core.errors import SourceError
from tracker.datasets.pictures import Picture
from tracker.datasets.splits import Parts, folder_in

FOLDER = "VIPeR"
CAMERAS = ("cam_a", "cam_b")
SPLITS = 20  # ten random halves of the people, each tested in both directions


def fits(source: Path) -> bool:
    """Tell whether a folder, or VIPeR below it, holds the two cameras' folders."""
    return all((folder_in(source, FOLDER) / camera).is_dir() for camera in CAMERAS)


def read(source: Path, split: int) -> Parts:
    """List one split: half of the people to learn, the other half to find.

    The halves are drawn here, from the split's number; the authors published none. Odd splits ask
    by the second camera, even ones by the first.

    Raises:
        SourceError: The cameras do not have equally many pictures.
    """
    first, second = (_pictures(folder_in(source, FOLDER), camera) for camera in CAMERAS)
    if len(first) != len(second):
        raise SourceError(
            f"'{source}' has {len(first)} pictures in cam_a but {len(second)} in cam_b; they must "
            "pair up. Get the data set's complete archive"
        )
    order = np.random.default_rng(split // 2).permutation(len(first))
    learned, tested = order[: len(order) // 2], order[len(order) // 2 :]
    train = [pictures[i] for pictures in (first, second) for i in learned]
    asked, searched = (second, first) if split % 2 else (first, second)
    return Parts(train, [asked[i] for i in tested], [searched[i] for i in tested])


def _pictures(root: Path, camera: str) -> list[Picture]:
    """List a camera's pictures; the n-th in sorted order show the n-th person."""
    paths = sorted((root / camera).glob("*.bmp"))
    return [Picture(p, f"{camera}/{p.name}", str(i), camera) for i, p in enumerate(paths)]
