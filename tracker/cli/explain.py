"""``reid-track explain``: what a network looks at."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli import HELP
from tracker.models.fetch import find_or_fetch

app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Show what a network looks at.",
)  # fmt: skip


@app.callback()
def explain() -> None:
    """Show what a network looks at."""


@app.command("reid")
def explain_reid(
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE...", help="People, cut out.")],
    out: Annotated[Path, typer.Option(help="PNG with the activation maps.")],
    reid: Annotated[str, typer.Option(metavar="NAME|PATH", help="An OSNet checkpoint.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the gates as JSON.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out.")] = False,
) -> None:
    """Draw activation maps, and print how much each block's streams pass on on average."""
    import numpy as np

    from tracker.core.atomic import require_writable
    from tracker.datasets.pictures import Picture, read_picture
    from tracker.datasets.pixels import resized
    from tracker.evaluation.activation import activation_maps, draw_activations, gate_values
    from tracker.reid.checkpoint import load_osnet

    require_writable(out, overwrite=overwrite)
    model = find_or_fetch(reid, "reid")
    size = model.preprocessing
    named = [Picture(path, path.name, "", "") for path in pictures]
    rgb = np.stack([resized(read_picture(p), (size.height, size.width)) for p in named])
    osnet = load_osnet(model.path)
    draw_activations(rgb, activation_maps(osnet, rgb, size), out)
    gates = {g.block: g.means.mean(axis=0).tolist() for g in gate_values(osnet, rgb, size)}
    if as_json:
        print(json.dumps(gates))
        return
    for block, means in gates.items():
        print(block, *(f"{mean:.3f}" for mean in means))
