"""What went wrong with one output while the others go on."""

import logging
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from tracker.core.errors import OutputError, ReidTrackError

logger = logging.getLogger(__name__)
T = TypeVar("T")


class Failures:
    """Takes note of errors that end one output or camera; each is told at once, and once.

    Attributes:
        noted: In the order in which they happened.
    """

    def __init__(self) -> None:
        self.noted: list[ReidTrackError] = []

    def note(self, error: Exception) -> None:
        """Tell an error, unless it was told already."""
        told = error if isinstance(error, ReidTrackError) else OutputError(_wording(error))
        if str(told) not in map(str, self.noted):
            self.noted.append(told)
            logger.error("%s", told)
            _let_go(error)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Note that an output cannot be written instead of ending the run."""
        try:
            yield
        except (OutputError, OSError) as error:
            self.note(error)

    @contextmanager
    def closing(self, output: AbstractContextManager[T]) -> Iterator[T]:
        """Enter an output; if it cannot be finished, that is noted."""
        opened = output.__enter__()
        try:
            yield opened
        except BaseException:
            with self.apart():
                output.__exit__(*sys.exc_info())
            raise
        with self.apart():
            output.__exit__(None, None, None)


def _let_go(error: BaseException | None) -> None:
    """Free what the functions had at hand that an error came through: pictures, encoders."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def _wording(error: Exception) -> str:
    if not isinstance(error, OSError):
        return str(error)
    where = f" '{error.filename}'" if error.filename else ""
    return f"cannot write{where}: {error.strerror or error}"
