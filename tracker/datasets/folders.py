"""List pictures whose names tell person and camera: Market-1501's names, or plain folders.

Both lie in a folder or, unpacked never, in an uncompressed ``.tar`` archive.
"""

import re
import tarfile
from pathlib import Path, PurePosixPath

from tracker.datasets.pictures import Picture
from tracker.errors import SourceError

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp")
JUNK = ("-1",)  # Market-1501's badly detected boxes, dropped wherever they appear
DISTRACTOR = "0000"  # people in the gallery who match nobody
_MARKET = re.compile(r"(-?\d+)_c(\d+)")  # 0002_c1s1_000451_03.jpg: person 0002, camera 1
_TRAIN_FOLDER = "bounding_box_train"


def list_pictures(source: Path, *, training: bool = True) -> list[Picture]:
    """List a source in the sorted order of its names.

    Understood are Market-1501 and DukeMTMC-reID names (``0002_c1s1_000451_03.jpg``) and plain
    folders ``<person>/<camera>_<anything>.jpg``, the two not mixed; also a folder or archive of
    Market-1501 as published, of which the training part is taken.

    Args:
        source: A folder or an uncompressed tar archive.
        training: Whether distractors (person 0000) are left out too.

    Raises:
        SourceError: Nothing there, no such pictures, or a compressed archive.
    """
    entries = _entries(source)
    if any(_TRAIN_FOLDER in PurePosixPath(e.name).parts for e in entries):
        entries = [e for e in entries if _TRAIN_FOLDER in PurePosixPath(e.name).parts]
    market = [_market_picture(e) for e in entries]
    pictures = [p for p in market if p] or [p for e in entries if (p := _plain_picture(e))]
    dropped = (*JUNK, DISTRACTOR) if training else JUNK
    kept = [p for p in pictures if p.person not in dropped]
    if not kept:
        raise SourceError(
            f"'{source}' holds no pictures of known people; expected are names like "
            "0002_c1s1_000451_03.jpg (person 0002, camera 1) or <person>/<camera>_*.jpg"
        )
    return sorted(kept, key=lambda p: p.name)


def _entries(source: Path) -> list[Picture]:
    """List all pictures, person and camera still unknown."""
    if source.is_dir():
        files = [p for p in source.rglob("*") if p.suffix.lower() in ENDINGS]
        return [Picture(p, p.relative_to(source).as_posix(), "", "") for p in files]
    if not source.is_file():
        raise SourceError(f"there is no data set at '{source}'; give a folder or a .tar archive")
    try:
        with tarfile.open(source, "r:") as archive:
            return [
                Picture(source, member.name, "", "", member.offset_data, member.size)
                for member in archive
                if member.isfile() and member.name.lower().endswith(ENDINGS)
            ]
    except tarfile.TarError as error:
        raise SourceError(
            f"'{source}' is no uncompressed tar archive ({error}); unpack it and give the folder"
        ) from error


def _market_picture(entry: Picture) -> Picture | None:
    found = _MARKET.match(PurePosixPath(entry.name).name)
    return _labelled(entry, found[1], found[2]) if found else None


def _plain_picture(entry: Picture) -> Picture | None:
    path = PurePosixPath(entry.name)
    camera, separator, _ = path.stem.partition("_")
    return _labelled(entry, path.parent.name, camera) if separator and path.parent.name else None


def _labelled(entry: Picture, person: str, camera: str) -> Picture:
    return Picture(entry.path, entry.name, person, camera, entry.offset, entry.size)
