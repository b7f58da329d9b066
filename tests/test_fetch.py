"""Downloads from a real server on this machine: whole, resumed, broken, wrong."""

import hashlib
import http.server
import socket
import threading
import urllib.error
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.media import names_in
from tracker.core.errors import WeightsError
from tracker.models.fetch import fetch, find_or_fetch
from tracker.models.locate import user_cache
from tracker.models.registry import ModelCard, card

CONTENT = bytes(range(256)) * 4000  # 1 MB: several blocks


@dataclass
class Site:
    """What the server does, and what it was asked for.

    Attributes:
        stop_after: Hang up after so many bytes of an answer.
        ranges: Whether it can send a part of the file.
        chunked: Send without a length.
        asked: The Range header of each request, "" for none.
    """

    content: bytes = CONTENT
    stop_after: int | None = None
    ranges: bool = True
    chunked: bool = False
    status: int = 200
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def card(self) -> ModelCard:
        """A model that this server has and that is published as CONTENT."""
        sha256 = hashlib.sha256(CONTENT).hexdigest()
        return replace(card("yolo11n"), file="toy.pt", sha256=sha256, url=self.url)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.close_connection = True
            asked = self.headers.get("Range", "")
            site.asked.append(asked)
            first = int(asked.removeprefix("bytes=").rstrip("-")) if asked and site.ranges else 0
            if first and first >= len(site.content):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = site.content[first:]
            self.send_response(206 if first else site.status)
            if site.chunked:
                self.send_header("Transfer-Encoding", "chunked")
            else:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            sent = body[: site.stop_after]
            if site.chunked:
                end = b"0\r\n\r\n" if site.stop_after is None else b""
                sent = f"{len(body):x}\r\n".encode() + sent + (b"\r\n" + end if end else b"")
            with suppress(BrokenPipeError):  # a reader that has seen enough hangs up
                self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.url = f"http://127.0.0.1:{server.server_port}/toy.pt"
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        yield site
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "without a length"])
def test_a_whole_file_gets_its_name_and_nothing_stays_beside_it(tmp_path: Path, site, chunked):
    site.chunked = chunked
    reports: list[tuple[int, int | None]] = []

    found = fetch(site.card(), tmp_path / "new" / "folder", lambda *seen: reports.append(seen))

    assert found.path == tmp_path / "new" / "folder" / "toy.pt"
    assert found.path.read_bytes() == CONTENT
    assert found.sha256 == site.card().sha256
    assert names_in(found.path.parent) == {"toy.pt"}
    assert reports[-1] == (len(CONTENT), None if chunked else len(CONTENT))
    assert [done for done, _ in reports] == sorted({done for done, _ in reports})


def test_a_packaged_model_is_found_and_not_downloaded(
    tmp_path: Path, site, monkeypatch: pytest.MonkeyPatch
):
    model = replace(site.card(), url="")
    with pytest.raises(WeightsError, match="comes with the package"):
        fetch(model)
    monkeypatch.setenv("REID_TRACK_WEIGHTS", str(tmp_path))
    (tmp_path / "toy.pt").write_bytes(CONTENT)

    assert fetch(model).path == tmp_path / "toy.pt"


def test_the_default_folder_is_the_user_cache(site):
    assert fetch(site.card()).path == user_cache() / "toy.pt"


def test_a_file_that_is_there_is_not_fetched_again(tmp_path: Path, site):
    (tmp_path / "toy.pt").write_bytes(CONTENT)

    assert fetch(site.card(), tmp_path).path == tmp_path / "toy.pt"
    assert site.asked == []


