"""Who may speak to the review: the person who got the address, in a page of ours, and nobody else.

Every request needs the token of this run of the server, so no other user and no other page can
make one that counts. Pages of other sites cannot read it: the cookie is SameSite=Strict, a request
with another origin is refused, and so is one for another host name, as an attacker's name that
resolves to 127.0.0.1 would be.
"""

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BODY_BYTES = 1_000_000
OWN_FETCHES = ("same-origin", "none")  # of our page, or of the address bar
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """Stands before an app and lets through what comes from our own page, with the token."""

    def __init__(self, app: App, port: int, policy: str) -> None:
        self._app = app
        self._host = f"127.0.0.1:{port}"
        self._cookie = f"reid-track-{port}"
        self._policy = policy
        self.token = secrets.token_urlsafe(32)

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{self._host}/?token={self.token}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with a refusal."""
        if scope["type"] != "http":
            return
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        send = self._with_headers(send)
        refusal = self._refusal(scope, headers)
        if refusal:
            await _answer(send, 403, refusal)
        elif self._is_token(self._asked(scope)):
            await self._welcome(send)
        elif not self._is_token(self._shown(headers)):
            await _answer(send, 403, "open the address that 'reid-track review' printed")
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> str | None:
        """Say why a request is not from our page, or None."""
        if headers.get("host") != self._host:
            return f"this is {self._host} and nothing else"
        if headers.get("sec-fetch-site", "none") not in OWN_FETCHES:
            return "requests of other pages are refused"
        origin = headers.get("origin")
        changing = scope["method"] not in ("GET", "HEAD")
        if origin != f"http://{self._host}" and (changing or origin is not None):
            return "requests of other origins are refused"
        size = headers.get("content-length", "0" if not changing else "")
        if not size.isdecimal() or int(size) > MOST_BODY_BYTES:
            return "the request is too large or does not say how large it is"
        return None

    def _asked(self, scope: Scope) -> str:
        """Return the token in the address, where the page is asked for the first time."""
        if scope["path"] != "/" or scope["method"] != "GET":
            return ""
        query: str = scope["query_string"].decode("latin-1")
        return parse_qs(query).get("token", [""])[0]

    def _shown(self, headers: dict[str, str]) -> str:
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return ""
        return cookies[self._cookie].value if self._cookie in cookies else ""

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self.token.encode())

    async def _welcome(self, send: Send) -> None:
        """Put the token into a cookie and out of the address."""
        cookie = f"{self._cookie}={self.token}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode())]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _with_headers(self, send: Send) -> Send:
        extra = _HEADERS | {"content-security-policy": self._policy}

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                added = [(k.encode(), v.encode()) for k, v in extra.items()]
                message["headers"] = [*message.get("headers", []), *added]
            await send(message)

        return sending


async def _answer(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{text}\n".encode()})
