"""GRID (underground station): 250 pairs of pictures, and 775 further people in the gallery."""

from pathlib import Path
from typing import Any

import numpy as np

from tracker.core.errors import SourceError
from tracker.datasets.pictures import Picture
from tracker.datasets.splits import Parts, folder_in, require_file

PARTITIONS = "features_and_partitions.mat"
FOLDERS = ("underground_reid", "grid/underground_reid")
SPLITS = 10
LEARNED_FIELD = 2
STRANGER = "0000"  # everybody in the gallery who is in no pair


def fits(source: Path) -> bool:
    """Tell whether a folder, or one published below it, holds probe and gallery."""
    root = folder_in(source, *FOLDERS)
    return (root / "probe").is_dir() and (root / PARTITIONS).is_file()


def read(source: Path, split: int) -> Parts:
    """List one split: half of the pairs to learn; the others and all strangers to search.

    Raises:
        SourceError: The partitions are missing or not as published.
    """
    root = folder_in(source, *FOLDERS)
    learned = _learned_people(require_file(root / PARTITIONS, "list of partitions"), split)
    probe, gallery = _pictures(root, "probe"), _pictures(root, "gallery")
    return Parts(
        train=[p for p in (*probe, *gallery) if int(p.person) in learned],
        query=[p for p in probe if int(p.person) not in learned],
        gallery=[p for p in gallery if int(p.person) not in learned],
        distractors=frozenset([STRANGER]),
    )


def _pictures(root: Path, part: str) -> list[Picture]:
    """List pictures named ``<person>_<camera>_….jpeg``."""
    pictures = []
    for path in sorted((root / part).glob("*.jpeg")):
        person, camera, *_ = path.name.split("_")
        pictures.append(Picture(path, f"{part}/{path.name}", person, camera))
    return pictures


def _learned_people(path: Path, split: int) -> frozenset[int]:
    """Read the numbers of the people to learn: the third list in the split's record."""
    from scipy.io import loadmat

    try:
        record: Any = loadmat(path)["trainIdxAll"].flatten()[split].flatten()[0]
        return frozenset(int(p) for p in np.asarray(record[LEARNED_FIELD]).flatten())
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise SourceError(
            f"{path} has no split {split} as published; get the archive anew"
        ) from error
