"""``reid-track weights``: which models there are, and how they get here."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from tracker.cli import HELP
from tracker.core.errors import WeightsError
from tracker.models.fetch import fetch
from tracker.models.locate import installed_file, verified, weights_folders
from tracker.models.registry import ModelCard, card, manifest, recommended

app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="List, fetch, verify and find models. Nothing is downloaded unless it is asked for.",
)  # fmt: skip
RECOMMENDED = "recommended"
Names = Annotated[
    list[str], typer.Argument(metavar="NAME...", help="Names of 'weights list', or recommended.")
]


@app.command("list")
def list_models() -> None:
    """List the known models: name, task, where it is installed, licence, training data."""
    rows = [("NAME", "TASK", "INSTALLED", "LICENCE", "TRAINED ON")]
    for model in manifest().values():
        where = installed_file(model)
        rows.append((model.name, model.task, str(where or "-"), model.licence, model.trained_on))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:4], widths, strict=True)]
        print("  ".join([*cells, row[4]]))


@app.command("fetch")
def fetch_models(
    names: Names,
    to: Annotated[
        Path | None,
        typer.Option(help="Folder to put them into. Default: the user cache.", show_default=False),
    ] = None,
) -> None:
    """Download models from their official sources and verify them.

    'recommended' stands for the detector and the ReID model that suit this machine best.
    """
    for model in [c for name in names for c in _called(name)]:
        print(_fetch(model, to))


@app.command("verify")
def verify_models(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...")] = None,
) -> None:
    """Check the sha256 of installed models (default: of all that are installed)."""
    models = [card(name) for name in names] if names else list(manifest().values())
    damaged = []
    if not any(installed_file(model) for model in models):
        print("none of the known models is installed", file=sys.stderr)
    for model in models:
        path = installed_file(model)
        if path is None:
            if names:
                damaged.append(f"{model.name} is not installed")
            continue
        try:
            print(f"ok  {model.name}  {verified(model, path).path}")
        except WeightsError as error:
            damaged.append(str(error))
    if damaged:
        raise WeightsError("; ".join(damaged))


@app.command("path")
def print_path(name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None) -> None:
    """Print where a model is installed; without a name, the folders that are searched."""
    if name is None:
        print("\n".join(map(str, weights_folders())))
        return
    model = card(name)
    path = installed_file(model)
    if path is None:
        raise WeightsError(f"{name} is not installed; run 'reid-track weights fetch {name}'")
    print(path)


def _called(name: str) -> list[ModelCard]:
    if name != RECOMMENDED:
        return [card(name)]
    from tracker.models.device import resolve_device

    return recommended("cpu" if resolve_device("auto", half=False) == "cpu" else "gpu")


def _fetch(model: ModelCard, folder: Path | None) -> Path:
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(model.file[:40], total=model.bytes)

        def report(done: int, total: int | None) -> None:
            progress.update(task, completed=done, total=total)

        return fetch(model, folder, report).path
