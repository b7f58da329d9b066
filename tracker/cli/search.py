"""``reid-track search``: find a person in the crops that runs kept."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import HELP
from tracker.cli.search_index import COMMANDS
from tracker.core.errors import ConfigError, SourceError, suggestion

if TYPE_CHECKING:
    from tracker.apps.search.query import Photo, Query
    from tracker.apps.search.ranking import RankedPerson
    from tracker.apps.search.scope import SearchScope
    from tracker.results.search_file import SearchFile

logger = logging.getLogger(__name__)

_EPILOG = "; ".join(f"reid-track search {name}: {help_}" for name, (_, help_) in COMMANDS.items())

search_app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
)  # fmt: skip


def app(words: list[str], prog_name: str) -> None:
    """Run one of the index's commands if the first word names it, else search."""
    if words and words[0] in COMMANDS:
        command, _ = COMMANDS[words[0]]
        command(words[1:], prog_name=f"{prog_name} {words[0]}")
        return
    search_app(words, prog_name=prog_name)


@dataclass(frozen=True, slots=True)
class _Request:
    """The options that decide the query."""

    photos: list[Path]
    person: int | None
    reid: str
    detector: str
    whole: bool
    device: str


@search_app.command(epilog=f"Other commands: {_EPILOG}", no_args_is_help=True)
def search(  # noqa: PLR0913, PLR0917 - one parameter per option
    words: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PHOTO|DIR]",
            help="Photos of one person, and runs to search: folders or tracks.json that were "
            "written with --crops.",
            show_default=False,
        ),
    ] = None,
    person: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="ID", show_default=False,
            help="Instead of photos: this person of the first DIR.",
        ),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(help="Also search this index of many runs.", show_default=False),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many people.")] = 10,
    least: Annotated[
        float, typer.Option(min=-1, max=1, help="Leave out who is less similar.")
    ] = -1.0,
    reid: Annotated[
        str,
        typer.Option(metavar="auto|NAME|PATH", help="The ReID model; auto: that of the runs."),
    ] = "auto",
    detector: Annotated[
        str, typer.Option(metavar="NAME|PATH", help="Finds the person in a photo of a scene.")
    ] = "auto",
    whole: Annotated[
        bool, typer.Option("--whole", help="Take photos as they are; look for nobody in them.")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, mps, 0 or cuda:0.")] = "auto",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="SHEET.png", help="A contact sheet of who was found.",
                     show_default=False),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, metavar="", show_default=False,
                          help="Say what is done; -vv everything.")
    ] = 0,
) -> None:  # fmt: skip
    """Rank the people of one or many runs by how much they look like somebody."""
    from rich.console import Console

    from tracker.apps.search.answer import report
    from tracker.apps.search.ranking import rank_people
    from tracker.apps.search.scope import open_scope
    from tracker.cli.console import set_up_logging

    set_up_logging(Console(stderr=True), verbose=verbose, quiet=quiet)
    photos, runs = _sorted(words or [])
    request = _Request(photos, person, reid, detector, whole, device)
    _require_query(request, runs, index)
    _require_sheet(out, [*photos, *runs], overwrite=overwrite)
    with ExitStack() as stack:
        places = open_scope(runs, index, stack)
        query = _query(request, places)
        people = rank_people(places.collections, query.look, top, least=least, without=query.person)
        _show(people, report(query, places, people), as_json=as_json)
        if out:
            _draw(query, people, out)
    if out and not quiet:
        typer.echo(f"wrote {out}", err=True)


def _sorted(words: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Tell photos from runs."""
    photos: list[Path] = []
    runs: list[Path] = []
    for word in words:
        if not word.exists():
            beside = [str(p) for p in word.parent.iterdir()] if word.parent.is_dir() else []
            raise SourceError(f"there is no photo and no run at '{word}'."
                              f"{suggestion(str(word), [*beside, *COMMANDS])}")  # fmt: skip
        (runs if word.is_dir() or word.suffix == ".json" else photos).append(word)
    return photos, runs


def _require_query(request: _Request, runs: Sequence[Path], index: Path | None) -> None:
    if bool(request.photos) == (request.person is not None):
        raise ConfigError("give either photos of a person, or --person ID of a run")
    if request.person is not None and not runs:
        raise ConfigError(f"--person {request.person}: of which run? Give its folder too")
    if not runs and index is None:
        raise ConfigError("nothing to search: give the folder of a run, or --index")


def _require_sheet(out: Path | None, inputs: Sequence[Path], *, overwrite: bool) -> None:
    from tracker.core.atomic import require_no_input, require_writable

    if out is None:
        return
    if out.suffix.lower() != ".png":
        raise ConfigError(f"--out '{out}': a contact sheet is a .png")
    require_no_input(out, inputs)
    require_writable(out, overwrite=overwrite)


def _query(request: _Request, places: "SearchScope") -> "Query":
    from tracker.apps.search.model import model_of
    from tracker.apps.search.query import query_by, read_photo
    from tracker.detection.detector import Detector, YoloOptions
    from tracker.models.device import resolve_device
    from tracker.reid.embedder import load_embedder
    from tracker.reid.runtimes import needs_torch
    from tracker.runtime.loading import load_detector

    if request.person is not None:
        return places.query_of(request.person)
    model = model_of(places.reid, request.reid)
    asked = needs_torch(model) or request.device != "auto"

    def device() -> str:
        return resolve_device(request.device, half=False)

    def detector() -> Detector:
        return load_detector(request.detector, YoloOptions(device=device()))[0]

    photos = [read_photo(path, None if request.whole else detector) for path in request.photos]
    for photo in photos:
        _tell(photo)
    return query_by(photos, load_embedder(model, device=device() if asked else "cpu"))


def _tell(photo: "Photo") -> None:
    """Say which person was taken out of a scene."""
    if photo.xyxy is None:
        return
    left, top, right, bottom = (round(v) for v in photo.xyxy.tolist())
    logger.warning(
        "%s is no picture of one person alone: of %d found in it the largest is searched for, "
        "at %d,%d to %d,%d", photo.path, photo.people, left, top, right, bottom,
    )  # fmt: skip


def _show(people: "Sequence[RankedPerson]", answer: "SearchFile", *, as_json: bool) -> None:
    from tracker.apps.search.visits import clock
    from tracker.results.record import to_json

    if as_json:
        print(to_json(answer).decode())
        return
    lines = [("", "similarity", "run", "person", "visit", "enters", "leaves", "")]
    for rank, found in enumerate(people, start=1):
        for number, (similarity, visit) in enumerate(found.visits):
            run, day = visit.run, f"{visit.run.start:%Y-%m-%d}" if visit.run.start else ""
            first = (str(rank), f"{found.similarity:.2f}", run.name, str(visit.global_id))
            lines.append((
                *(first if number == 0 else ("", f"{similarity:.2f}", "", "")),
                f"{visit.camera}/{visit.track_id}", clock(run, visit.enter_s),
                clock(run, visit.leave_s), day,
            ))  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip())


def _draw(query: "Query", people: "Sequence[RankedPerson]", out: Path) -> None:
    from tracker.apps.search.sheet import draw_sheet

    draw_sheet(query.pictures, people, out)
