"""``reid-track identities``: who was where and when, and a person's corrections."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import HELP
from tracker.core.errors import ConfigError

if TYPE_CHECKING:
    from tracker.results.tracks_file import TracksFile

app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
)  # fmt: skip


@app.command()
def identities(  # noqa: PLR0913, PLR0917 - one parameter per option
    tracks: Annotated[
        Path, typer.Argument(metavar="TRACKS.json", help="A result.", show_default=False)
    ],
    person: Annotated[
        int | None, typer.Option(metavar="ID", help="Only this person.", show_default=False)
    ] = None,
    merge: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID,ID…",
            help="These are one person, who keeps the smallest id. Repeatable; comes after every "
            "--split, so that a visit can move: --split 5:cam2/12 --merge 3,9.",
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID:CAMERA/TRACK,…",
            help="These visits of a person are somebody else's, who gets the next new id. "
            "Repeatable.",
            show_default=False,
        ),
    ] = None,
    corrections: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            help="Corrections to repeat before those: a list of records, or a corrected "
            "TRACKS.json.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where a corrected file goes.", show_default=False),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print who was where and when, and how sure that is; correct it into a new file."""
    from tracker.cli.parse import parse_merge, parse_split
    from tracker.core.atomic import require_no_input, require_writable
    from tracker.corrections.apply import corrected
    from tracker.results.corrections_file import read_corrections
    from tracker.results.tracks_file import read_tracks, write_tracks

    said = [*map(parse_split, split or []), *map(parse_merge, merge or [])]
    correcting = bool(said or corrections)
    if correcting != bool(out):
        raise ConfigError(
            "a correction needs --out NEW.json to write to" if correcting
            else "--out needs a correction: --merge, --split or --corrections"
        )  # fmt: skip
    if out:
        require_no_input(out, [tracks, *([corrections] if corrections else [])])
        require_writable(out, overwrite=overwrite)
    content = read_tracks(tracks)
    if out:
        known = read_corrections(corrections) if corrections else ()
        content = corrected(content, [*known, *said])
    _show(content, person, as_json=as_json)
    if out:
        write_tracks(content, out)
        typer.echo(f"wrote {out}", err=True)


def _show(content: "TracksFile", person: int | None, *, as_json: bool) -> None:
    from rich.console import Console

    from tracker.cli.people_table import print_table, rows
    from tracker.results.record import to_json

    people = list(rows(content, person))
    if person is not None and not people:
        known = ", ".join(str(p.global_id) for p in content.identities)
        raise ConfigError(f"--person {person}: there is nobody of this id; there are {known}")
    if as_json:
        chosen = {
            "identities": [x for x in content.identities if person in (None, x.global_id)],
            "links": [x for x in content.links if person in (None, x.global_id)],
        }
        print(to_json(chosen).decode())
        return
    print_table(people, Console(markup=False, highlight=False))
