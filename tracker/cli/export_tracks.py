"""``reid-track export tracks``: a result in the files of other tools."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tracker.formats.file_result import FileResult
    from tracker.formats.mot import MotId

TO = "mot|cvat|coco-video|aicity|csv|jsonl|parquet|supervision"


def export_tracks(
    tracks: Annotated[
        Path, typer.Argument(metavar="TRACKS.json", help="A result.", show_default=False)
    ],
    to: Annotated[str, typer.Option(metavar=TO, help="The format.", show_default=False)],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="The file. cvat of several cameras: a folder with <camera>.xml. mot: a folder as "
            "the benchmark lays it out, or for one camera a .txt of results.",
            show_default=False,
        ),
    ],
    mot_id: Annotated[
        str, typer.Option("--mot-id", metavar="track|person", help="Which id MOT rows carry.")
    ] = "track",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
) -> None:
    """Write a result's tracks for another tool."""
    from tracker.cli.parse import parse_mot_id
    from tracker.core.atomic import require_no_input, require_writable
    from tracker.formats.catalogue import FORMATS, known_format
    from tracker.formats.file_result import load_result
    from tracker.results.tracks_file import read_tracks

    ids = parse_mot_id(mot_id)
    known_format(to, "--to", tuple(FORMATS))
    result = load_result(read_tracks(tracks))
    files = planned_files(result, to, out)
    for path in files:
        require_no_input(path, [tracks])
        _make_folder(path.parent, out)
        require_writable(path, overwrite=overwrite)
    for path in _written(result, to, out, ids):
        typer.echo(f"wrote {path}", err=True)


def planned_files(result: "FileResult", to: str, out: Path) -> list[Path]:
    """Name the files of an export.

    Raises:
        OutputError: One file for several cameras, where the format wants one for each.
    """
    from tracker.core.errors import OutputError
    from tracker.formats.catalogue import FORMATS
    from tracker.formats.mot import sequence_files

    names = [camera.name for camera in result.cameras]
    if not FORMATS[to].per_camera:
        return [out]
    if out.suffix == FORMATS[to].ending and not out.is_dir():
        if len(names) > 1:
            raise OutputError(f"--out {out} is one file for {len(names)} cameras; give a folder")
        return [out]
    if to == "mot":
        return sequence_files(out, names)
    return [out / f"{name}{FORMATS[to].ending}" for name in names]


def _written(result: "FileResult", to: str, out: Path, mot_id: "MotId") -> Iterator[Path]:
    from tracker.formats.catalogue import FORMATS
    from tracker.formats.mot import write_sequences

    files = planned_files(result, to, out)
    if to == "mot" and files != [out]:
        yield from write_sequences(result, out, mot_id=mot_id)
        return
    names = [camera.name for camera in result.cameras] if FORMATS[to].per_camera else [""]
    for name, path in zip(names, files, strict=True):
        FORMATS[to].write(result, name, path, mot_id)
        yield path


def _make_folder(folder: Path, out: Path) -> None:
    """Make the folders of a format that has several files; that of a single one must exist."""
    from tracker.core.atomic import make_folder

    if folder != out.parent:
        make_folder(folder)
