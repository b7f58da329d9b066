"""A thread that delivers what waits in a queue, one event after the other, until it is through."""

import logging
import threading
import time
from typing import Protocol

from tracker.apps.outlets.queue import EventQueue

logger = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0  # between attempts; doubled each time
END_WITHIN_S = 10.0


class Outlet(Protocol):
    """Where events go."""

    @property
    def name(self) -> str:
        """What it is called in messages, without any password."""
        ...

    def send(self, identity: str, event: str) -> None:
        """Deliver an event; returns when it has arrived.

        Args:
            identity: Of the event; the same if it is sent again.
            event: A JSON object.

        Raises:
            OSError: It did not arrive, or that is not known.
        """
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Sender:
    """Delivers events in their order, each at least once.

    Args:
        outlet: Where they go.
        queue: Where they wait.
    """

    def __init__(self, outlet: Outlet, queue: EventQueue) -> None:
        self._outlet, self._queue = outlet, queue
        self._news, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        self._failing = False

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def put(self, event: str) -> None:
        """Take an event; it is on disk when this returns."""
        self._queue.put(event)
        self._news.set()

    def end(self, within_s: float = END_WITHIN_S) -> None:
        """Deliver what is left, but not for longer than so many seconds."""
        until_s = time.monotonic() + within_s
        while len(self._queue) and time.monotonic() < until_s and self._thread.is_alive():
            self._news.set()
            time.sleep(0.05)
        self._over.set()
        self._news.set()
        self._thread.join(within_s)
        left, lost = len(self._queue), self._queue.lost
        if lost:
            logger.error("%s: %d events were lost, more than wait on disk", self._outlet.name, lost)
        if left:
            logger.error(
                "%s: %d events could not be delivered; they are in %s and go with the next run "
                "that writes there", self._outlet.name, left, self._queue.path,
            )  # fmt: skip
        self._queue.close()

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._over.is_set():
            waiting = self._queue.first()
            if waiting is None:
                self._news.wait()
                self._news.clear()
            elif self._delivered(*waiting):
                pause_s = FIRST_PAUSE_S
            else:
                self._over.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        self._outlet.close()

    def _delivered(self, identity: str, event: str) -> bool:
        try:
            self._outlet.send(identity, event)
        except OSError as error:
            if not self._failing:
                logger.warning("%s: %s; events wait on disk", self._outlet.name, error)
            self._failing = True
            return False
        if self._failing:
            logger.warning("%s: events arrive again", self._outlet.name)
        self._failing = False
        self._queue.delivered(identity)
        return True
