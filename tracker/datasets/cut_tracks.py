"""Tracks that somebody else cut out: ``<camera>/<track>/*.jpg``, and ``times.csv``.

They lie in a folder or, unpacked never, in an uncompressed ``.tar`` archive.
"""

import csv
import math
import tarfile
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath

from tracker.core.errors import SourceError, suggestion
from tracker.core.foreign import MOST_SETTINGS_BYTES, read_text, understanding
from tracker.datasets.folders import ENDINGS, entries
from tracker.datasets.pictures import Picture, natural

TrackName = tuple[str, str]  # camera and track, in the user's words
Times = dict[TrackName, tuple[float, float]]  # when a track begins and ends, in seconds

TIMES = "times.csv"
COLUMNS = ("camera", "track", "start_s", "end_s")
_LAYOUT = "expected is <camera>/<track>/*.jpg"
_PARTS = 3  # camera, track, picture


def list_tracks(source: Path) -> dict[TrackName, list[Picture]]:
    """List the pictures of each track, all in natural order; hidden files do not count.

    Raises:
        SourceError: Nothing there, no cameras, no pictures, or a track without any.
    """
    found = _in_folder(source) if source.is_dir() else _in_archive(source)
    if not found:
        raise SourceError(f"'{source}' has no camera folders with tracks; {_LAYOUT}")
    if not any(found.values()):
        raise SourceError(f"'{source}' has no pictures ({', '.join(ENDINGS)}); {_LAYOUT}")
    empty = [name for name, pictures in found.items() if not pictures]
    if empty:
        raise SourceError(
            f"'{source}' has {len(empty)} of {len(found)} tracks without any picture: "
            f"{_listed(empty)}; remove them, or give the folder of the cameras"
        )
    order = sorted(found, key=lambda name: (natural(name[0]), natural(name[1])))
    return {n: sorted(found[n], key=lambda p: natural(PurePosixPath(p.name).stem)) for n in order}


def read_times(source: Path, given: Path | None, tracks: Collection[TrackName]) -> Times | None:
    """Read when each track begins and ends, from `given`, else from ``times.csv`` of the source.

    Returns:
        Times of exactly these tracks; None where no times are known.

    Raises:
        SourceError: Missing, not of the columns, not all tracks, or not times.
    """
    text = read_text(given, TIMES) if given else _text_in(source)
    if text is None:
        return None
    where = str(given or TIMES)
    with understanding(where, TIMES):
        return _parsed(csv.DictReader(text.splitlines()), where, tracks)


def _in_folder(source: Path) -> dict[TrackName, list[Picture]]:
    cameras = [f for f in _visible(source) if f.is_dir()]
    tracks = [t for camera in cameras for t in _visible(camera) if t.is_dir()]
    return {
        (track.parent.name, track.name): [
            Picture(p, p.relative_to(source).as_posix(), "", "")
            for p in _visible(track)
            if p.suffix.lower() in ENDINGS
        ]
        for track in tracks
    }


def _in_archive(source: Path) -> dict[TrackName, list[Picture]]:
    """List an archive, whose top folder may be that of the cameras or one around it."""
    if not source.exists():
        raise SourceError(f"there are no crops at '{source}'; give a folder or a .tar archive")
    tracks: dict[TrackName, list[Picture]] = {}
    for entry in entries(source):
        parts = PurePosixPath(entry.name).parts
        if len(parts) in (_PARTS, _PARTS + 1) and not any(p.startswith(".") for p in parts):
            tracks.setdefault((parts[-3], parts[-2]), []).append(entry)
    return tracks


def _visible(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise SourceError(f"cannot read folder '{folder}': {error.strerror}") from error


def _text_in(source: Path) -> str | None:
    if source.is_dir():
        return read_text(source / TIMES, TIMES) if (source / TIMES).is_file() else None
    with understanding(source, "archive"), tarfile.open(source, "r:") as archive:
        for member in archive:
            parts = PurePosixPath(member.name).parts
            stream = archive.extractfile(member) if parts[-1:] == (TIMES,) else None
            if stream and len(parts) < _PARTS:
                return stream.read(MOST_SETTINGS_BYTES).decode("utf-8-sig", errors="replace")
    return None


def _parsed(rows: "csv.DictReader[str]", where: str, tracks: Collection[TrackName]) -> Times:
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or [])]
    if missing:
        raise SourceError(f"{where} lacks the column {missing[0]}; it has {','.join(COLUMNS)}")
    times: Times = {}
    for line, row in enumerate(rows, start=2):
        name, span = _row(row, f"{where}, line {line}")
        if name in times:
            raise SourceError(f"{where}, line {line}: {'/'.join(name)} has a row already")
        if name not in tracks:
            near = suggestion("/".join(name), map("/".join, tracks))
            raise SourceError(f"{where}, line {line}: there is no track {'/'.join(name)}.{near}")
        times[name] = span
    without = [name for name in tracks if name not in times]
    if without:
        raise SourceError(
            f"{where} has no row for {len(without)} of {len(tracks)} tracks: {_listed(without)}"
        )
    return times


def _row(row: dict[str, str], where: str) -> tuple[TrackName, tuple[float, float]]:
    try:
        start_s, end_s = (float(row[name]) for name in ("start_s", "end_s"))
    except (TypeError, ValueError) as error:
        raise SourceError(f"{where}: start_s and end_s must be numbers of seconds") from error
    if not (math.isfinite(start_s) and math.isfinite(end_s) and start_s <= end_s):
        raise SourceError(f"{where}: a track from {start_s:g} to {end_s:g} s cannot be")
    return (row["camera"].strip(), row["track"].strip()), (start_s, end_s)


def _listed(names: Iterable[TrackName]) -> str:
    """Name the first five."""
    words = ["/".join(name) for name in names]
    return ", ".join(words[:5]) + (f" and {len(words) - 5} more" if len(words) > 5 else "")  # noqa: PLR2004
