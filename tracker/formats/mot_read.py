"""MOTChallenge, read: a text file, a sequence, or a folder of either."""

import csv
from collections import Counter
from pathlib import Path

from tracker.core.errors import SourceError
from tracker.core.foreign import read_text, understanding
from tracker.core.mot_text import (
    CLASS,
    COCO_PERSON,
    FLAG,
    LEAST,
    PEDESTRIAN,
    TRUTH_COLUMNS,
    UNKNOWN,
    VISIBLE,
    Row,
    has_coco_classes,
    read_rows,
)
from tracker.formats.mot import OWN_SECTION, MotId
from tracker.formats.parsed import FoundBox, FoundCamera, ParsedImport, together
from tracker.formats.rounding import corners_from
from tracker.video.seqinfo import read_ini, read_seqinfo


def read_mot_files(path: Path, mot_id: MotId) -> ParsedImport:
    """Read a .txt, a sequence with ``gt/gt.txt``, or a folder of either.

    Args:
        path: File or folder.
        mot_id: What the numbers mean: visits, each to one camera, or people.

    Raises:
        SourceError: Nothing is there, or a row is wrong; the message names the line.
    """
    with understanding(path, "MOTChallenge"):
        return together([_read_camera(name, file, mot_id) for name, file in _sequences(path)])


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


def _read_camera(name: str, file: Path, mot_id: MotId) -> ParsedImport:
    info = read_seqinfo(file)
    camera = FoundCamera(
        name, width=info.width, height=info.height, fps=info.fps, frames=info.frames,
        offset_s=_own_offset(file),
    )  # fmt: skip
    person_of = _people(file.parent.parent / "people.csv") if file.name == "gt.txt" else {}
    rows = read_rows(file, identified=mot_id == "track")
    coco = has_coco_classes(rows)
    left_out = Counter(f"class {row[CLASS]:g}" for row in rows if _is_other(row, coco=coco))
    boxes = [
        _box(name, row, person_of, mot_id, coco=coco)
        for row in rows
        if not _is_other(row, coco=coco) and (coco or len(row) != TRUTH_COLUMNS or row[FLAG])
    ]
    return ParsedImport([camera], boxes, left_out=left_out)


def _is_other(row: Row, *, coco: bool) -> bool:
    """Tell whether a row is of something else than a person; only 9 columns tell the class."""
    person = COCO_PERSON if coco else PEDESTRIAN
    return len(row) == TRUTH_COLUMNS and row[CLASS] not in (person, UNKNOWN)


def _box(
    camera: str, row: Row, person_of: dict[int, int], mot_id: MotId, *, coco: bool
) -> FoundBox:
    frame, number = int(row[0]) - 1, int(row[1])
    truth = len(row) == TRUTH_COLUMNS and not coco
    known_score = not truth and len(row) > LEAST and row[FLAG] >= 0
    by_person = mot_id == "person"
    return FoundBox(
        camera, None if by_person else number, number if by_person else person_of.get(number),
        frame, corners_from(*row[2:6]), score=row[FLAG] if known_score else 1.0,
        observed=not truth or row[VISIBLE] != 0,
    )  # fmt: skip


def _own_offset(file: Path) -> float | None:
    path = file.parent.parent / "seqinfo.ini"
    return (
        read_ini(path).getfloat(OWN_SECTION, "offset_s", fallback=None) if path.exists() else None
    )


def _people(path: Path) -> dict[int, int]:
    if not path.is_file():
        return {}
    with understanding(path, "csv with numbers gt_id,person"):
        rows = csv.DictReader(read_text(path, "csv").splitlines())
        return {int(row["gt_id"]): int(row["person"]) for row in rows}
