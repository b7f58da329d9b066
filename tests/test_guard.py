"""The guard of a page: no token, a foreign name or a foreign page, no answer."""

import asyncio

import pytest

from tracker.apps.guard import HEADERS, Guard, Message, Receive, Scope, Send, new_token

TOKEN, PORT = "secret-token", 8123
HOST = f"127.0.0.1:{PORT}"
COOKIE = {"cookie": f"reid_track_{PORT}={TOKEN}"}
BEARER = {"authorization": f"Bearer {TOKEN}"}
OWN = {"origin": f"http://{HOST}"}
FOREIGN = {"origin": "http://127.0.0.1:9999"}


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """A page that answers everything with 200."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"page"})


def ask(
    headers: dict[str, str], *, path: str = "/", query: str = "", method: str = "GET",
    kind: str = "http",
) -> list[Message]:  # fmt: skip
    """What the guard sends for a request."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    told = {"host": HOST, **headers}
    scope = {
        "type": kind, "path": path, "method": method, "query_string": query.encode(),
        "headers": [(k.encode(), v.encode()) for k, v in told.items()],
    }  # fmt: skip
    asyncio.run(Guard(page, TOKEN, port=PORT)(scope, receive, send))
    return sent


@pytest.mark.parametrize(
    ("headers", "options", "status"),
    [
        pytest.param({}, {}, 401, id="no token"),
        pytest.param({"cookie": f"reid_track_{PORT}=x"}, {}, 401, id="another token"),
        pytest.param({"cookie": "\x00;;=="}, {}, 401, id="a cookie of nonsense"),
        pytest.param({}, {"query": "token=x"}, 401, id="another token in the address"),
        pytest.param(COOKIE, {}, 200, id="cookie"),
        pytest.param(BEARER, {}, 200, id="header"),
        pytest.param({}, {"query": f"token={TOKEN}"}, 303, id="the printed address"),
        pytest.param({}, {"path": "/a", "query": f"token={TOKEN}"}, 200, id="a deep address"),
        pytest.param(COOKIE | {"host": f"localhost:{PORT}"}, {}, 200, id="localhost"),
        pytest.param(COOKIE | {"host": f"evil.example:{PORT}"}, {}, 421, id="a foreign name"),
        pytest.param(COOKIE | {"host": "127.0.0.1:80"}, {}, 421, id="another port"),
        pytest.param(COOKIE | OWN, {}, 200, id="own page"),
        pytest.param(COOKIE | FOREIGN, {}, 403, id="foreign page"),
        pytest.param(COOKIE | {"sec-fetch-site": "cross-site"}, {}, 403, id="foreign picture"),
        pytest.param(COOKIE | {"sec-fetch-site": "same-site"}, {}, 403, id="another port's page"),
        pytest.param(COOKIE | {"sec-fetch-site": "same-origin"}, {}, 200, id="own picture"),
        pytest.param(COOKIE, {"method": "POST"}, 403, id="a change from nowhere"),
        pytest.param(COOKIE | OWN, {"method": "POST"}, 200, id="a change from the page"),
        pytest.param(COOKIE | {"origin": "null"}, {"method": "POST"}, 403, id="from a file"),
        pytest.param(BEARER, {"method": "POST"}, 200, id="a change by a script"),
    ],
)
def test_who_is_let_in(headers, options, status):
    assert ask(headers, **options)[0]["status"] == status


def test_the_first_visit_gets_a_cookie_and_loses_the_token():
    headers = dict(ask({}, query=f"token={TOKEN}")[0]["headers"])

    assert headers[b"location"] == b"/"
    assert b"HttpOnly; SameSite=Strict" in headers[b"set-cookie"]
    assert headers[b"set-cookie"].startswith(f"reid_track_{PORT}={TOKEN};".encode())


@pytest.mark.parametrize("headers", [{}, COOKIE], ids=["refused", "served"])
def test_every_answer_keeps_the_page_to_itself(headers):
    told = dict(ask(headers)[0]["headers"])

    assert {k.lower().encode() for k in HEADERS} <= set(told)
    assert b"default-src 'none'" in told[b"content-security-policy"]


def test_sockets_are_closed():
    assert ask(COOKIE | OWN, kind="websocket") == [{"type": "websocket.close", "code": 1008}]


def test_tokens_differ():
    assert len({new_token() for _ in range(20)}) == 20
    assert all(len(new_token()) >= 32 for _ in range(3))
