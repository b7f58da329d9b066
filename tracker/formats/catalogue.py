"""Which formats there are, each with its writer and, where that makes sense, its reader."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracker.core.errors import ConfigError, SourceError, suggestion
from tracker.formats.aicity import write_aicity
from tracker.formats.coco_video import read_coco_video, write_coco_video
from tracker.formats.cvat import read_cvat, write_cvat
from tracker.formats.lines import (
    read_csv,
    read_jsonl,
    write_csv,
    write_jsonl,
    write_supervision,
)
from tracker.formats.mot import MotId, read_mot_files, write_mot
from tracker.formats.parquet import read_parquet, require_pyarrow, write_parquet
from tracker.formats.parsed import ParsedImport
from tracker.formats.people import write_people, write_visits
from tracker.results.result import Result


@dataclass(frozen=True, slots=True)
class Format:
    """A format of other tools."""

    # of its files' names beside a run's JSON; the whole name, where it has no dot first
    ending: str
    per_camera: bool  # whether each camera has a file of its own
    # (result, camera, path, mot_id): writes a file; camera is "" where one has all
    write: Callable[[Result, str, Path, MotId], None]
    # (path, mot_id): reads it again; None where that makes no sense
    read: Callable[[Path, MotId], ParsedImport] | None = None
    require: Callable[[], None] = lambda: None  # checks, before any work, that its library is there


def _whole(write: Callable[[Result, Path], None]) -> Callable[[Result, str, Path, MotId], None]:
    """Make a writer of what puts all cameras into one file."""
    return lambda result, _camera, path, _ids: write(result, path)


def _plain(read: Callable[[Path], ParsedImport]) -> Callable[[Path, MotId], ParsedImport]:
    """Make a reader of what needs not be told what the ids mean."""
    return lambda path, _ids: read(path)


FORMATS: dict[str, Format] = {  # a program may add its own
    "mot": Format(
        ".txt", True, lambda r, camera, path, ids: write_mot(r, camera, path, mot_id=ids),
        read_mot_files,
    ),
    "cvat": Format(
        ".xml", True, lambda r, camera, path, _: write_cvat(r, camera, path), _plain(read_cvat)
    ),
    "coco-video": Format(".coco.json", False, _whole(write_coco_video), _plain(read_coco_video)),
    "aicity": Format(".aicity.txt", False, _whole(write_aicity)),
    "csv": Format(".csv", False, _whole(write_csv), _plain(read_csv)),
    "jsonl": Format(".jsonl", False, _whole(write_jsonl), _plain(read_jsonl)),
    "parquet": Format(
        ".parquet", False, _whole(write_parquet), _plain(read_parquet), require_pyarrow
    ),
    "supervision": Format(".supervision.csv", False, _whole(write_supervision)),
    "visits": Format("visits.csv", False, _whole(write_visits)),
    "people": Format("people.csv", False, _whole(write_people)),
}  # fmt: skip
READABLE = tuple(name for name, kind in FORMATS.items() if kind.read)
_GUESSES = {".xml": "cvat", ".zip": "cvat", ".json": "coco-video", ".txt": "mot"}


def known_format(name: str, option: str, allowed: Sequence[str]) -> str:
    """Return a format's name if there is such a one.

    Raises:
        ConfigError: There is not, or its library is missing.
    """
    if name not in allowed:
        raise ConfigError(
            f"{option}: unknown format '{name}'.{suggestion(name, allowed)} "
            f"Known are: {', '.join(allowed)}"
        )
    if name in FORMATS:
        FORMATS[name].require()
    return name


def guess_format(path: Path) -> str:
    """Tell from a name, or from what lies in a folder, which format a file has.

    Raises:
        SourceError: It does not exist.
        ConfigError: Nothing tells.
    """
    if not path.exists():
        raise SourceError(f"'{path}' does not exist")
    if path.is_dir():
        return "cvat" if [*path.glob("*.xml"), *path.glob("*.zip")] else "mot"
    ending = path.suffix.lower()
    guess = _GUESSES.get(ending, ending.removeprefix("."))
    if guess not in READABLE:
        raise ConfigError(f"'{path}': its name does not tell its format; add --from FORMAT")
    return guess
