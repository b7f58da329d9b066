"""``reid-track export``: networks for other runtimes."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli import HELP
from tracker.models.fetch import find_or_fetch

app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Write networks for other runtimes.",
)  # fmt: skip


@app.callback()
def export() -> None:
    """Write networks for other runtimes."""


@app.command("reid")
def export_command(
    out: Annotated[Path, typer.Option(help="The file; for OpenVINO the folder.")],
    to: Annotated[str, typer.Option(metavar="onnx|openvino|torchscript")] = "onnx",
    reid: Annotated[str, typer.Option(metavar="NAME|PATH", help="An OSNet checkpoint.")] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
) -> None:
    """Write an OSNet and print by how much its values differ from PyTorch's at most."""
    from tracker.export.reid import export_reid
    from tracker.output.atomic import require_writable

    if to != "openvino":
        require_writable(out, overwrite=overwrite)
    written = export_reid(find_or_fetch(reid, "reid"), to, out)
    print(f"{written.path}  largest difference from PyTorch {written.difference:.2g}")
