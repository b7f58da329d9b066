"""``reid-track evaluate tracks``: HOTA, MOTA and IDF1 against a truth."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tracker.core.errors import ConfigError
from tracker.evaluation.box_table import (
    BoxTable,
    join_people,
    read_mot,
    read_people,
    table_of,
)
from tracker.evaluation.tracks import Scores, Sequences, score_all, score_cameras
from tracker.results.tracks_file import read_tracks

LEVELS = ("track", "person")

Results = Annotated[
    list[Path],
    typer.Argument(metavar="TRACKS.json|MOT.txt...", help="Results, one for each truth."),
]
Truth = Annotated[
    list[str],
    typer.Option(
        metavar="[CAMERA=]GT.txt",
        help="Truth in MOTChallenge text format, once for each result in the same order; or once "
        "for each camera of a single tracks.json, with the camera's name before it.",
    ),
]
Level = Annotated[
    str,
    typer.Option(
        metavar="track|person", help="Score visits (track_id), or people (global_id). Cameras are "
        "scored together by person.",
    ),
]  # fmt: skip
People = Annotated[
    list[Path] | None,
    typer.Option(
        help="csv gt_id,person: which truth numbers are one person; once for each truth, or once "
        "for all.",
        show_default=False,
    ),
]


def evaluate_tracks(
    found: Results,
    truth: Truth,
    level: Level = "track",
    people: People = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print HOTA, DetA, AssA, MOTA, IDF1, ID switches, fragmentations and identity counts."""
    if level not in LEVELS:
        raise ConfigError(f"--level is '{level}'; allowed are: {', '.join(LEVELS)}")
    named = [_named(item) for item in truth]
    truths = _truths([path for _, path in named], level, people or [])
    if len(found) == 1 and all(camera for camera, _ in named):
        rows = _score_one_run(found[0], [camera for camera, _ in named], truths, level)
    else:
        rows = score_all(_pairs(found, truths, level))
    if as_json:
        print(json.dumps(rows))
    else:
        _print_table(rows)


def _score_one_run(
    path: Path, cameras: list[str], truths: list[BoxTable], level: str
) -> dict[str, Scores]:
    person = level == "person" or len(cameras) > 1
    content = read_tracks(path)
    sequences = {
        name: (table, table_of(content, person=person, camera=name))
        for name, table in zip(cameras, truths, strict=True)
    }
    return score_cameras(sequences) if len(cameras) > 1 else score_all(sequences)


def _pairs(found: list[Path], truths: list[BoxTable], level: str) -> Sequences:
    if len(found) != len(truths):
        raise ConfigError(
            f"{len(found)} results but {len(truths)} --truth; give one for each result, or "
            "CAMERA=GT.txt for each camera of one tracks.json"
        )
    names = [path.stem for path in found]
    if len(set(names)) < len(names):
        names = [str(path) for path in found]
    tables = [_read(path, person=level == "person") for path in found]
    return {n: (t, f) for n, t, f in zip(names, truths, tables, strict=True)}


def _truths(paths: list[Path], level: str, people: list[Path]) -> list[BoxTable]:
    tables = [read_mot(path, truth=True) for path in paths]
    if level == "track" or not people:
        return tables
    if len(people) not in (1, len(tables)):
        raise ConfigError(f"{len(people)} --people for {len(tables)} --truth; give one for each")
    each = people if len(people) == len(tables) else people * len(tables)
    people_of = [read_people(path) for path in each]
    everybody = {name for named in people_of for name in named.values()}
    return [join_people(t, named, everybody) for t, named in zip(tables, people_of, strict=True)]


def _read(path: Path, *, person: bool) -> BoxTable:
    if path.suffix != ".json":
        return read_mot(path)
    content = read_tracks(path)
    names = [camera.name for camera in content.cameras]
    if len(names) != 1:
        raise ConfigError(
            f"{path} has the cameras {', '.join(names)}; give --truth {names[0]}=GT.txt for each"
        )
    return table_of(content, person=person, camera=names[0])


def _named(item: str) -> tuple[str, Path]:
    camera, separator, path = item.partition("=")
    if separator and not Path(item).exists():
        return camera, Path(path)
    return "", Path(item)


def _print_table(rows: dict[str, Scores]) -> None:
    columns = list(next(iter(rows.values())))
    width = max(len(name) for name in rows)
    print(" " * width, *(column.rjust(max(len(column), 6)) for column in columns), sep="  ")
    for name, scores in rows.items():
        cells = (f"{scores[column]:g}".rjust(max(len(column), 6)) for column in columns)
        print(name.ljust(width), *cells, sep="  ")
