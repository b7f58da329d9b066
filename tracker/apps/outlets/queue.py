"""Events that wait for their outlet, on disk and in order; of too many the oldest go."""

import sqlite3
from pathlib import Path
from threading import Lock
from uuid import uuid4

from tracker.core.errors import OutputError

MOST = 100_000  # events, about 30 MB


class EventQueue:
    """A queue in a file, for several threads.

    Args:
        path: The file; what an earlier run could not deliver is still in it.
        most: How many events it holds.

    Raises:
        OutputError: It cannot be opened.
    """

    def __init__(self, path: Path, most: int = MOST) -> None:
        self.path = path
        self._most = most
        self._lock = Lock()
        self.lost = 0  # events that had to make room
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS events "
                "(number INTEGER PRIMARY KEY, identity TEXT NOT NULL, event TEXT NOT NULL)"
            )
        except sqlite3.Error as error:
            raise OutputError(f"cannot keep events in '{path}': {error}") from error

    def __len__(self) -> int:
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM events").fetchone()[0])

    def put(self, event: str) -> None:
        """Add an event at the end."""
        with self._lock:
            add = "INSERT INTO events (identity, event) VALUES (?, ?)"
            number = self._db.execute(add, (uuid4().hex, event)).lastrowid
            old = "DELETE FROM events WHERE number <= ?"
            self.lost += self._db.execute(old, ((number or 0) - self._most,)).rowcount

    def first(self) -> tuple[str, str] | None:
        """Return the oldest event after an id that no other one ever has; None if empty."""
        with self._lock:
            row = self._db.execute("SELECT identity, event FROM events ORDER BY number LIMIT 1")
            found = row.fetchone()
        return (str(found[0]), str(found[1])) if found else None

    def delivered(self, identity: str) -> None:
        """Let go of an event, the oldest."""
        with self._lock:
            self._db.execute(
                "DELETE FROM events WHERE number = (SELECT min(number) FROM events) "
                "AND identity = ?", (identity,),
            )  # fmt: skip

    def close(self) -> None:
        """Close it; a file in which nothing waits is removed."""
        empty = not len(self)
        self._db.close()
        if empty:
            self.path.unlink(missing_ok=True)
