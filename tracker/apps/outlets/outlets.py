"""From the words of ``--events`` to open outlets."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.apps.outlets.mqtt import PORTS, Counted, Mqtt
from tracker.apps.outlets.queue import EventQueue
from tracker.apps.outlets.sender import Outlet, Sender
from tracker.apps.outlets.webhook import Webhook
from tracker.core.address import is_address, without_login
from tracker.core.errors import ConfigError

SIGNED_WITH = "REID_TRACK_WEBHOOK_SECRET"  # the name of the variable that has it
_WEB = ("http", "https")


def is_outlet(place: str) -> bool:
    """Tell whether events go over the network, and not into a file.

    Raises:
        ConfigError: They cannot go to such an address.
    """
    if not is_address(place):
        return False
    if place.partition("://")[0].lower() not in (*PORTS, *_WEB):
        raise ConfigError(
            f"--events {without_login(place)}: events go to files, and to addresses of mqtt, "
            "mqtts, http and https"
        )
    return True


@contextmanager
def sending(place: str, folder: Path, counted: Counted) -> Iterator[Sender]:
    """Deliver events to an address as long as the block runs, and what is left at its end.

    Args:
        place: The address.
        folder: Where events wait.
        counted: What there are numbers of.

    Raises:
        ConfigError: The address cannot be used, or the secret of a webhook is not there.
        OutputError: The queue cannot be opened.
    """
    name = hashlib.sha256(place.encode()).hexdigest()[:12]
    outlet = _outlet(place, counted)
    sender = Sender(outlet, EventQueue(folder / f"events-{name}.queue"))
    sender.start()
    try:
        yield sender
    finally:
        sender.end()


def _outlet(place: str, counted: Counted) -> Outlet:
    if place.partition("://")[0].lower() in PORTS:
        return Mqtt(place, counted)
    secret = os.environ.get(SIGNED_WITH)
    if not secret:
        raise ConfigError(
            f"--events {without_login(place)}: events are signed; set {SIGNED_WITH} to the secret "
            "that the server knows"
        )
    return Webhook(place, secret)
