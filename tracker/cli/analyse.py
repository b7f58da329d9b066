"""``reid-track analyse``: count people in zones and over lines."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli import HELP

app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
)  # fmt: skip


@app.command()
def analyse(  # noqa: PLR0917 - one parameter per option
    result: Annotated[
        Path,
        typer.Argument(
            metavar="DIR|TRACKS.json", help="A run's folder, its file, or its video.",
            show_default=False,
        ),
    ],
    zones: Annotated[
        Path,
        typer.Option(metavar="FILE.yaml", help="Zones and lines to count in.", show_default=False),
    ],
    corrections: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            help="Count with these corrections, those of a review for example.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR",
            help="Write counts.json, stays.csv, crossings.csv and heat maps there.",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace them.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:  # fmt: skip
    """Count the people of a result: each once, whichever cameras saw them.

    Who entered and left over each line, how many were in each zone and for how long, who went from
    zone to zone, and how many people each hour had.
    """
    from tracker.apps.report.run_folder import find_tracks
    from tracker.apps.report.run_pictures import find_kept
    from tracker.cli.counts_text import counts_lines
    from tracker.corrections.apply import corrected
    from tracker.counting.count import count
    from tracker.counting.write import planned_counts, write_counted, write_heat_maps
    from tracker.counting.zones import read_zones, require_cameras
    from tracker.formats.file_result import load_result
    from tracker.results.corrections_file import read_corrections
    from tracker.results.record import to_json
    from tracker.results.tracks_file import read_tracks

    wanted = read_zones(zones)
    if out:
        planned_counts(out, overwrite=overwrite)
    tracks = find_tracks(result)
    content = read_tracks(tracks)
    if corrections:
        content = corrected(content, read_corrections(corrections))
    names = [c.name for c in content.cameras]
    require_cameras(wanted, names, [c.name for c in content.cameras if c.calibrated])
    found = load_result(content)
    counts = count(found, wanted)
    if as_json:
        print(to_json(counts).decode())
    else:
        for line in counts_lines(counts):
            print(line)
    if not out:
        return
    heat = write_heat_maps(found, find_kept(tracks, content).posters, out)
    for path in (*write_counted(counts, out), *heat):
        typer.echo(f"wrote {path}", err=True)
