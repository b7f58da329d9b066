"""How much memory a live run takes over time, from a real RTSP server that loops a video.

    python benchmarks/live_memory.py samples/cam1.mp4 --minutes 10

Needs Linux and GStreamer's RTSP server (see tests/streams.py). A line each half minute: minutes,
resident MB, how much of it is the process's own (the rest are pages of libraries and models, which
come and go with the other programs' needs), people so far; then how much the own memory grew
after the first two minutes.
"""

import argparse
import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

SERVER = Path(__file__).resolve().parents[1] / "tests/rtsp_server.py"
EVERY_S, SETTLED_S, FPS = 30.0, 120.0, 25
OPTIONS = ["--events", "events.jsonl", "--segment", "60", "--serve", "--out", "out"]


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("options", nargs="*", help="more options of reid-track, after --")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frames = write_frames(words.video.resolve(), folder / "frames")
        with serving(frames) as port:
            measure(folder, f"cam=rtsp://127.0.0.1:{port}/live", words.minutes, words.options)


def write_frames(video: Path, folder: Path) -> Path:
    """Write a video's frames as numbered JPEGs."""
    folder.mkdir()
    capture = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG)
    count = 0
    while (read := capture.read())[0]:
        cv2.imwrite(str(folder / f"{count:05d}.jpg"), read[1])
        count += 1
    capture.release()
    return folder


@contextlib.contextmanager
def serving(frames: Path) -> Iterator[int]:
    """Run the RTSP server; yields its port."""
    command = ["/usr/bin/python3", str(SERVER), "0", str(frames / "%05d.jpg"), str(FPS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def measure(folder: Path, camera: str, minutes: float, options: list[str]) -> None:
    """Run reid-track on the stream and print its resident memory."""
    command = [sys.executable, "-m", "tracker", "--cams", camera, *OPTIONS, *options]
    with subprocess.Popen(command, cwd=folder) as process:
        begun, settled, last = time.monotonic(), 0.0, 0.0
        while time.monotonic() - begun < minutes * 60 and process.poll() is None:
            time.sleep(EVERY_S)
            passed_s, last = time.monotonic() - begun, memory_mb(process.pid, "RssAnon")
            settled = last if passed_s <= SETTLED_S + EVERY_S / 2 else settled
            resident = memory_mb(process.pid, "VmRSS")
            print(
                f"{passed_s / 60:5.1f} min  {resident:7.1f} MB, own {last:6.1f} MB  "
                f"{people(folder)} people",
                flush=True,
            )
        process.send_signal(signal.SIGINT)
    print(f"grew by {last - settled:.1f} MB after the first {SETTLED_S / 60:g} minutes")


def memory_mb(pid: int, which: str) -> float:
    """Return a line of a process's status in MB (1e6 bytes)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.split(f"{which}:")[1].split()[0]) * 1024 / 1e6


def people(folder: Path) -> int:
    """Return how many people were told of so far."""
    with contextlib.suppress(OSError), (folder / "events.jsonl").open(encoding="utf-8") as lines:
        return len({json.loads(line)["global_id"] for line in lines if line.endswith("\n")})
    return 0


if __name__ == "__main__":
    main()
