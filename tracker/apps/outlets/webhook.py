"""Events to a web server, signed as Standard Webhooks has it (standardwebhooks.com, version 1)."""

import base64
import hashlib
import hmac
import http.client
import time
from urllib.parse import urlsplit

from tracker import __version__
from tracker.core.address import without_login
from tracker.core.errors import ConfigError

TIMEOUT_S = 10.0
_OK = range(200, 300)


class Webhook:
    """Posts each event as JSON.

    Args:
        address: http or https.
        secret: Signs each event; the server knows it too.

    Raises:
        ConfigError: The address has no host.
    """

    def __init__(self, address: str, secret: str) -> None:
        self._place = urlsplit(address)
        self._secret = secret.encode()
        self.name = without_login(address)
        if not self._place.hostname:
            raise ConfigError(f"--events {self.name}: the address has no host")
        self._open: http.client.HTTPConnection | None = None

    def send(self, identity: str, event: str) -> None:
        """See `Outlet.send`."""
        body, now = event.encode(), str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "user-agent": f"reid-track/{__version__}",
            "webhook-id": identity,
            "webhook-timestamp": now,
            "webhook-signature": signature(self._secret, identity, now, body),
        }
        path = self._place.path or "/"
        query = f"?{self._place.query}" if self._place.query else ""
        try:
            connection = self._connection()
            connection.request("POST", path + query, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise OSError(str(error) or type(error).__name__) from error
        if answer.status not in _OK:
            raise OSError(f"it answers {answer.status} {answer.reason}")

    def close(self) -> None:
        """Hang up."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _connection(self) -> http.client.HTTPConnection:
        if self._open is None:
            secure = self._place.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            host = self._place.hostname or ""
            self._open = kind(host, self._place.port, timeout=TIMEOUT_S)
        return self._open


def signature(secret: bytes, identity: str, timestamp: str, body: bytes) -> str:
    """Return the signature of an event: HMAC-SHA256 of its id, time and body."""
    signed = b".".join((identity.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
