"""What the commands that train have in common."""

import logging
import time
from pathlib import Path
from typing import Annotated

import typer

from tracker.core.atomic import make_folder
from tracker.core.errors import OutputError

SAY_EVERY_S = 30
RECIPE, RUN = "Recipe", "Run"  # panels of options
Hours = Annotated[
    float | None,
    typer.Option(
        min=0.001,
        help="End after so many hours, over all sittings; instead of --epochs.",
        rich_help_panel=RECIPE,
    ),
]

logger = logging.getLogger(__name__)


def prepare_folder(out: Path, checkpoint: str, *, resume: bool) -> None:
    """Make the folder of a training.

    Args:
        out: The folder.
        checkpoint: Name within it of the file that tells of an earlier training.
        resume: Whether the user wants to go on with that one.

    Raises:
        OutputError: It cannot be made, or holds a training that would be replaced.
    """
    make_folder(out)
    if (out / checkpoint).exists() and not resume:
        raise OutputError(
            f"'{out}' holds a training already; add --resume to go on, or choose another --out"
        )


class Reporter:
    """Says now and then how far the training is."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, epoch: int, step: int, steps: int, loss: float) -> None:
        """Note a step: epoch from 0, steps done of all in the epoch, loss."""
        now = time.monotonic()
        if now - self._last >= SAY_EVERY_S or step == steps:
            self._last = now
            logger.info("epoch %d: step %d of %d, loss %.3f", epoch + 1, step, steps, loss)
