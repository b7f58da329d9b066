"""Write a file so that under its name there is always a whole one or none, and by one process."""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from tracker.core.errors import OutputError


def require_writable(path: Path, *, overwrite: bool) -> None:
    """Check, before any work is done, that a result can go to `path`.

    Raises:
        OutputError: It exists and may not be replaced, or cannot be made there.
    """
    if path.is_dir():
        raise OutputError(f"'{path}' is a folder; give a file name for this output")
    with _writing(path):
        if _is_there(path) and not overwrite:
            raise OutputError(
                f"'{path}' exists; add --overwrite to replace it or choose another name"
            )
    if not path.parent.is_dir():
        raise OutputError(
            f"cannot write '{path}': there is no folder '{path.parent}'; make it first"
        )
    with replacing(path) as temporary:
        temporary.touch()
        temporary.unlink()


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
    temporary = temporary_beside(path)
    with _writing(path):
        _is_there(path)
        try:
            yield temporary
            if temporary.exists():
                temporary.replace(path)
        finally:
            with suppress(OSError):
                temporary.unlink()


def temporary_beside(path: Path, kind: str = "part") -> Path:
    """Return this process's temporary name for `path`; what killed ones left there goes."""
    for left in path.parent.glob(f".{escape(path.stem)}.*.{kind}{escape(path.suffix)}"):
        owner = re.match(rf"\.(\d+)\.{kind}", left.name[1 + len(path.stem) :])
        if owner and not _is_alive(int(owner[1])):
            with suppress(OSError):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
    return path.with_name(f".{path.stem}.{os.getpid()}.{kind}{path.suffix}")


@contextmanager
def locked(path: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Keep other processes from an output for as long as the block runs.

    Args:
        path: The output; the lock lies beside it, and that of a killed process does not count.
        wait_s: How long to wait for another process.

    Raises:
        OutputError: Another process has it, which is named.
    """
    from filelock import SoftFileLock, Timeout

    lock = SoftFileLock(path.with_name(f".{path.name}.lock"))
    with _writing(path):
        try:
            lock.acquire(timeout=wait_s)
        except Timeout:
            raise OutputError(
                f"process {lock.pid} is writing '{path}'; wait until it has ended, or choose "
                "another name"
            ) from None
    try:
        yield
    finally:
        lock.release()


def _is_there(path: Path) -> bool:
    """Tell whether there is a file that could be replaced.

    Raises:
        OutputError: There is what is none: a device, a pipe, a link that leads nowhere.
    """
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    if not path.is_file():
        raise OutputError(f"'{path}' is no plain file and is never replaced; choose another name")
    return True


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror or error}") from error


def _is_alive(process: int) -> bool:
    try:
        if os.name == "posix":  # elsewhere this would end it
            os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # somebody else's
        return True
    return True
