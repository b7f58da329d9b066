"""``reid-track link``: people in tracks that somebody else cut out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import HELP
from tracker.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from tracker.core.types import FloatArray
    from tracker.datasets.cut_tracks import TrackName
    from tracker.datasets.pictures import Picture
    from tracker.models.locate import LocatedModel

app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
)  # fmt: skip


@app.command()
def link(  # noqa: PLR0913, PLR0917 - one parameter per option
    source: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Folder or .tar with <camera>/<track>/*.jpg, one person in each track.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Where the identities go.", show_default=False)
    ],
    times: Annotated[
        Path | None,
        typer.Option(
            metavar="TIMES.csv",
            help="camera,track,start_s,end_s: tracks of one camera that share an instant are two "
            "people. Default: DIR/times.csv, if it is there.",
            show_default=False,
        ),
    ] = None,
    reid: Annotated[str, typer.Option(metavar="NAME|PATH", help="The ReID model.")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu, mps, 0 or cuda:0.")] = "auto",
    gallery_threshold: Annotated[
        float | None,
        typer.Option(
            min=0, max=1,
            help="Least similarity of the tracks of one person. Default: what fits their number.",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, metavar="", show_default=False,
                          help="Say what is done; -vv everything.")
    ] = 0,
    no_progress: Annotated[
        bool, typer.Option("--no-progress", help="No progress display.")
    ] = False,
) -> None:  # fmt: skip
    """Group tracks that somebody else cut out into people, within and across cameras."""
    from rich.console import Console

    from tracker.cli.console import set_up_logging
    from tracker.core.atomic import require_no_input, require_writable
    from tracker.core.config import LinkConfig
    from tracker.datasets.cut_tracks import list_tracks, read_times
    from tracker.models.fetch import find_or_fetch
    from tracker.results.identities_json import write_identities_json
    from tracker.results.result import ModelUse
    from tracker.runtime.link_cut_tracks import link_crops

    console = Console(stderr=True)
    set_up_logging(console, verbose=verbose, quiet=quiet)
    if reid == "none":
        raise ConfigError("--reid none leaves nothing to compare tracks by; name a model")
    require_no_input(out, [source, *([times] if times else []), source / "times.csv"])
    require_writable(out, overwrite=overwrite)
    tracks = list_tracks(source)
    known = read_times(source, times, tracks)
    model = find_or_fetch(reid, "reid")
    with _progress(console, shown=not (quiet or no_progress)) as begin:
        looks = _embed(tracks, model, device, begin)
    linked, names = link_crops(looks, known, LinkConfig(gallery_threshold))
    write_identities_json(
        linked, ModelUse(model.name, model.sha256), out, names=names, timed=known is not None
    )  # fmt: skip
    if not quiet:
        cameras = len({camera for camera, _ in tracks})
        people = len(linked.identities)
        counts = f"people: {people}, tracks: {len(tracks)}, cameras: {cameras}"
        typer.echo(f"{counts}\nwrote {out}", err=True)


def _embed(
    tracks: "dict[TrackName, list[Picture]]", model: "LocatedModel", device: str,
    begin: "Callable[[int], Callable[[int], None]]",
) -> "dict[TrackName, FloatArray]":  # fmt: skip
    from tracker.models.device import resolve_device
    from tracker.reid.cut_tracks import chosen_views, embed_tracks
    from tracker.reid.runtimes import load_network, needs_torch

    asked = needs_torch(model) or device != "auto"
    network = load_network(model, device=resolve_device(device, half=False) if asked else "cpu")
    views = {name: chosen_views(pictures) for name, pictures in tracks.items()}
    return embed_tracks(network, views, model.preprocessing, begin(sum(map(len, views.values()))))


@contextmanager
def _progress(
    console: "Console", *, shown: bool
) -> "Iterator[Callable[[int], Callable[[int], None]]]":
    """Give a function that begins a display of so many pictures and returns what advances it."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = TextColumn("embedding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    off = not (shown and console.is_terminal)
    with Progress(*columns, console=console, disable=off, transient=True) as progress:

        def begin(total: int) -> "Callable[[int], None]":
            task = progress.add_task("", total=total)
            return lambda pictures: progress.advance(task, pictures)

        yield begin
