"""Writes commands.md, the reference of all commands and options, from the commands themselves."""

import html
import importlib
import keyword
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from tracker.cli import COMMANDS

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files


def on_files(files: "Files", config: "MkDocsConfig") -> "Files":
    """Add the page to those of the site."""
    from mkdocs.structure.files import File

    page = "\n".join(["# All commands and options", "", *lines()])
    files.append(File.generated(config, "commands.md", content=page))
    return files


def lines() -> Iterator[str]:
    """Yield the page's lines below its title."""
    for name, does in COMMANDS.items():
        module = f"{name}_command" if keyword.iskeyword(name) else name
        imported = importlib.import_module(f"tracker.cli.{module}")
        command = typer.main.get_command(getattr(imported, f"{name}_app", imported.app))
        yield from (f"## reid-track {name}", "", f"{does[0].upper()}{does[1:]}.", "")
        yield from _told(f"reid-track {name}", command)


def _told(path: str, command: typer.core.TyperCommand | typer.core.TyperGroup) -> Iterator[str]:
    """Tell of a command's words, then of the commands below it."""
    context = command.make_context(path, [], resilient_parsing=True)
    rows = [p for p in command.params if "--help" not in p.opts]
    if rows:
        usage = " ".join(command.collect_usage_pieces(context))
        yield from (f"`{path} {usage}`", "", "| | | default |", "| --- | --- | --- |")
    for row in rows:
        names = ", ".join(f"`{n}`" for n in [*row.opts, *row.secondary_opts])
        if row.param_type_name == "argument":
            names = f"`{row.metavar or str(row.name).upper()}`"
        unset = row.default in (None, False, (), []) or callable(row.default)
        default = "" if unset else f"`{row.default}`"
        yield f"| {names} | {_cell(getattr(row, 'help', None))} | {default} |"
    yield ""
    for name, below in getattr(command, "commands", {}).items():
        yield from (f"### {path} {name}", "", _cell(below.help), "")
        yield from _told(f"{path} {name}", below)


def _cell(text: str | None) -> str:
    return html.escape(" ".join((text or "").split()), quote=False).replace("|", "\\|")