def test_an_altered_file_that_is_there_is_an_error_and_stays(tmp_path: Path, site):
    (tmp_path / "toy.pt").write_bytes(b"mine")

    with pytest.raises(WeightsError, match=r"toy\.pt is not the published"):
        fetch(site.card(), tmp_path)

    assert (tmp_path / "toy.pt").read_bytes() == b"mine"


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "without a length"])
def test_a_broken_download_tells_and_is_resumed_the_next_time(tmp_path: Path, site, chunked):
    site.stop_after, site.chunked = 600_000, chunked
    with pytest.raises(WeightsError) as error:
        fetch(site.card(), tmp_path)
    for word in ("toy.pt", site.url, site.card().sha256, str(tmp_path / "toy.pt")):
        assert word in str(error.value)
    assert names_in(tmp_path) == {"toy.pt.part"}
    have = (tmp_path / "toy.pt.part").stat().st_size
    assert 0 < have <= 600_000

    site.stop_after = None
    reports: list[int] = []
    found = fetch(site.card(), tmp_path, lambda done, _: reports.append(done))

    assert site.asked == ["", f"bytes={have}-"]
    assert reports[0] > have
    assert found.path.read_bytes() == CONTENT
    assert names_in(tmp_path) == {"toy.pt"}


def test_a_server_that_cannot_resume_sends_all_of_it(tmp_path: Path, site):
    site.ranges = False
    (tmp_path / "toy.pt.part").write_bytes(CONTENT[:5000])

    assert fetch(site.card(), tmp_path).path.read_bytes() == CONTENT
    assert site.asked == ["bytes=5000-"]


def test_a_part_that_is_whole_already_is_taken(tmp_path: Path, site):
    (tmp_path / "toy.pt.part").write_bytes(CONTENT)

    assert fetch(site.card(), tmp_path).path.read_bytes() == CONTENT
    assert names_in(tmp_path) == {"toy.pt"}


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(None, id="from the server"),
        pytest.param(b"rubbish", id="resumed behind rubbish"),
        pytest.param(CONTENT + b"more", id="a part that is too long"),
    ],
)
def test_wrong_content_is_refused_and_thrown_away(tmp_path: Path, site, part):
    if part is None:
        site.content = CONTENT[:-1] + b"!"
    else:
        (tmp_path / "toy.pt.part").write_bytes(part)

    with pytest.raises(WeightsError, match="did not give the published") as error:
        fetch(site.card(), tmp_path)

    assert site.url in str(error.value)
    assert site.card().sha256 in str(error.value)
    assert names_in(tmp_path) == set()


def test_a_file_that_the_server_does_not_have_is_an_error(tmp_path: Path, site):
    site.status = 404

    with pytest.raises(WeightsError, match="404") as error:
        fetch(site.card(), tmp_path)

    for word in ("toy.pt", site.url, site.card().sha256, str(tmp_path / "toy.pt")):
        assert word in str(error.value)
    assert names_in(tmp_path) == set()
    answer = error.value.__cause__
    assert isinstance(answer, urllib.error.HTTPError)
    assert answer.closed  # else its socket warns whenever the garbage collector finds it


def test_a_refused_connection_is_an_error_that_says_all_there_is_to_know(tmp_path: Path, site):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        free_port = closed.getsockname()[1]
    model = replace(site.card(), url=f"http://127.0.0.1:{free_port}/toy.pt")

    with pytest.raises(WeightsError) as error:
        fetch(model, tmp_path)

    for word in ("toy.pt", model.url, model.sha256, str(tmp_path / "toy.pt")):
        assert word in str(error.value)


def test_an_answer_that_is_no_http_is_an_error(tmp_path: Path, site):
    with socket.create_server(("127.0.0.1", 0)) as server:
        model = replace(site.card(), url=f"http://127.0.0.1:{server.getsockname()[1]}/toy.pt")
        thread = threading.Thread(target=_answer_rubbish, args=[server], daemon=True)
        thread.start()

        with pytest.raises(WeightsError, match=r"cannot download toy\.pt"):
            fetch(model, tmp_path)

        thread.join()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path, site):
    (tmp_path / "file").touch()

    with pytest.raises(WeightsError, match=r"file/toy\.pt"):
        fetch(site.card(), tmp_path / "file")


def test_auto_never_goes_to_the_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # where any request would end

    try:
        find_or_fetch("auto", "detect")
    except WeightsError as error:
        assert "no installed model" in str(error)  # noqa: PT017 - or a model is installed


def _answer_rubbish(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"220 mail.example ESMTP\r\n")
