"""``reid-track report``: a page to look at a result."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli import HELP

app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
)  # fmt: skip


@app.command()
def report(  # noqa: PLR0913, PLR0917 - one parameter per option
    result: Annotated[
        Path,
        typer.Argument(
            metavar="DIR|TRACKS.json", help="A run's folder, its file, or its video.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Where the page goes.", show_default=False)
    ],
    corrections: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            help="Show the result with these corrections, those of a review for example.",
            show_default=False,
        ),
    ] = None,
    pictures: Annotated[
        float,
        typer.Option(
            metavar="MB", min=0,
            help="Most that the pictures inside the page may take; 0 for none.",
        ),
    ] = 32.0,
    videos: Annotated[
        bool,
        typer.Option("--videos", help="Play the run's videos; they stay where they lie."),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
) -> None:  # fmt: skip
    """Make one page of a result, which opens from disk: who was where, and how sure that is.

    It shows the pictures of people that a run with --crops kept.
    """
    from tracker.apps.report.film import film_facts, find_footage
    from tracker.apps.report.page_data import facts_of
    from tracker.apps.report.pictures import embedded
    from tracker.apps.report.render import render
    from tracker.apps.report.run_folder import find_tracks, title_of
    from tracker.apps.report.run_pictures import RunPictures, find_kept
    from tracker.apps.report.zone_data import zone_facts, zones_beside
    from tracker.core.atomic import replacing, require_no_input, require_writable
    from tracker.corrections.apply import Corrected
    from tracker.results.corrections_file import read_corrections
    from tracker.results.tracks_file import read_tracks

    tracks = find_tracks(result)
    require_no_input(out, [tracks, *([corrections] if corrections else [])])
    require_writable(out, overwrite=overwrite)
    original = read_tracks(tracks)
    found = Corrected(original)
    kept = find_kept(tracks, original) if pictures else RunPictures()
    if corrections:
        found = found.with_(read_corrections(corrections))
    content, kept = found.content(), kept.under(found.pieces)
    inside, shots = embedded(content, kept, pictures)
    facts = facts_of(content, title_of(tracks), shots, kept.posters)
    counts = zone_facts(content, zones_beside(tracks))
    facts |= {"counts": counts} if counts else {}
    if videos:
        facts |= film_facts(find_footage(tracks, original), original, found.pieces, out)
    page = render(facts, inside)
    with replacing(out) as temporary:
        temporary.write_text(page.html, encoding="utf-8")
    if not quiet:
        typer.echo(f"wrote {out}", err=True)
