"""A live run on a real RTSP server: it is killed, comes back, hangs; people keep their IDs."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest

from tests.media import read_video
from tests.streams import need_rtsp_server, rtsp_server, two_people
from tracker.results.schemas import load_schema

PATIENCE_S = 240.0  # then a run is killed, so that a test that hangs fails


class Run:
    """A live run in a process of its own, its events read as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.told: list[str] = []  # on stderr
        self._news = threading.Condition()
        self._reading = threading.Thread(target=self._read_stderr)
        self._reading.start()

    def next_events(self, kind: str, count: int) -> list[dict]:
        """Wait for so many more events of a kind; others are passed over."""
        assert self.process.stdout is not None
        found = []
        for line in self.process.stdout:
            event = json.loads(line)
            found += [event] if event["event"] == kind else []
            if len(found) == count:
                return found
        raise AssertionError(f"the run ended without '{kind}': {self.told}")

    def wait_until_told(self, text: str) -> None:
        """Wait for a line on stderr."""
        with self._news:
            found = self._news.wait_for(lambda: any(text in t for t in self.told), PATIENCE_S)
        assert found, self.told

    def interrupt(self) -> int:
        """Press Ctrl-C, wait for the end, return the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE_S)
        self._reading.join()
        return code

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.told.append(line)
                self._news.notify_all()


@contextmanager
def live_run(folder: Path, *words: object) -> Iterator[Run]:
    """A run that writes its events to stdout; killed if it is left over."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # inherited if ignored
    process = subprocess.Popen(
        [sys.executable, "-m", "tracker", *map(str, words), "--events", "-"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    signal.signal(signal.SIGINT, before)
    patience = threading.Timer(PATIENCE_S, process.kill)
    patience.start()
    with process:
        try:
            yield Run(process)
        finally:
            patience.cancel()
            process.kill()


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frames of two people in view, for a server; skips where there is none."""
    need_rtsp_server()
    return two_people(tmp_path_factory.mktemp("walk") / "frames")


def test_a_server_that_dies_and_comes_back_leaves_people_their_ids(tmp_path: Path, walk: Path):
    with rtsp_server(walk) as server:
        words = ("--cams", f"gate={server.address}", "--max-age", 1, "--out", "new")
        with live_run(tmp_path, *words) as run:
            before = run.next_events("appeared", 2)
            time.sleep(2)  # a while of frames at their usual pace
            server.kill()
            run.wait_until_told("trying for 300 s to get it back")
            time.sleep(2)  # longer than --max-age: the visit is over
            with rtsp_server(walk, server.port):
                run.wait_until_told("is back")
                left, again = run.next_events("left", 2), run.next_events("appeared", 2)
                code = run.interrupt()

    assert code == 130
    assert "Traceback" not in "".join(run.told)
    people = {e["global_id"] for e in before}
    assert len(people) == 2
    assert {e["global_id"] for e in left} == {e["global_id"] for e in again} == people
    assert {e["track_id"] for e in before}.isdisjoint(e["track_id"] for e in again)
    assert all(e["probability"] > 0.5 for e in again)
    assert min(e["time_s"] for e in again) - max(e["time_s"] for e in left) > 1
    result = json.loads((tmp_path / "new/tracks.json").read_text(encoding="utf-8"))
    jsonschema.validate(result, load_schema())
    assert len(result["identities"]) == 2
    assert result["cameras"][0]["outages"] == 1
    assert read_video(tmp_path / "new/gate.mp4")[0] > 0


def test_an_interrupt_while_the_stream_hangs_keeps_the_results(tmp_path: Path, walk: Path):
    words = ("--json", "a.json", "--max-age", 60)
    with rtsp_server(walk) as server, live_run(tmp_path, server.address, *words) as run:
        run.next_events("appeared", 2)
        server.freeze()
        code = run.interrupt()

    assert code == 130
    assert "Traceback" not in "".join(run.told)
    assert len(json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["identities"]) == 2
