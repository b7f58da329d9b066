"""``reid-track recover``: what a live run that was killed had written, as a tracks.json."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli import HELP

app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
)  # fmt: skip


@app.command()
def recover(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="DIR|JOURNAL", help="A run's folder, or its .journal.jsonl.",
            show_default=False,
        ),
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
) -> None:  # fmt: skip
    """Make the tracks.json of a live run that was killed, from its journal.

    Visits that were over are there, and of those that went on all but the last few seconds.
    """
    from rich.console import Console

    from tracker.cli.console import set_up_logging
    from tracker.core.atomic import locked, require_writable
    from tracker.formats.recovery import left_journals, recovered
    from tracker.results.journal import result_of
    from tracker.results.tracks_json import write_tracks_json

    set_up_logging(Console(stderr=True), verbose=0, quiet=False)
    for journal in left_journals(run, overwrite=overwrite):
        out = result_of(journal)
        with locked(out):
            require_writable(out, overwrite=overwrite)
            result = recovered(journal)
            write_tracks_json(result, out)
        people, visits = len(result.identities), len(result.visits())
        typer.echo(f"wrote {out}: {people} people in {visits} visits", err=True)
