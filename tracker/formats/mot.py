"""MOTChallenge: text of results, and a folder as the benchmark lays it out; written and read."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from tracker.core.atomic import replacing
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
from tracker.core.types import CameraInfo
from tracker.formats.parsed import FoundBox, FoundCamera, ParsedImport, together
from tracker.formats.rounding import corners_from, left_top_size
from tracker.results.result import PersonBox, Result
from tracker.results.tracks_json import SCORE_DIGITS
from tracker.video.seqinfo import read_ini, read_seqinfo

MotId = Literal["track", "person"]
OWN_SECTION = "reid-track"  # of seqinfo.ini: what MOTChallenge has no word for


def write_mot(result: Result, camera: str, path: Path, *, mot_id: MotId) -> None:
    """Write one camera's boxes as MOTChallenge results: frames from 1, one row per box."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        for row in result.rows(camera):
            score = f"{row.score:.{SCORE_DIGITS}f}"
            out.write(f"{_place(row, mot_id)},{score},-1,-1,-1\n")


def sequence_files(folder: Path, cameras: list[str]) -> list[Path]:
    """Name the files of a MOTChallenge folder."""
    per_camera = [
        path for name in cameras
        for path in (
            folder / name / "gt" / "gt.txt",
            folder / name / "seqinfo.ini",
            folder / name / "people.csv",
            folder / "data" / f"{name}.txt",
        )
    ]  # fmt: skip
    return [*per_camera, folder / "seqmap.txt"]


def write_sequences(result: Result, folder: Path, *, mot_id: MotId) -> Iterator[Path]:
    """Write a folder that trackeval reads, as truth (``<camera>/gt``) and as a result (``data``).

    Yields each file when it is there. `people.csv` says which numbers are one person.
    """
    for camera in result.cameras:
        sequence = folder / camera.name
        (sequence / "gt").mkdir(parents=True, exist_ok=True)
        (folder / "data").mkdir(exist_ok=True)
        _write_truth(result, camera.name, sequence / "gt" / "gt.txt", mot_id)
        _write_seqinfo(camera, sequence / "seqinfo.ini")
        _write_people(result, camera.name, sequence / "people.csv", mot_id)
        write_mot(result, camera.name, folder / "data" / f"{camera.name}.txt", mot_id=mot_id)
    with replacing(folder / "seqmap.txt") as part:
        part.write_text("\n".join(["name", *(c.name for c in result.cameras)]) + "\n", "utf-8")
    yield from sequence_files(folder, [camera.name for camera in result.cameras])


def _write_truth(result: Result, camera: str, path: Path, mot_id: MotId) -> None:
    """Write rows that count (1), of pedestrians (1), visible where they were observed."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        for row in result.rows(camera):
            out.write(f"{_place(row, mot_id)},1,1,{int(row.observed)}\n")


def _write_seqinfo(camera: CameraInfo, path: Path) -> None:
    entries = {
        "name": camera.name, "imDir": "img1", "frameRate": f"{camera.fps!r}".removesuffix(".0"),
        "seqLength": camera.frames or 0, "imWidth": camera.width, "imHeight": camera.height,
        "imExt": ".jpg",
    }  # fmt: skip
    own = {"offset_s": camera.offset_s}
    lines = ["[Sequence]", *_lines(entries), "", f"[{OWN_SECTION}]", *_lines(own), ""]
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines), encoding="utf-8")


def _write_people(result: Result, camera: str, path: Path, mot_id: MotId) -> None:
    pairs = {(_number(row, mot_id), row.global_id) for row in result.rows(camera)}
    lines = ["gt_id,person", *(f"{number},{person}" for number, person in sorted(pairs))]
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _lines(entries: Mapping[str, object]) -> Iterator[str]:
    return (f"{name}={value}" for name, value in entries.items())


def _place(row: PersonBox, mot_id: MotId) -> str:
    left, top, width, height = left_top_size(row)
    return f"{row.frame + 1},{_number(row, mot_id)},{left:.2f},{top:.2f},{width:.2f},{height:.2f}"


def _number(row: PersonBox, mot_id: MotId) -> int:
    return row.global_id if mot_id == "person" else row.track_id


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
    person_of = _read_people(file.parent.parent / "people.csv") if file.name == "gt.txt" else {}
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


def _read_people(path: Path) -> dict[int, int]:
    if not path.is_file():
        return {}
    with understanding(path, "csv with numbers gt_id,person"):
        rows = csv.DictReader(read_text(path, "csv").splitlines())
        return {int(row["gt_id"]): int(row["person"]) for row in rows}
