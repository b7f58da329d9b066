"""``reid-track export``: tracks for other tools, and networks for other runtimes."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli import HELP
from tracker.cli.export_tracks import export_tracks
from tracker.models.fetch import find_or_fetch

app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Write tracks for other tools, and networks for other runtimes.",
)  # fmt: skip


@app.callback()
def export() -> None:
    """Write tracks for other tools, and networks for other runtimes."""


app.command("tracks")(export_tracks)


@app.command("reid")
def export_command(
    out: Annotated[Path, typer.Option(help="The file; for OpenVINO the folder.")],
    to: Annotated[str, typer.Option(metavar="onnx|openvino|torchscript")] = "onnx",
    reid: Annotated[str, typer.Option(metavar="NAME|PATH", help="An OSNet checkpoint.")] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
) -> None:
    """Write an OSNet and print by how much its values differ from PyTorch's at most."""
    from tracker.core.atomic import require_writable
    from tracker.export.reid import export_reid

    if to != "openvino":
        require_writable(out, overwrite=overwrite)
    difference = export_reid(find_or_fetch(reid, "reid"), to, out)
    print(f"{out}  largest difference from PyTorch {difference:.2g}")


@app.command("detector")
def export_detector_command(  # noqa: PLR0917 - one parameter per option
    detector: Annotated[
        str, typer.Option(metavar="NAME|PATH", help="An Ultralytics checkpoint .pt.")
    ],
    out: Annotated[
        Path, typer.Option(help="NAME.onnx; for OpenVINO the folder NAME_openvino_model.")
    ],
    to: Annotated[str, typer.Option(metavar="onnx|openvino")] = "openvino",
    int8: Annotated[
        Path | None,
        typer.Option(
            metavar="DATA",
            help="8-bit integers, fitted to these pictures in YOLO's format (folder or .tar).",
            show_default=False,
        ),
    ] = None,
    imgsz: Annotated[
        int | None,
        typer.Option(min=32, help="Input size; default the model's own.", show_default=False),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
) -> None:
    """Write a YOLO and print by how much its scores and boxes differ from PyTorch's at most."""
    from tracker.core.atomic import require_writable
    from tracker.core.errors import OutputError
    from tracker.export.detector import export_detector

    if to != "openvino":
        require_writable(out, overwrite=overwrite)
    elif out.exists() and not overwrite:
        raise OutputError(f"'{out}' exists; add --overwrite to replace it or choose another name")
    score, box = export_detector(find_or_fetch(detector, "detect"), to, out, int8, imgsz)
    print(f"{out}  largest difference from PyTorch: scores {score:.2g}, boxes {box:.2g} pixels")
