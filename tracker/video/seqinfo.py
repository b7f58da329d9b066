"""MOTChallenge's ``seqinfo.ini``: what a folder of frames or a file of boxes cannot say itself."""

import configparser
import math
from dataclasses import dataclass
from pathlib import Path

from tracker.core.errors import SourceError
from tracker.core.foreign import MOST_SETTINGS_BYTES, read_text, understanding

LARGEST = 1e8  # of any number in it, of frames for example

FOLDERS_ABOVE = 2  # it lies beside img1/ and det/, so one or two above the file at hand


@dataclass(frozen=True, slots=True)
class SequenceInfo:
    """The entries of a sequence; None where they are missing."""

    name: str | None = None
    fps: float | None = None
    width: int | None = None  # pixels
    height: int | None = None  # pixels
    frames: int | None = None


def read_seqinfo(near: Path) -> SequenceInfo:
    """Read the ``seqinfo.ini`` beside a file or in the folders above; empty if there is none.

    Raises:
        SourceError: It is malformed, or a number in it is not positive.
    """
    for folder in list(near.resolve().parents)[: FOLDERS_ABOVE + 1]:
        path = folder / "seqinfo.ini"
        if path.is_file():
            return _parse(path)
    return SequenceInfo()


def _parse(path: Path) -> SequenceInfo:
    with understanding(path, "MOTChallenge's seqinfo.ini"):
        entries = read_ini(path)["Sequence"]
    width, height = (_positive(path, entries, key) for key in ("imWidth", "imHeight"))
    length = _positive(path, entries, "seqLength")
    return SequenceInfo(
        name=entries.get("name") or None,
        fps=_positive(path, entries, "frameRate"),
        width=int(width) if width else None,
        height=int(height) if height else None,
        frames=int(length) if length else None,
    )


def read_ini(path: Path) -> configparser.ConfigParser:
    """Read such a file.

    Raises:
        SourceError: It cannot be read as one.
    """
    parser = configparser.ConfigParser(interpolation=None)
    with understanding(path, "MOTChallenge's seqinfo.ini"):
        parser.read_string(read_text(path, "seqinfo.ini", MOST_SETTINGS_BYTES))
    return parser


def _positive(path: Path, entries: configparser.SectionProxy, key: str) -> float | None:
    text = entries.get(key)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= LARGEST:
        raise SourceError(f"{path}: {key} is '{text}'; it must be a number above 0")
    return value
