"""``reid-track evaluate``: scores against a truth."""

import typer

from tracker.cli import HELP
from tracker.cli.evaluate_detector import evaluate_detector
from tracker.cli.evaluate_reid import evaluate_reid
from tracker.cli.evaluate_tracks import evaluate_tracks

app = typer.Typer(
    add_completion=False, context_settings=HELP, no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Score results against a truth.",
)  # fmt: skip


@app.callback()
def evaluate() -> None:
    """Score results against a truth."""


app.command("detector")(evaluate_detector)
app.command("reid")(evaluate_reid)
app.command("tracks")(evaluate_tracks)
