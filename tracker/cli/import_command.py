"""``reid-track import``: tracks of other tools as a tracks.json."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli import HELP

FROM = "mot|cvat|coco-video|csv|jsonl|parquet"

app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
)  # fmt: skip


@app.command()
def import_tracks(  # noqa: PLR0913, PLR0917 - one parameter per option
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|DIR",
            help="A file; mot and cvat of several cameras: a folder.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Where the tracks.json goes.", show_default=False)
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--from", metavar=FROM, help="The format. Default: as the name says.",
            show_default=False,
        ),
    ] = None,
    cameras: Annotated[
        Path | None,
        typer.Option(
            metavar="TRACKS.json",
            help="An earlier result with the same cameras: their sizes, rates, lengths, clocks.",
            show_default=False,
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="WxH", help="Picture size where the file has none.", show_default=False
        ),
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(min=0.001, max=1000, help="Frames per second.", show_default=False),
    ] = None,
    offset: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CAM=SECONDS…", help="Clock offsets, as in tracking.", show_default=False
        ),
    ] = None,
    mot_id: Annotated[
        str,
        typer.Option(
            "--mot-id", metavar="track|person",
            help="What the numbers of MOT rows are: visits to one camera, or people in all.",
        ),
    ] = "track",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out.")] = False,
) -> None:  # fmt: skip
    """Read tracks of another tool, or corrected there, and write them as a tracks.json."""
    from rich.console import Console

    from tracker.cli.console import set_up_logging
    from tracker.cli.parse import parse_mot_id, parse_offsets, parse_size
    from tracker.core.atomic import require_no_input, require_writable
    from tracker.formats.build_result import Hints, gather
    from tracker.formats.catalogue import FORMATS, READABLE, guess_format, known_format
    from tracker.formats.file_result import load_result
    from tracker.results.tracks_file import read_tracks
    from tracker.results.tracks_json import write_tracks_json

    set_up_logging(Console(stderr=True), verbose=0, quiet=False)
    require_no_input(out, [source, *([cameras] if cameras else [])])
    require_writable(out, overwrite=overwrite)
    name = known_format(kind or guess_format(source), "--from", READABLE)
    known = load_result(read_tracks(cameras)).cameras if cameras else []
    hints = Hints(
        {camera.name: camera for camera in known}, parse_size(size) if size else None, fps,
        parse_offsets(offset or []),
    )  # fmt: skip
    read = FORMATS[name].read
    assert read is not None  # `known_format` took none of the others
    result = gather(read(source, parse_mot_id(mot_id)), hints, source, name)
    write_tracks_json(result, out)
    typer.echo(
        f"wrote {out}: {len(result.identities)} people in {len(result.visits())} visits to "
        f"{len(result.cameras)} cameras",
        err=True,
    )
