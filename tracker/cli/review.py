"""``reid-track review``: look at a result in a browser and correct it."""

import gc
import getpass
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import HELP

if TYPE_CHECKING:
    from tracker.apps.guard import Guard

app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
)  # fmt: skip


@app.command()
def review(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="A run's folder, its file, or its video.", show_default=False
        ),
    ],
    video: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CAM=FILE",
            help="A camera's video, if it shall not be the annotated one in the folder. "
            "Repeatable.",
            show_default=False,
        ),
    ] = None,
    who: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who corrects. Default: you.", show_default=False),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    browser: Annotated[
        bool, typer.Option("--open", help="Open the page in a browser.")
    ] = False,
) -> None:  # fmt: skip
    """Serve a result to you alone, on this machine alone, to look at it and to correct it.

    What you say goes into DIR/corrections.json; the result itself stays as it is. Repeat it with
    'reid-track identities TRACKS.json --corrections FILE --out NEW.json', or when the videos are
    tracked again, with --corrections FILE. Ctrl-C ends it.
    """
    from rich.console import Console

    from tracker.apps.guard import LOOPBACK, listening, new_token
    from tracker.apps.report.film import find_footage
    from tracker.apps.report.run_folder import find_tracks, title_of
    from tracker.apps.report.run_pictures import find_kept
    from tracker.apps.review.session import ReviewSession, file_name_for
    from tracker.cli.console import set_up_logging
    from tracker.core.atomic import locked
    from tracker.core.extras import require

    set_up_logging(Console(stderr=True), verbose=0, quiet=False)
    tracks = find_tracks(run)
    require("starlette", "uvicorn", "jinja2")
    from tracker.apps.review.server import Material, Review, guarded

    with ExitStack() as stack:
        stack.enter_context(locked(tracks.with_name(file_name_for(tracks))))
        session = ReviewSession(tracks, who or getpass.getuser())
        gc.freeze()  # the result stays: searching it for cycles takes longer than a correction
        footage = find_footage(tracks, session.content, video or [])
        kept = find_kept(tracks, session.content)
        material = Material(title_of(tracks), tracks.parent, kept, footage, kept.gallery)
        shown, token = Review(session, material), new_token()
        open_port = stack.enter_context(listening(port))
        number = open_port.getsockname()[1]
        guard = guarded(shown, token, number)
        _serve(guard, open_port, f"http://{LOOPBACK}:{number}/?token={token}", browser=browser)
    typer.echo(f"ended; corrections: {len(session.corrections)}, in {session.saved_in}", err=True)


def _serve(guard: "Guard", open_port: socket.socket, address: str, *, browser: bool) -> None:
    import uvicorn

    from tracker.apps.guard import SERVING
    from tracker.apps.patience import PatientHttp

    config = uvicorn.Config(guard, http=PatientHttp, log_level="error", **SERVING)
    print(address, flush=True)
    typer.echo("open this address; it is for you alone. Ctrl-C ends.", err=True)
    if browser:
        import webbrowser

        webbrowser.open(address)
    try:
        uvicorn.Server(config).run(sockets=[open_port])
    except KeyboardInterrupt:  # the usual way to end it
        return
