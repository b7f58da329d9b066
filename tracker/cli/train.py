"""``reid-track train``: train the networks that tracking uses."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tracker.cli import HELP
from tracker.cli.console import set_up_logging
from tracker.cli.parse import parse_counts, parse_sides
from tracker.cli.train_detector import train_detector_command
from tracker.cli.training import RECIPE, RUN, Hours, Reporter, prepare_folder

app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Train the networks that tracking uses.",
)  # fmt: skip


@app.callback()
def train() -> None:
    """Train the networks that tracking uses."""


app.command("detector")(train_detector_command)


@app.command("reid")
def train_reid(  # noqa: PLR0913, PLR0917 - one parameter per option
    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA...",
            help="Market-1501, DukeMTMC-reID, MSMT17, CUHK03, VIPeR, GRID, or a folder or .tar of "
            "pictures <person>/<camera>_*.jpg; several are joined, their people kept apart.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="Folder of all files, made if need be.", rich_help_panel=RUN)
    ],
    arch: Annotated[
        str, typer.Option(help="OSNet variant.", rich_help_panel=RECIPE)
    ] = "osnet_x0_25",
    preset: Annotated[
        str,
        typer.Option(
            help="scratch-sgd, amsgrad-step, amsgrad-cosine, amsgrad-triplet, growing, tuning "
            "or places.",
            rich_help_panel=RECIPE,
        ),
    ] = "growing",
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Instead of the preset's.", rich_help_panel=RECIPE),
    ] = None,
    hours: Hours = None,
    batch_size: Annotated[
        int | None,
        typer.Option(min=2, help="Instead of the preset's.", rich_help_panel=RECIPE),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(min=0, help="Learning rate, not the preset's.", rich_help_panel=RECIPE),
    ] = None,
    size: Annotated[
        str, typer.Option(metavar="HxW", help="Input pixels.", rich_help_panel=RECIPE)
    ] = "256x128",
    grow: Annotated[
        bool,
        typer.Option(
            "--grow/--no-grow",
            help="Whether pictures are smaller at first, in presets that have it so: faster on a "
            "CPU.",
            rich_help_panel=RECIPE,
        ),
    ] = True,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="OSNet checkpoint to begin with.", rich_help_panel=RECIPE, show_default=False
        ),
    ] = None,
    teacher: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|PATH",
            help="ReID model whose embeddings of the same pictures are learned too. Given twice, "
            "the first teaches people whom one camera saw, the second the others.",
            rich_help_panel=RECIPE,
            show_default=False,
        ),
    ] = None,
    mix: Annotated[
        str | None,
        typer.Option(
            metavar="N,N…",
            help="People in each batch from each DATA; an epoch is then one of the first DATA.",
            rich_help_panel=RECIPE,
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        int, typer.Option(min=0, help="Of VIPeR or GRID.", rich_help_panel=RECIPE)
    ] = 0,
    combine_all: Annotated[
        bool,
        typer.Option(
            "--combine-all", help="Learn the test parts' people too.", rich_help_panel=RECIPE
        ),
    ] = False,
    val_ids: Annotated[
        int,
        typer.Option(
            min=0, help="People of the first DATA kept back to validate.", rich_help_panel=RUN
        ),
    ] = 0,
    val_every: Annotated[
        int, typer.Option(min=1, help="Epochs between validations.", rich_help_panel=RUN)
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on in --out.", rich_help_panel=RUN)
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of all chance.", rich_help_panel=RUN)] = 1,
    device: Annotated[
        str, typer.Option(help="auto, cpu, mps, 0 or cuda:0.", rich_help_panel=RUN)
    ] = "auto",
    precision: Annotated[
        str, typer.Option(help="auto, fp32, bf16 or fp16.", rich_help_panel=RUN)
    ] = "auto",
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="CPU threads; default all cores.", rich_help_panel=RUN),
    ] = None,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, metavar="")] = 0,
) -> None:
    """Train OSNet to tell people apart; writes weights, model card, log, curves, checkpoint."""
    from tracker.models.device import resolve_device
    from tracker.models.fetch import find_or_fetch
    from tracker.training.distributed import join_processes, leave_processes
    from tracker.training.reid_checkpoint import FILE
    from tracker.training.reid_recipe import TrainingRequest, adjusted
    from tracker.training.reid_recipe import preset as named_recipe
    from tracker.training.reid_setup import make_trainer

    set_up_logging(Console(stderr=True), verbose=1 + verbose, quiet=False)
    prepare_folder(out, FILE, resume=resume)
    recipe = adjusted(
        named_recipe(preset, arch), epochs=epochs, batch_size=batch_size, rate=rate,
        mix=parse_counts(mix, "--mix") if mix else (), from_scratch=weights is None, grow=grow,
    )  # fmt: skip
    request = TrainingRequest(
        data,
        arch,
        parse_sides(size, "HEIGHTxWIDTH in pixels, for example 256x128"),
        out,
        seed,
        val_ids,
        val_every,
        precision,
        weights,
        split,
        combine_all,
        [find_or_fetch(name, "reid") for name in teacher or ()],
        hours,
    )
    _set_threads(threads)
    processes = join_processes(resolve_device(device, half=False))
    try:
        trainer = make_trainer(request, recipe, processes)
        if resume:
            trainer.resume()
        path = trainer.run(Reporter() if processes.leads else None)
    finally:
        leave_processes(processes)
    if processes.leads:
        print(path)


def _set_threads(threads: int | None) -> None:
    import os

    import torch

    torch.set_num_threads(threads or os.cpu_count() or 1)
