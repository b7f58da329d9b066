"""MOTChallenge, read: a text file, a sequence, or a folder of either."""

import configparser
import csv
from pathlib import Path

from tracker.core.errors import SourceError
from tracker.formats.lines_read import bad_line, read_text
from tracker.formats.mot import OWN_SECTION, MotId
from tracker.formats.parsed import FoundBox, FoundCamera, ParsedImport
from tracker.formats.rounding import corners_from
from tracker.video.seqinfo import read_seqinfo

LEAST_COLUMNS = 6
TRUTH_COLUMNS = 9  # and more than that in results, the last of which are -1
PEDESTRIAN = 1.0


def read_mot_files(path: Path, mot_id: MotId) -> ParsedImport:
    """Read a .txt, a sequence with ``gt/gt.txt``, or a folder of either.

    Args:
        path: File or folder.
        mot_id: What the numbers mean: visits, each to one camera, or people.

    Raises:
        SourceError: Nothing is there, or a row is wrong; the message names the line.
    """
    found = [_read_camera(name, file, mot_id) for name, file in _sequences(path)]
    return ParsedImport(
        [camera for camera, _ in found], [box for _, boxes in found for box in boxes]
    )


def _sequences(path: Path) -> list[tuple[str, Path]]:
    """Return the cameras' names and files."""
    if path.is_file():
        return [(_sequence_name(path), path)]
    truths = [path / "gt" / "gt.txt", *sorted(path.glob("*/gt/gt.txt"))]
    files = [file for file in truths if file.is_file()] or sorted(path.glob("*.txt"))
    if not files:
        raise SourceError(f"{path} has no <camera>/gt/gt.txt and no <camera>.txt")
    return [(_sequence_name(file), file) for file in files]


def _sequence_name(file: Path) -> str:
    in_truth = (file.parent.name, file.name) == ("gt", "gt.txt")
    return file.resolve().parents[1].name if in_truth else file.stem.removesuffix(".gt")


def _read_camera(name: str, file: Path, mot_id: MotId) -> tuple[FoundCamera, list[FoundBox]]:
    info = read_seqinfo(file)
    camera = FoundCamera(
        name, width=info.width, height=info.height, fps=info.fps, frames=info.frames,
        offset_s=_own_offset(file),
    )  # fmt: skip
    person_of = _people(file.parent.parent / "people.csv") if file.name == "gt.txt" else {}
    boxes = []
    for number, cells in enumerate(csv.reader(read_text(file).splitlines()), start=1):
        if not cells:
            continue
        try:
            values = [float(cell) for cell in cells]
            if len(values) < LEAST_COLUMNS:
                raise ValueError("is not frame,id,left,top,width,height,…")
            if _counts(values):
                boxes.append(_box(name, values, person_of, mot_id))
        except ValueError as error:
            raise bad_line(file, number, error) from error
    return camera, boxes


def _counts(values: list[float]) -> bool:
    """Tell whether a row is a person: rows of a truth may be ignored or of another class."""
    if len(values) != TRUTH_COLUMNS:
        return True
    return values[6] != 0 and values[7] in (PEDESTRIAN, -1.0)


def _box(camera: str, values: list[float], person_of: dict[int, int], mot_id: MotId) -> FoundBox:
    frame, number = int(values[0]) - 1, int(values[1])
    truth = len(values) == TRUTH_COLUMNS
    known_score = not truth and len(values) > LEAST_COLUMNS and values[6] >= 0
    by_person = mot_id == "person"
    return FoundBox(
        camera, None if by_person else number, number if by_person else person_of.get(number),
        frame, corners_from(*values[2:6]), score=values[6] if known_score else 1.0,
        observed=not truth or values[8] != 0,
    )  # fmt: skip


def _own_offset(file: Path) -> float | None:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(file.parent.parent / "seqinfo.ini", encoding="utf-8")
        return parser.getfloat(OWN_SECTION, "offset_s", fallback=None)
    except (configparser.Error, UnicodeDecodeError, ValueError) as error:
        raise SourceError(f"{file.parent.parent / 'seqinfo.ini'}: {error}") from error


def _people(path: Path) -> dict[int, int]:
    if not path.is_file():
        return {}
    try:
        rows = csv.DictReader(read_text(path).splitlines())
        return {int(row["gt_id"]): int(row["person"]) for row in rows}
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(f"{path} is no csv with numbers gt_id,person: {error}") from error
