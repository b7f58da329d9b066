"""CUHK03 with the split of 767 people to learn and 700 to find.

The pictures lie inside one MATLAB 7.3 (HDF5) file. They are unpacked once, beside it, which needs
h5py; where the folder of unpacked pictures exists already, nothing else is needed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PilImage

from tracker.core.errors import SourceError
from tracker.core.extras import require
from tracker.core.types import Image
from tracker.datasets.pictures import Picture
from tracker.datasets.splits import Parts, require_file

RELEASE = "cuhk03_release"
RAW = "cuhk-03.mat"
KIND = "detected"  # boxes by a detector, as usual, not drawn by hand
SPLIT = "cuhk03_new_protocol_config_{kind}.mat"
UNPACKED = "images_{kind}"
FIRST_VIEW = 5  # pictures of a person by the first camera of a pair; the rest are by the second
COLOUR = 3


def fits(source: Path) -> bool:
    """Tell whether a folder holds the split's file."""
    return (source / SPLIT.format(kind=KIND)).is_file()


def read(source: Path) -> Parts:
    """List the parts of the new split, unpacking the pictures first if need be.

    Raises:
        SourceError: A file is missing or not as published.
        ConfigError: h5py is needed and missing.
    """
    from scipy.io import loadmat

    path = require_file(source / SPLIT.format(kind=KIND), "split")
    folder = source / UNPACKED.format(kind=KIND)
    if not folder.is_dir():
        unpack(source / RELEASE / RAW, folder)
    content = loadmat(path)
    try:
        people = content["labels"].flatten()
        names = [str(name.item()) for name in content["filelist"].flatten()]
        places = {
            part: content[f"{part}_idx"].flatten().astype(int) - 1  # MATLAB counts from 1
            for part in ("train", "query", "gallery")
        }
    except (KeyError, ValueError) as error:
        raise SourceError(f"{path} is not the published split: {error}") from error
    pictures = [_picture(folder, *row) for row in zip(names, people, strict=True)]
    parts = {part: [pictures[i] for i in chosen] for part, chosen in places.items()}
    return Parts(parts["train"], parts["query"], parts["gallery"])


def _picture(folder: Path, name: str, person: Any) -> Picture:
    """Describe ``1_001_1_01.png``: camera pair, person of the pair, view, picture."""
    view = name.split("_")[2]
    return Picture(folder / name, name, str(int(person)), view)


def unpack(raw: Path, folder: Path) -> None:
    """Write all pictures of the raw file as PNG, under a temporary name until all are there.

    Raises:
        SourceError: The file is missing.
        ConfigError: h5py is.
    """
    require_file(raw, "CUHK03 release")
    require("h5py")
    import h5py

    partial = folder.with_name(f".{folder.name}.part")
    partial.mkdir(exist_ok=True)
    with h5py.File(raw, "r") as file:
        for name, rgb in _pictures_in(file):
            PilImage.fromarray(rgb).save(partial / name)
    partial.rename(folder)


def _pictures_in(file: Any) -> Iterator[tuple[str, Image]]:
    """Give names and pictures; MATLAB's arrays arrive with their axes in reverse."""
    for pair, reference in enumerate(file[KIND][0], start=1):
        people = file[reference][:].T
        for person, row in enumerate(people, start=1):
            for index, entry in enumerate(row, start=1):
                rgb = np.asarray(file[entry][:]).T
                if rgb.ndim == COLOUR and rgb.size:
                    view = 1 if index <= FIRST_VIEW else 2
                    name = f"{pair:01d}_{person:03d}_{view:01d}_{index:02d}.png"
                    yield name, np.ascontiguousarray(rgb.astype(np.uint8))
