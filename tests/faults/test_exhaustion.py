"""Nothing foreign crashes, hangs or fills the memory, and what is missing is said in one line."""

import importlib.util
import os
import re
import socket
import struct
import subprocess
import sys
import tarfile
import threading
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.faults.seeds import small_result
from tests.media import (
    logged,
    names_in,
    read_source,
    reid_track,
    write_boxes,
    write_pictures,
    write_video,
)
from tests.test_live_page import get, view_of
from tracker.core.errors import (
    ConfigError,
    OutputError,
    ReidTrackError,
    SourceError,
    WeightsError,
    shown,
)
from tracker.core.extras import EXTRA_OF, require
from tracker.core.foreign import read_bytes, understanding
from tracker.core.pictures import read_image
from tracker.core.yaml_file import read_yaml
from tracker.formats.cvat import read_cvat
from tracker.models.fetch import fetch
from tracker.models.registry import ModelCard
from tracker.results.tracks_json import write_tracks_json

NO_MODEL = ("--detections", "boxes.txt", "--reid", "none")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A video and its boxes in the working directory."""
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "a.mp4", 5)
    write_boxes(tmp_path / "boxes.txt", 5)
    return tmp_path


def command(
    words: list[bytes | str], *, wrapped: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    start = [sys.executable, "-c", f"{wrapped}\nfrom tracker.cli import main; main()"]
    return subprocess.run(
        [*start, *words], check=False, capture_output=True, text=True, errors="replace",
        env=os.environ | env, timeout=120,
    )  # fmt: skip


# Names and encodings


@pytest.mark.parametrize(
    "words",
    [[b"caf\xe9.mp4", *NO_MODEL], ["a.mp4", *NO_MODEL, "--out", b"\xff.mp4"]],
    ids=["source", "output"],
)
def test_words_that_are_no_text_are_one_line(here: Path, words: list[bytes | str]) -> None:
    (here / os.fsdecode(b"caf\xe9.mp4")).write_bytes((here / "a.mp4").read_bytes())
    done = command(words)
    assert done.returncode == 1
    assert re.fullmatch(r"error: '.*' is no utf-8 text; give the file another name\n", done.stderr)


def test_pictures_whose_names_are_no_text_are_read(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "f", ["1.png", "2.png", "3.png"])
    (folder / "2.png").rename(folder / os.fsdecode(b"2\xff.png"))
    assert len(read_source(folder, fps=5.0)) == 3


def test_any_name_works_under_the_locale_c(here: Path) -> None:
    (here / "Tür 門.mp4").write_bytes((here / "a.mp4").read_bytes())
    done = command(["Tür 門.mp4", *NO_MODEL, "--out", "Aus ü.mp4"], LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert {"Aus ü.json", "Aus ü.mp4"} <= names_in(here)


def test_a_locale_without_utf8_is_one_line(here: Path) -> None:
    (here / "Tür.mp4").write_bytes((here / "a.mp4").read_bytes())
    words = ["Tür.mp4", *NO_MODEL]
    done = command(words, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.returncode == 1
    assert re.fullmatch(r"error: '.*' is no \S+ text; give the file another name\n", done.stderr)


# Bounds of foreign files


def anchors(key: str) -> str:
    """Nine levels of ten references each."""
    levels = ["&a0 [x,x,x,x,x,x,x,x,x,x]"]
    levels += [f"&a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return f"cameras:\n  c: {{source: /x.mp4, {key}: [{','.join(levels)}]}}\n"


@pytest.mark.parametrize(
    "text",
    [
        *(pytest.param(anchors(k), id=k) for k in ("offset", "start", "points", "K", "overlap")),
        pytest.param("cameras: &a\n  c: *a\n", id="itself"),
        pytest.param("cameras: {c: {source: x.mp4, offset: &a [*a]}}", id="a list in itself"),
        pytest.param(f"cameras: {'[' * 5000}", id="deep"),
        pytest.param('cameras: !!python/object/apply:os.system ["touch PWNED"]', id="code"),
        pytest.param("cameras: {a: 2026-13-45}", id="no day"),
        pytest.param("#" * (1 << 20) + "\n", id="large"),
    ],
)
def test_a_hostile_yaml_is_one_line_at_once(here: Path, capsys, text: str) -> None:
    (here / "c.yaml").write_text(text)
    assert reid_track("--config", "c.yaml") == 1
    told = capsys.readouterr().err
    assert told.startswith("error: --config c.yaml")
    assert told.count("\n") == 1
    assert len(told) < 300
    assert "PWNED" not in names_in(here)


def test_references_in_yaml_name_their_line(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("a: &x 1\nb: *x\n")
    with pytest.raises(SourceError, match="line 2: a reference"):
        read_yaml(tmp_path / "c.yaml")


def test_a_zip_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("annotations.xml", b"<a>" * (20 << 20))
    assert (tmp_path / "b.zip").stat().st_size < 300_000
    with pytest.raises(SourceError, match="would unpack from"):
        read_cvat(tmp_path / "b.zip")


def test_an_xml_of_entities_is_refused(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<!DOCTYPE x [<!ENTITY a0 "x">{levels}]><annotations>&a9;</annotations>'
    (tmp_path / "e.xml").write_text(text)
    with pytest.raises(SourceError, match=r"e\.xml"):
        read_cvat(tmp_path / "e.xml")


def test_a_table_of_far_too_many_rows_is_refused(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    from tracker.formats.parquet import read_parquet

    table = pa.table({"camera": pa.array(["a"] * 1_000_000).dictionary_encode()})
    parquet.write_table(table, tmp_path / "b.parquet")
    with pytest.raises(SourceError, match="far more rows"):
        read_parquet(tmp_path / "b.parquet")


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and has next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        end = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + end

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def test_a_picture_of_any_size_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(png_of(30_000, 30_000))
    assert read_image(tmp_path / "1.png") is None
    with pytest.raises(SourceError, match="none of its 1 pictures can be read"):
        read_source(tmp_path, fps=5.0)


def test_a_tar_whose_entries_claim_any_size_is_read_no_further(tmp_path: Path) -> None:
    from tracker.datasets.cut_tracks import list_tracks

    entry = tarfile.TarInfo("a/1/0.png")
    entry.size = 1 << 40
    (tmp_path / "t.tar").write_bytes(entry.tobuf() + b"x" * 512)
    with pytest.raises(SourceError, match="unexpected end of data"):
        list_tracks(tmp_path / "t.tar")


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/full", "."])
def test_what_is_no_file_is_not_read(name: str) -> None:
    with pytest.raises(SourceError, match="it is a"):
        read_bytes(Path(name), "table")


def test_a_file_beyond_its_bound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x" * 101)
    assert len(read_bytes(tmp_path / "x", "table", 101)) == 101
    with pytest.raises(SourceError, match="more than 100 bytes"):
        read_bytes(tmp_path / "x", "table", 100)


@pytest.mark.parametrize(
    "error", [KeyError("x"), MemoryError(), RecursionError(), LookupError("utf-1"), OverflowError()]
)
def test_whatever_a_reader_raises_is_one_error_of_the_tree(error: Exception) -> None:
    with (
        pytest.raises(SourceError, match=r"f\.csv cannot be read as table"),
        understanding("f.csv", "table"),
    ):
        raise error


# Downloads


@contextmanager
def site(answer: bytes, *, to: str = "") -> Iterator[str]:
    """A server that sends this, or leads elsewhere."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if to else 200)
            if to:
                self.send_header("Location", to)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/m.pth"
    finally:
        server.shutdown()
        server.server_close()


