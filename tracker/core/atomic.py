"""Write a file so that under its name there is always a whole one or none."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.core.errors import OutputError


def require_writable(path: Path, *, overwrite: bool) -> None:
    """Check, before any work is done, that a result can go to `path`.

    Raises:
        OutputError: It exists and may not be replaced, or its folder cannot be written to.
    """
    if path.is_dir():
        raise OutputError(f"'{path}' is a folder; give a file name for this output")
    if path.exists() and not overwrite:
        raise OutputError(f"'{path}' exists; add --overwrite to replace it or choose another name")
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"cannot write '{path}': there is no folder '{folder}'; make it first")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"cannot write '{path}': no permission to write into '{folder}'")


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, if it is not there.

    Raises:
        OutputError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder '{folder}': {error.strerror}") from error


def require_no_input(path: Path, inputs: Iterable[Path]) -> None:
    """Refuse to replace what is read, even where overwriting was asked for.

    Raises:
        OutputError: `path` is one of the inputs.
    """
    if path.resolve() in {read.resolve() for read in inputs}:
        raise OutputError(f"'{path}' is an input of this run; choose another name for it")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`; on success the file there takes its place.

    If there is no file at the end, nothing is written. The temporary name keeps the ending,
    which decides the container of a video.

    Raises:
        OutputError: The file cannot be written.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        if temporary.exists():
            temporary.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
