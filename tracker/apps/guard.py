"""Who may talk to a page: whoever has the token, from the page itself, under its own address.

A page on 127.0.0.1 is in reach of every other page that the browser has open and of every user of
the machine. So each request needs the token (the others do not know it), the Host that was served
(a foreign name that points here does not), and no foreign Origin (other pages do).
"""

import hmac
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from tracker.core.errors import ConfigError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = "127.0.0.1"
SERVING: dict[str, Any] = {  # how uvicorn shall serve our pages
    "access_log": False, "lifespan": "off", "ws": "none", "server_header": False,
    "proxy_headers": False, "timeout_graceful_shutdown": 1, "timeout_keep_alive": 5,
    "backlog": 16,  # connections that are accepted at one go, before any of them is looked at
}  # fmt: skip
SAFE_METHODS = ("GET", "HEAD")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """Open a port to this machine and no other; 0 takes a free one.

    Raises:
        ConfigError: It cannot be opened.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((LOOPBACK, port))
            found.listen()  # so that whoever comes before the server is up waits for it
        except OSError as error:
            reason = error.strerror or error
            raise ConfigError(
                f"--port {port} cannot be opened: {reason}; 0 takes a free one"
            ) from error
        yield found


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(24)


class Guard:
    """An ASGI application around another one that lets only the owner in.

    The first visit brings the token in the address (``/?token=…``) and is sent on to the same
    address without it, with a cookie; scripts may send ``Authorization: Bearer …`` instead.
    Requests that change something (anything but GET and HEAD) must name the page as their Origin,
    or bring the token in the header, which no other page can.

    Args:
        app: What is guarded.
        token: See `new_token`.
        host: The address that is served.
        port: Its port.
        policy: What the pages may do.
    """

    def __init__(
        self, app: App, token: str, *, host: str = LOOPBACK, port: int, policy: str = POLICY
    ) -> None:
        self._app = app
        self._headers = HEADERS | {"Content-Security-Policy": policy}
        self._token = token
        names = {host, "localhost"} if host == LOOPBACK else {host}
        self._hosts = {f"{name}:{port}" for name in names}
        self._cookie = f"reid_track_{port}"  # cookies do not tell ports apart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif refusal := self._refusal(scope):
            await _answer(send, refusal[0], refusal[1])
        elif scope["path"] == "/" and scope["method"] in SAFE_METHODS and _query_token(scope):
            cookie = f"{self._cookie}={self._token}; HttpOnly; SameSite=Strict; Path=/"
            await _answer(send, 303, "", {"Location": "/", "Set-Cookie": cookie})
        else:
            await self._app(scope, receive, _with_headers(send, self._headers))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return the status and the reason for which a request is refused."""
        headers = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }
        if headers.get("host", "") not in self._hosts:
            return 421, "this page is served under another address"
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        by_header = self._is_token(bearer)
        if not by_header and self._is_foreign(headers, scope["method"]):
            return 403, "requests from other pages are refused"
        given = (_query_token(scope), _cookie(headers.get("cookie", ""), self._cookie))
        if not by_header and not any(map(self._is_token, given)):
            return 401, "open the address that reid-track printed, with its token"
        return None

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._token.encode())

    def _is_foreign(self, headers: dict[str, str], method: str) -> bool:
        own = {f"http://{host}" for host in self._hosts}
        origin = headers.get("origin")
        if origin is None and method not in SAFE_METHODS:
            return True
        site = headers.get("sec-fetch-site", "none")
        return (origin is not None and origin not in own) or site not in {"none", "same-origin"}


def _query_token(scope: Scope) -> str:
    query: bytes = scope["query_string"]
    return parse_qs(query.decode("latin-1")).get("token", [""])[0]


def _cookie(text: str, name: str) -> str:
    try:
        found = SimpleCookie(text).get(name)
    except CookieError:
        return ""
    return str(found.value) if found else ""


def _with_headers(send: Send, headers: dict[str, str]) -> Send:
    """Add the headers that keep a page to itself to every answer."""

    async def send_guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *_encoded(headers)]
        await send(message)

    return send_guarded


async def _answer(send: Send, status: int, text: str, extra: dict[str, str] | None = None) -> None:
    told = {"Content-Type": "text/plain; charset=utf-8", **HEADERS, **(extra or {})}
    await send({"type": "http.response.start", "status": status, "headers": _encoded(told)})
    await send({"type": "http.response.body", "body": text.encode()})


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
