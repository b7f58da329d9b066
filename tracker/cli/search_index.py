"""``reid-track search add|runs|remove``: the index of many runs."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli import HELP
from tracker.core.errors import ConfigError


def _app() -> typer.Typer:
    return typer.Typer(
        add_completion=False, context_settings=HELP, no_args_is_help=True,
        pretty_exceptions_enable=False,
    )  # fmt: skip


add_app, runs_app, remove_app = _app(), _app(), _app()

COMMANDS = {
    "add": (add_app, "put runs into an index"),
    "runs": (runs_app, "list what an index has"),
    "remove": (remove_app, "take runs out of an index"),
}
Dirs = Annotated[
    list[Path],
    typer.Argument(metavar="DIR", help="Runs: folders or tracks.json.", show_default=False),
]
Index = Annotated[Path, typer.Option(help="The index: a folder.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")]


@add_app.command()
def add(
    dirs: Dirs,
    index: Index,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="When the zero of the runs was by the wall clock, such as 2026-01-05T10:00:00.",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Put runs that were made with --crops into an index, which is made if it is missing.

    A run that is there already is replaced.
    """
    from tracker.apps.search.index import PeopleIndex
    from tracker.apps.search.visits import read_run, same_model

    began = _time(start)
    found = [read_run(path, began) for path in dirs]
    same_model([(f"'{path}'", run.reid) for path, run in zip(dirs, found, strict=True)])
    with PeopleIndex(index, create=True) as people:
        for path, run in zip(dirs, found, strict=True):
            replaced = people.add(run)
            if not quiet:
                what = "replaced" if replaced else "added"
                persons = len({visit.person for visit in run.visits})
                typer.echo(f"{what} {path}: {persons} people, {len(run)} visits", err=True)


@runs_app.command()
def runs(
    index: Index, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """List the runs of an index."""
    from tracker.apps.search.index import PeopleIndex

    with PeopleIndex(index) as people:
        known = people.runs()
    if as_json:
        entries = [
            {"tracks_json": str(run.tracks_json), "people": persons, "visits": visits,
             "start": run.start.isoformat() if run.start else None}
            for run, persons, visits in known
        ]  # fmt: skip
        print(json.dumps(entries, ensure_ascii=False))
        return
    for run, persons, visits in known:
        began = f"  from {run.start.isoformat()}" if run.start else ""
        print(f"{run.tracks_json}  people: {persons}  visits: {visits}{began}")


@remove_app.command()
def remove(dirs: Dirs, index: Index, quiet: Quiet = False) -> None:
    """Take runs out of an index; their own files stay, and may be gone already."""
    from tracker.apps.search.index import PeopleIndex

    with PeopleIndex(index) as people:
        known = {run.tracks_json for run, _, _ in people.runs()}
        wanted = [_known(path, known, index) for path in dirs]
        for path in wanted:
            people.remove(path)
            if not quiet:
                typer.echo(f"removed {path}", err=True)


def _known(path: Path, known: set[Path], index: Path) -> Path:
    """Return the run in the index that a folder or tracks.json means."""
    full = path.resolve()
    found = [run for run in known if full in (run, run.parent)]
    if len(found) != 1:
        problem = "does not have" if not found else "has several runs in"
        raise ConfigError(
            f"the index '{index}' {problem} '{path}'; 'reid-track search runs --index {index}' "
            "lists what it has"
        )
    return found[0]


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise ConfigError(
            f"--start is '{text}'; give date and time, such as 2026-01-05T10:00:00"
        ) from error
