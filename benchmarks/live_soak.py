"""What a live run bears: its camera dies and is back, the disk fills, viewers come and go.

    python benchmarks/live_soak.py samples/cam1.mp4 --minutes 60 --every 180

Every `--every` seconds, in turn: the RTSP server is killed and started again; no file may grow for
a while (RLIMIT_FSIZE, as on a full disk); sixteen viewers connect, half of them with half a
request, and go. Prints memory and descriptors, and at the end whether every visit that an event
told of is in tracks.json and its boxes are those of the journal. Further options of reid-track
follow after ``--``. Needs Linux and GStreamer's RTSP server.
"""

import argparse
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from itertools import cycle
from pathlib import Path

from benchmarks.live_memory import SERVER, memory_mb, write_frames

ALLOWED_MB, SETTLED_S, FPS = 30.0, 120.0, 10
UNLIMITED = resource.RLIM_INFINITY
OPTIONS = [
    "--events",
    "events.jsonl",
    "--segment",
    "30",
    "--serve",
    "--out",
    "out",
    "--max-age",
    "1",
]


def main() -> None:
    """Measure as the command line says; exit 1 if something was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=180, help="seconds from fault to fault")
    given = [*sys.argv[1:], "--"]
    split = given.index("--")
    words = parser.parse_args(given[:split])
    with tempfile.TemporaryDirectory() as name:
        soak = Soak(Path(name), words.video.resolve(), given[split + 1 : -1])
        soak.run(words.minutes * 60, words.every)
        sys.exit(0 if soak.accounted() else 1)


class Soak:
    """A live run under faults."""

    def __init__(self, folder: Path, video: Path, options: list[str]) -> None:
        self.folder = folder
        self._frames = write_frames(video, folder / "frames")
        self._server, self._port = self._serve(0)
        camera = f"cam=rtsp://127.0.0.1:{self._port}/live"
        command = [sys.executable, "-m", "tracker", "--cams", camera, *OPTIONS, *options]
        self._log = (folder / "log").open("w+", encoding="utf-8")
        self._run = subprocess.Popen(command, cwd=folder, stderr=self._log)
        while "serving" not in self._said() and self._run.poll() is None:
            time.sleep(1)
        self._marks: list[tuple[float, float, int]] = []

    def run(self, seconds: float, every_s: float) -> None:
        """Cause faults until the time is over, then end the run."""
        begun = time.monotonic()
        faults: cycle[Callable[[], None]] = cycle([self._kill_camera, self._fill, self._look])
        try:
            while time.monotonic() - begun < seconds and self._run.poll() is None:
                time.sleep(every_s)
                fault = next(faults)
                fault()
                if self._run.poll() is None:
                    self._mark(time.monotonic() - begun, fault.__name__)
        finally:
            self._run.send_signal(signal.SIGTERM)  # a shell in the background ignores Ctrl-C
            code = self._run.wait(120)
            self._server.kill()
            print(f"exit code {code}; the run said:\n{self._said()}")

    def accounted(self) -> bool:
        """Print what is whole and what is not."""
        result = json.loads((self.folder / "out/tracks.json").read_text(encoding="utf-8"))
        events = [json.loads(x) for x in (self.folder / "events.jsonl").read_text().splitlines()]
        journal = (self.folder / "out/tracks.journal.jsonl").read_text().splitlines()
        parts = [x for x in map(json.loads, journal) if x["type"] == "track"]
        kept = {(t["camera"], t["track_id"]) for t in result["tracks"]}
        told = {(e["camera"], e["track_id"]) for e in events if e["event"] == "left"}
        boxes = sum(len(t["boxes"]) for t in result["tracks"])
        written = sum(len(t["boxes"]) for t in parts)
        settled = [m for m in self._marks if m[0] > SETTLED_S] or self._marks
        grown, lost = settled[-1][1] - settled[0][1], settled[-1][2] - settled[0][2]
        print(f"visits told {len(told)}, of them missing {len(told - kept)}")
        print(f"boxes in tracks.json {boxes}, in the journal {written}")
        print(f"memory grew by {grown:.1f} MB, descriptors by {lost}")
        return not told - kept and boxes == written and grown <= ALLOWED_MB and lost <= 0

    def _mark(self, passed_s: float, fault: str) -> None:
        memory = memory_mb(self._run.pid, "RssAnon")
        time.sleep(15)  # until connections are closed and the stream is back
        descriptors = len(os.listdir(f"/proc/{self._run.pid}/fd"))
        self._marks.append((passed_s, memory, descriptors))
        print(f"{passed_s / 60:5.1f} min  {memory:6.1f} MB  {descriptors} descriptors  {fault}",
              flush=True)  # fmt: skip

    def _serve(self, port: int) -> tuple[subprocess.Popen[str], int]:
        pattern = str(self._frames / "%05d.jpg")
        command = ["/usr/bin/python3", str(SERVER), str(port), pattern, str(FPS)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        return server, int(server.stdout.readline())

    def _kill_camera(self) -> None:
        self._server.kill()
        self._server.wait()
        time.sleep(3)
        self._server, _ = self._serve(self._port)

    def _fill(self) -> None:
        resource.prlimit(self._run.pid, resource.RLIMIT_FSIZE, (1, UNLIMITED))
        time.sleep(10)
        resource.prlimit(self._run.pid, resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))

    def _look(self) -> None:
        address = re.search(r"127\.0\.0\.1:(\d+)/\?token=([\w-]+)", self._said())
        assert address is not None
        port, token = int(address[1]), address[2]
        with ExitStack() as stack:
            for number in range(16):
                viewer = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
                whole = f"GET /stream/cam?token={token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
                with suppress(OSError):
                    viewer.sendall((whole if number % 2 else whole[:30]).encode())
            time.sleep(5)

    def _said(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