def card(url: str) -> ModelCard:
    return ModelCard(
        "m", "reid", "m.pth", "0" * 64, 1000, url, "MIT", "nowhere", "nothing", "osnet", 0
    )


def test_a_download_ends_at_the_size_that_was_published(tmp_path: Path) -> None:
    with site(b"x" * 300_000) as url, pytest.raises(WeightsError, match="more than 1,000 bytes"):
        fetch(card(url), tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000


def test_a_download_never_leaves_https() -> None:
    from tracker.models.fetch import _StaysSecret

    request = urllib.request.Request("https://models.example/m.pth")
    with pytest.raises(OSError, match="leads away from https"):
        _StaysSecret().redirect_request(request, None, 302, "", {}, "http://evil.example/m.pth")
    onward = _StaysSecret().redirect_request(request, None, 302, "", {}, "https://cdn.example/m")
    assert onward.full_url == "https://cdn.example/m"


# The served page


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """A live page's address and port."""
    from tracker.apps.live.server import serving

    with serving(view_of("door"), 0) as server:
        yield server.address, int(re.findall(r":(\d+)/", server.address)[0])


def test_half_requests_take_few_descriptors_and_the_owner_is_answered() -> None:
    from tracker.apps.patience import MOST

    with served() as (address, port), ExitStack() as stack:
        before = len(os.listdir("/proc/self/fd"))
        ours = []
        for _ in range(150):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
            half.sendall(b"GET / HTTP/1.1\r\nHost: 127")
            ours.append(half)
        assert get(address, "/update")[0] == 200
        # This process has both ends: 150 of ours, and those that the server still holds.
        assert len(os.listdir("/proc/self/fd")) - before <= 150 + MOST + 20


def test_a_half_request_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from tracker.apps import patience

    monkeypatch.setattr(patience, "REQUEST_WITHIN_S", 0.2)
    with served() as (_, port), socket.create_connection(("127.0.0.1", port), 5) as half:
        half.sendall(b"GET / HTTP/1.1\r\nHost: 127")
        half.settimeout(30)
        with suppress(ConnectionResetError):
            assert half.recv(1) == b""


# What is missing or full


@pytest.mark.parametrize("module", sorted(EXTRA_OF))
def test_every_extra_is_said_in_one_line(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError) as error:
        require(module)
    assert f"pip install 'reid-track[{EXTRA_OF[module]}]'" in str(error.value)


def test_the_table_of_extras_is_that_of_the_package() -> None:
    tomllib = pytest.importorskip("tomllib")
    root = Path(__file__).resolve().parents[2]
    extras = tomllib.loads((root / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    named = {re.split(r"[>=<]", line)[0].replace("faiss-cpu", "faiss").replace("-mqtt", ""): extra
             for extra, lines in extras.items() for line in lines}  # fmt: skip
    assert named == EXTRA_OF


@pytest.mark.parametrize(
    ("words", "names", "extra"),
    [
        (["report", "t.json", "--out", "r.html"], "jinja2", "web"),
        (["review", "t.json"], "starlette uvicorn", "web"),
        (["a.mp4", *NO_MODEL, "--online", "--serve"], "uvicorn", "web"),
        (["a.mp4", *NO_MODEL, "--format", "parquet"], "pyarrow", "formats"),
        (["export", "tracks", "t.json", "--to", "parquet", "--out", "x.parquet"], "pyarrow",
         "formats"),
        (["export", "reid", "--out", "x.onnx"], "onnx", "export"),
        (["search", "runs", "--index", "i"], "faiss", "search"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:2]),
)  # fmt: skip
def test_every_command_says_which_extra_it_needs(
    here: Path, capsys, monkeypatch: pytest.MonkeyPatch, words: list[str], names: str, extra: str
) -> None:
    write_tracks_json(small_result(), here / "t.json")
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name in names.split() else real(name)
    )
    assert reid_track(*words) == 1
    told = capsys.readouterr().err
    assert f"pip install 'reid-track[{extra}]'" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("words", [["--version"], ["weights", "list"], ["identities", "t.json"]])
def test_a_full_stdout_is_one_line(here: Path, words: list[str]) -> None:
    write_tracks_json(small_result(), here / "t.json")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tracker", *words], check=False, stdout=full,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "No space left" in done.stderr


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("MemoryError()", "out of memory; try fewer cameras"),
        ("OSError(24, 'Too many open files', 'x')", "Too many open files: 'x'"),
        ("type('OutOfMemoryError', (RuntimeError,), {})()", "the GPU is out of memory"),
        ("ModuleNotFoundError('no', name='onnx')", "pip install 'reid-track[export]'"),
        ("KeyError('rtsp://a:s3cret@b')", "This is a bug"),
    ],
)
def test_what_ends_a_command_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys, error: str, told: str
) -> None:
    import tracker.cli

    def fail(_words: object) -> None:
        raise eval(error)

    monkeypatch.setattr(tracker.cli, "_dispatch", fail)
    assert reid_track("--version") == 1
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert "s3cret" not in said


def test_all_errors_are_of_one_tree() -> None:
    for kind in (ConfigError, SourceError, WeightsError, OutputError):
        assert issubclass(kind, ReidTrackError)


def test_a_tables_warning_has_no_terminal_codes(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "f", ["1.png"])
    (folder / "2\x1b[31m.png").write_bytes(b"no picture")
    with logged() as told:
        read_source(folder, fps=5.0)
    assert "2\\x1b[31m.png" in shown(told[0])
