"""MOTChallenge, written: text of results, and a folder as the benchmark lays it out."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from tracker.core.atomic import replacing
from tracker.core.types import CameraInfo
from tracker.formats.rounding import left_top_size
from tracker.results.result import PersonBox, Result
from tracker.results.tracks_json import SCORE_DIGITS

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
