"""List pictures whose names tell person and camera: Market-1501's names, or plain folders.

Both lie in a folder or, unpacked never, in an uncompressed ``.tar`` archive.
"""

import re
import tarfile
from pathlib import Path, PurePosixPath

from tracker.core.errors import SourceError
from tracker.datasets.pictures import Picture

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
JUNK = ("-1",)  # Market-1501's badly detected boxes, dropped wherever they appear
DISTRACTOR = "0000"  # people in the gallery who match nobody
_MARKET = re.compile(r"(-?\d+)_c(\d+)")  # 0002_c1s1_000451_03.jpg: person 0002, camera 1
_TRAIN_FOLDER = "bounding_box_train"


def list_pictures(source: Path) -> list[Picture]:
    """List a source in the sorted order of its names.

    Understood are Market-1501 and DukeMTMC-reID names (``0002_c1s1_000451_03.jpg``) and plain
    folders ``<person>/<camera>_<anything>.jpg``, the two not mixed; also a folder or archive of
    Market-1501 as published, of which the training part is taken. Its distractors (person 0000)
    are left out.

    Raises:
        SourceError: Nothing there, no such pictures, or a compressed archive.
    """
    found = entries(source)
    if any(_TRAIN_FOLDER in PurePosixPath(e.name).parts for e in found):
        found = [e for e in found if _TRAIN_FOLDER in PurePosixPath(e.name).parts]
    kept = [p for p in labelled(found) if not is_distractor(p)]
    if not kept:
        raise SourceError(
            f"'{source}' holds no pictures of known people; expected are names like "
            "0002_c1s1_000451_03.jpg (person 0002, camera 1) or <person>/<camera>_*.jpg"
        )
    return kept


def entries(source: Path, endings: tuple[str, ...] = ENDINGS) -> list[Picture]:
    """List all pictures of a folder or archive, person and camera still unknown.

    Args:
        source: A folder or an uncompressed tar archive.
        endings: Of the files' names, in lower case.

    Raises:
        SourceError: Nothing there, or a compressed archive.
    """
    if source.is_dir():
        files = [p for p in source.rglob("*") if p.suffix.lower() in endings]
        return [Picture(p, p.relative_to(source).as_posix(), "", "") for p in files]
    if not source.is_file():
        raise SourceError(f"there is no data set at '{source}'; give a folder or a .tar archive")
    try:
        with tarfile.open(source, "r:") as archive:
            return [
                Picture(source, member.name, "", "", member.offset_data, member.size)
                for member in archive
                if member.isfile() and member.name.lower().endswith(endings)
            ]
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise SourceError(
            f"'{source}' is no uncompressed tar archive ({error}); unpack it and give the folder"
        ) from error


def labelled(found: list[Picture]) -> list[Picture]:
    """Read person and camera from the names, in the sorted order of names.

    Where any name is as Market-1501's, only such names count, and of them no junk.
    """
    market = [p for e in found if (p := _market_picture(e))]
    if market:
        pictures = [p for p in market if p.person not in JUNK]
    else:
        pictures = [p for e in found if (p := _plain_picture(e))]
    return sorted(pictures, key=lambda p: p.name)


def is_distractor(picture: Picture) -> bool:
    """Tell a picture of nobody; in a plain folder 0000 is somebody like everybody else."""
    return picture.person == DISTRACTOR and _market_picture(picture) is not None


def _market_picture(entry: Picture) -> Picture | None:
    found = _MARKET.match(PurePosixPath(entry.name).name)
    return _with(entry, found[1], found[2]) if found else None


def _plain_picture(entry: Picture) -> Picture | None:
    path = PurePosixPath(entry.name)
    camera, separator, _ = path.stem.partition("_")
    return _with(entry, path.parent.name, camera) if separator and path.parent.name else None


def _with(entry: Picture, person: str, camera: str) -> Picture:
    return Picture(entry.path, entry.name, person, camera, entry.offset, entry.size)
