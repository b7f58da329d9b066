"""Which formats there are: one writer each, for a run's ``--format`` and for ``export tracks``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracker.core.errors import ConfigError, SourceError, suggestion
from tracker.formats.aicity import write_aicity
from tracker.formats.coco_video import read_coco_video, write_coco_video
from tracker.formats.cvat import write_cvat
from tracker.formats.cvat_read import read_cvat
from tracker.formats.lines import write_csv, write_jsonl, write_supervision
from tracker.formats.lines_read import read_csv, read_jsonl
from tracker.formats.mot import MotId, write_mot
from tracker.formats.mot_read import read_mot_files
from tracker.formats.parquet import read_parquet, require_pyarrow, write_parquet
from tracker.formats.parsed import ParsedImport
from tracker.formats.people import write_people, write_visits
from tracker.results.result import Result


@dataclass(frozen=True, slots=True)
class Format:
    """A format of other tools.

    Attributes:
        ending: Of its files' names beside a run's JSON; the whole name, where it has no dot first.
        per_camera: Whether each camera has a file of its own.
        write: (result, camera, path, mot_id): writes a file; camera is "" where one has all.
        read: (path, mot_id): reads it again; None where that makes no sense.
        require: Checks, before any work, that its library is there.
    """

    ending: str
    per_camera: bool
    write: Callable[[Result, str, Path, MotId], None]
    read: Callable[[Path, MotId], ParsedImport] | None = None
    require: Callable[[], None] = lambda: None


FORMATS: dict[str, Format] = {  # a program may add its own
    "mot": Format(
        ".txt", True, lambda r, camera, path, ids: write_mot(r, camera, path, mot_id=ids),
        read_mot_files,
    ),
    "cvat": Format(
        ".xml", True, lambda r, camera, path, _: write_cvat(r, camera, path),
        lambda path, _: read_cvat(path),
    ),
    "coco-video": Format(
        ".coco.json", False, lambda r, _c, path, _: write_coco_video(r, path),
        lambda path, _: read_coco_video(path),
    ),
    "aicity": Format(".aicity.txt", False, lambda r, _c, path, _: write_aicity(r, path)),
    "csv": Format(
        ".csv", False, lambda r, _c, path, _: write_csv(r, path), lambda path, _: read_csv(path)
    ),
    "jsonl": Format(
        ".jsonl", False, lambda r, _c, path, _: write_jsonl(r, path),
        lambda path, _: read_jsonl(path),
    ),
    "parquet": Format(
        ".parquet", False, lambda r, _c, path, _: write_parquet(r, path),
        lambda path, _: read_parquet(path), require_pyarrow,
    ),
    "supervision": Format(
        ".supervision.csv", False, lambda r, _c, path, _: write_supervision(r, path)
    ),
    "visits": Format("visits.csv", False, lambda r, _c, path, _: write_visits(r, path)),
    "people": Format("people.csv", False, lambda r, _c, path, _: write_people(r, path)),
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
        kind = "cvat" if [*path.glob("*.xml"), *path.glob("*.zip")] else "mot"
        return kind
    ending = path.suffix.lower()
    guess = _GUESSES.get(ending, ending.removeprefix("."))
    if guess not in READABLE:
        raise ConfigError(f"'{path}': its name does not tell its format; add --from FORMAT")
    return guess
