"""MSMT17, V1 and V2: pictures in two folders, listed in text files."""

from pathlib import Path, PurePosixPath

from tracker.core.errors import SourceError
from tracker.core.foreign import read_text
from tracker.datasets.pictures import Picture
from tracker.datasets.splits import Parts, folder_in, require_file

VERSIONS = (("train", "test"), ("mask_train_v2", "mask_test_v2"))
FOLDERS = ("MSMT17_V2", "MSMT17_V1")
CAMERA_FIELD = 2  # 0000_000_01_0303morning_0015_0.jpg is of camera 01


def fits(source: Path) -> bool:
    """Tell whether a folder, or one published below it, holds the lists."""
    return (folder_in(source, *FOLDERS) / "list_train.txt").is_file()


def read(source: Path) -> Parts:
    """List the parts. The people of the test have numbers of their own, marked with a ``t``.

    ``list_val.txt`` shows people of the training; only a training on everything uses it.

    Raises:
        SourceError: A list is missing or holds other lines than ``path person``.
    """
    root = folder_in(source, *FOLDERS)
    train, test = next((v for v in VERSIONS if (root / v[0]).is_dir()), VERSIONS[0])
    return Parts(
        train=_listed(root, "train", train, ""),
        query=_listed(root, "query", test, "t"),
        gallery=_listed(root, "gallery", test, "t"),
        validation=_listed(root, "val", train, ""),
    )


def _listed(root: Path, part: str, folder: str, mark: str) -> list[Picture]:
    path = require_file(root / f"list_{part}.txt", "list of pictures")
    lines = read_text(path, "list of pictures").splitlines()
    return [_picture(root / folder, line, path, mark) for line in lines if line.strip()]


def _picture(folder: Path, line: str, source: Path, mark: str) -> Picture:
    try:
        name, person = line.split()
        camera = PurePosixPath(name).name.split("_")[CAMERA_FIELD]
    except (ValueError, IndexError) as error:
        raise SourceError(
            f"{source} holds the line '{line}'; expected is a path like "
            "0000/0000_000_01_0303morning_0015_0.jpg and a number"
        ) from error
    return Picture(folder / name, name, mark + person, camera)
