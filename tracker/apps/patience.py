"""The patience of our pages' server: whoever opens connections and says nothing costs it little.

A page is in reach of every user of the machine. Without a token they learn nothing, but each
connection takes a file descriptor from the run.
"""

import asyncio
from itertools import count
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 32  # connections at once; a browser opens six
REQUEST_WITHIN_S = 10.0
_numbers = count()


class PatientHttp(H11Protocol):
    """HTTP/1.1 of which whole requests must come in time, on a bounded number of connections.

    A further connection takes the place of the one that has been idle for longest.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._number = next(_numbers)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()
        open_ones = [c for c in self.connections if not c.transport.is_closing()]
        if len(open_ones) > MOST:
            idle = [c for c in open_ones if isinstance(c, PatientHttp) and not c.is_busy]
            min(idle, key=lambda c: c._number).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        self._wait(no_more=True)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        super().data_received(data)
        if self.is_busy:
            self._wait(no_more=True)
        elif self._deadline is None:
            self._wait()

    @property
    def is_busy(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self, *, no_more: bool = False) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if not no_more:
            self._deadline = self.loop.call_later(REQUEST_WITHIN_S, self._give_up)

    def _give_up(self) -> None:
        self._deadline = None
        if not self.is_busy:
            self.transport.abort()
