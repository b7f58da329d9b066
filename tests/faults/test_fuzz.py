"""Whatever a foreign file holds, what comes out is a result or an error of the project's own tree.

``REID_TRACK_FUZZ_SECONDS=1800 python -m pytest -s tests/faults/test_fuzz.py`` looks for longer, and
bounds the memory that the whole process took.
"""

import os
import resource
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.seeds import Seed, make_seeds
from tracker.core.errors import ReidTrackError

SECONDS = float(os.environ.get("REID_TRACK_FUZZ_SECONDS", "0"))  # 0: a fixed number of files
FILES = 25  # of each kind
HANG_S = 60 if not SECONDS else 5
MEMORY_MB = 1000.0
NASTY = [
    b"NaN", b"-NaN", b"Infinity", b"1e999", b"-1", b"0", b"99999999999999999999", b"9" * 5000,
    b"1e308", b"4.9e-324", b"null", b"true", b"[]", b"{}", b'""', b'"a"', b"\x00", b"\xff\xfe",
    b"\xef\xbb\xbf", b"\r", b"../../x", b"\x1b[2J", b"[" * 3000, b"{" * 3000, b"&a [*a]", b"<x/>",
    b"2026-13-45", b"utf-16", b"\xed\xa0\x80", b"'", b",", b":", b"-", b"=1+1", b"person", b"\n",
]  # fmt: skip
KINDS = [
    "tracks.json", "made.txt", "made.xml", "made.coco.json", "made.csv", "made.jsonl",
    "made.parquet", "zipped.zip", "a.journal.jsonl", "boxes.txt", "gt.txt", "cameras.yaml",
    "zones.yaml", "people.csv", "seqinfo.ini", "said.json", "corrections.json", "times.csv",
    "crops.tar", "picture.png", "metadata.yaml", "card.json", "weights.safetensors",
    "embeddings.safetensors", "weights.pth", "video.mp4", "people.sqlite",
]  # fmt: skip


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seed]:
    """By name."""
    return {seed.name: seed for seed in make_seeds(tmp_path_factory.mktemp("seeds"))}


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """A file after one to four accidents."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        until = min(at + draw(st.sampled_from([0, 1, 2, 4, 8, 30, 200])), len(content))
        kind = draw(st.sampled_from(["nasty", "token", "bytes", "twice", "cut"]))
        if kind == "nasty":
            middle = draw(st.sampled_from(NASTY))
        elif kind == "token":  # a whole number or word gives way
            at, until = _token(content, at)
            middle = draw(st.sampled_from(NASTY))
        elif kind == "bytes":
            middle = draw(st.binary(max_size=8))
        else:
            middle = 2 * content[at:until] if kind == "twice" else b""
            until = len(content) if kind == "cut" and draw(st.booleans()) else until
        content = content[:at] + middle + content[until:]
    return content


def _token(content: bytes, at: int) -> tuple[int, int]:
    inside = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_"
    first = last = at
    while first and content[first - 1] in inside:
        first -= 1
    while last < len(content) and content[last] in inside:
        last += 1
    return first, last


@contextmanager
def no_hang() -> Iterator[None]:
    """Fail where a reader does not come back."""

    def fail(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"no answer in {HANG_S} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, HANG_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_gives_a_result_or_an_error_of_the_tree(
    kind: str, seeds: dict[str, Seed], tmp_path: Path
) -> None:
    assert set(seeds) == set(KINDS)
    seed = seeds[kind]
    path = tmp_path / kind
    path.write_bytes(seed.content)
    until = time.monotonic() + SECONDS / len(KINDS)
    tried = 0

    @settings(
        max_examples=FILES if not SECONDS else 200, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), derandomize=not SECONDS,
    )  # fmt: skip
    @given(damaged(seed.content))
    def read(content: bytes) -> None:
        nonlocal tried
        tried += 1
        told: list[str] = []
        path.write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, of numbers near the limits
            with no_hang():
                try:
                    seed.read(path)
                except ReidTrackError as error:
                    told.append(str(error))
        assert all(map(str.isprintable, told))  # in one line, without terminal codes

    try:
        seed.read(path)  # the whole one
    except ReidTrackError:
        assert kind in ("weights.safetensors", "weights.pth", "metadata.yaml", "cameras.yaml")
    read()
    while time.monotonic() < until:
        read()
    assert tried >= FILES
    if SECONDS:  # only then alone in its process
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        print(f"\n{kind}: {tried} files, memory so far at most {peak_mb:.0f} MB")
        assert peak_mb < MEMORY_MB
