"""``reid-track evaluate``: scores against a truth."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.evaluate_reid import evaluate_reid
from tracker.errors import ConfigError
from tracker.evaluate.tracks import (
    BoxTable,
    join_people,
    read_mot,
    read_people,
    read_tracks_json,
    score,
)

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
    help="Score results against a truth.",
)  # fmt: skip
LEVELS = ("track", "person")


@app.callback()
def evaluate() -> None:
    """Score results against a truth."""


app.command("reid")(evaluate_reid)


@app.command("tracks")
def evaluate_tracks(  # noqa: PLR0917 - one parameter per option
    found: Annotated[Path, typer.Argument(metavar="TRACKS.json|MOT.txt")],
    truth: Annotated[Path, typer.Option(help="Truth in MOTChallenge text format.")],
    level: Annotated[
        str, typer.Option(metavar="track|person", help="Score visits, or people.")
    ] = "track",
    people: Annotated[
        Path | None,
        typer.Option(
            help="csv gt_id,person: which truth numbers are one person.", show_default=False
        ),
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Camera of a tracks.json with several.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print HOTA, DetA, AssA, MOTA, IDF1, ID switches and identity counts of one sequence."""
    if level not in LEVELS:
        raise ConfigError(f"--level is '{level}'; allowed are: {', '.join(LEVELS)}")
    table = read_mot(truth, truth=True)
    if level == "person" and people:
        table = join_people(table, read_people(people))
    scores = score(table, _read(found, level, camera))
    if as_json:
        print(json.dumps(scores))
        return
    for name, value in scores.items():
        print(f"{name:16} {value:g}")


def _read(path: Path, level: str, camera: str | None) -> BoxTable:
    if path.suffix == ".json":
        return read_tracks_json(path, person=level == "person", camera=camera)
    return read_mot(path)
