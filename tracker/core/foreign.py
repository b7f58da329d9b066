"""Read what others wrote: bounded in size, and whatever is wrong with it is one line."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.core.errors import ReidTrackError, SourceError

MOST_BYTES = 1 << 30  # of tables and results; a result of ten cameras and a day has less
MOST_SETTINGS_BYTES = 1 << 20  # of what a person writes


@contextmanager
def understanding(path: object, what: str) -> Iterator[None]:
    """Turn whatever goes wrong while a foreign file is read into one error that names it.

    Parsers raise some fifty kinds of exceptions at what they do not expect, and no list is whole.

    Raises:
        SourceError: As said; an error of the project's own goes through as it is.
    """
    try:
        yield
    except ReidTrackError:
        raise
    except OSError as error:
        raise SourceError(f"{path} cannot be read as {what}: {error.strerror or error}") from error
    except Exception as error:
        told = " ".join(str(error).split())
        raise SourceError(
            f"{path} cannot be read as {what}: {type(error).__name__} {told}"
        ) from error


def read_bytes(path: Path, what: str, most: int = MOST_BYTES) -> bytes:
    """Read a file of at most so many bytes.

    Raises:
        SourceError: Missing, no file, or larger.
    """
    with understanding(path, what):
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            inside = f"; give {path / what}" if (path / what).exists() else ""
            raise SourceError(f"{path} cannot be read as {what}: it is a folder{inside}")
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise SourceError(f"{path} cannot be read as {what}: it is a device")
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    if len(content) > most:
        raise SourceError(f"{path} has more than {most:,} bytes, too many for {what}")
    return content


def read_text(path: Path, what: str, most: int = MOST_BYTES) -> str:
    """Read a text in UTF-8, with or without a byte order mark; see `read_bytes`.

    Raises:
        SourceError: Likewise, or it is in another encoding.
    """
    content = read_bytes(path, what, most)
    with understanding(path, what):
        return content.decode("utf-8-sig")
