"""The parts into which a published data set is divided."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tracker.core.errors import SourceError
from tracker.datasets.pictures import Picture


@dataclass(frozen=True, slots=True)
class Parts:
    """Pictures by purpose; the people of the training are not those of the test."""

    train: Sequence[Picture]  # to learn from
    query: Sequence[Picture]  # asked for
    gallery: Sequence[Picture]  # searched
    # further people that some authors add to the training; often empty
    validation: Sequence[Picture] = ()
    # names in the gallery that are nobody's and can never match
    distractors: frozenset[str] = frozenset()


def folder_in(source: Path, *names: str) -> Path:
    """Return the first of these folders below a source that is there, else the source itself."""
    return next((source / name for name in names if (source / name).is_dir()), source)


def require_file(path: Path, what: str) -> Path:
    """Return `path` if it is a file.

    Raises:
        SourceError: It is not; `what` says what it would be.
    """
    if not path.is_file():
        raise SourceError(f"there is no {what} at '{path}'; get the data set's complete archive")
    return path
