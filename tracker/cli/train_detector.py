"""``reid-track train detector``: a person detector from pictures with boxes, or from footage."""

import contextlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tracker.cli.console import set_up_logging
from tracker.cli.training import RECIPE, RUN, Hours, Reporter, prepare_folder


def train_detector_command(  # noqa: PLR0913, PLR0917 - one parameter per option
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA...",
            help="Pictures with boxes in YOLO's format, as folder or .tar, and videos: clip.mp4, "
            "or clip.mp4@25 for every 25th frame. Frames and unlabelled pictures need --teacher.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="Folder of all files, made if need be.", rich_help_panel=RUN)
    ],
    teacher: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH",
            help="A larger detector: labels what has no labels, adds people whom labels miss, and "
            "as a YOLOv8 or YOLO11 .pt also guides every step.",
            rich_help_panel=RECIPE,
            show_default=False,
        ),
    ] = None,
    arch: Annotated[
        str,
        typer.Option(help="yolo11 or yolov8 with n, s, m or l.", rich_help_panel=RECIPE),
    ] = "yolo11n",
    imgsz: Annotated[
        int, typer.Option(min=1, help="Side of the pictures at the end.", rich_help_panel=RECIPE)
    ] = 384,
    epochs: Annotated[int, typer.Option(min=1, rich_help_panel=RECIPE)] = 100,
    hours: Hours = None,
    batch_size: Annotated[
        int | None,
        typer.Option(min=2, help="Default 16.", rich_help_panel=RECIPE, show_default=False),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Learning rate; default 0.0015.", rich_help_panel=RECIPE,
            show_default=False,
        ),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Checkpoint .pt to begin with, instead of random weights.",
            rich_help_panel=RECIPE, show_default=False,
        ),
    ] = None,
    val_every: Annotated[
        int, typer.Option(min=1, help="Epochs between validations.", rich_help_panel=RUN)
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on in --out.", rich_help_panel=RUN)
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of all chance.", rich_help_panel=RUN)] = 1,
    device: Annotated[
        str, typer.Option(help="auto, cpu, 0 or cuda:0.", rich_help_panel=RUN)
    ] = "auto",
    precision: Annotated[
        str, typer.Option(help="auto, fp32 or bf16.", rich_help_panel=RUN)
    ] = "auto",
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="CPU threads; default all cores.", rich_help_panel=RUN),
    ] = None,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, metavar="")] = 0,
) -> None:  # fmt: skip
    """Train a YOLO to find people; writes model, card, log, curves and checkpoints."""
    import os

    from tracker.models.device import resolve_device
    from tracker.training.detector_recipe import DetectorRecipe, DetectorRequest
    from tracker.training.detector_setup import LAST, train_detector

    set_up_logging(Console(stderr=True), verbose=1 + verbose, quiet=False)
    prepare_folder(out, LAST, resume=resume)
    usual = DetectorRecipe()
    recipe = replace(usual, batch_size=batch_size or usual.batch_size, rate=rate or usual.rate)
    request = DetectorRequest(
        data, out, arch, imgsz, epochs, hours, teacher, weights, val_every, seed,
        resolve_device(device, half=False), precision, threads or os.cpu_count() or 1,
    )  # fmt: skip
    with contextlib.redirect_stdout(sys.stderr):  # Ultralytics shows its progress there
        path = train_detector(request, recipe, Reporter(), resume=resume)
    print(path)
