"""Lines of JSON written out at once, in a file that outlives a full disk."""

import errno
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tracker.core.errors import OutputError
from tracker.core.failures import Failures
from tracker.results.record import to_json


class SteadyLines:
    """A new file of lines. What cannot be written waits in memory, and is tried with the next line.

    Args:
        path: The file.
        failures: Are told when it cannot be written.

    Attributes:
        path: The file.
        waiting: Lines that are not in the file.

    Raises:
        OutputError: It is there already, or cannot be made.
    """

    def __init__(self, path: Path, failures: Failures) -> None:
        self.path = path
        self._failures = failures
        self.waiting: deque[bytes] = deque()
        self._whole = 0  # bytes of whole lines
        try:
            self._out = path.open("xb", buffering=0)
        except OSError as error:
            raise OutputError(f"cannot write '{path}': {error.strerror}") from error

    def write(self, record: object) -> None:
        """Append a line."""
        self.waiting.append(to_json(record) + b"\n")
        try:
            while self.waiting:
                line = self.waiting[0]
                written = self._out.write(line)
                if written != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                self._whole += written
                self.waiting.popleft()
        except OSError as error:
            self._failures.note(
                OutputError(
                    f"cannot write '{self.path}': {error.strerror}; what goes there is kept in "
                    "memory until it can"
                )
            )
            with suppress(OSError):  # no line is left in half
                self._out.truncate(self._whole)
                self._out.seek(self._whole)

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            self._out.close()


@contextmanager
def steady_lines(path: Path, failures: Failures) -> Iterator[SteadyLines]:
    """Open a new file of lines; see `SteadyLines`."""
    lines = SteadyLines(path, failures)
    try:
        yield lines
    finally:
        lines.close()
