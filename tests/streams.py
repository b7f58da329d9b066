"""Cameras that tests play: a real RTSP server in a process, an HTTP stream of JPEGs in a thread."""

import http.server
import itertools
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from tests.media import picture

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
SERVER = Path(__file__).with_name("rtsp_server.py")
SYSTEM_PYTHON = "/usr/bin/python3"
CHECK = (
    "import gi; gi.require_version('GstRtspServer', '1.0')\n"
    "from gi.repository import Gst, GstRtspServer\n"
    "Gst.init(None)\n"
    "assert all(map(Gst.ElementFactory.find, ['jpegdec', 'x264enc', 'rtph264pay']))"
)
PACKAGES = (
    "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly"
)


@cache
def _has_rtsp_server() -> bool:
    python = Path(SYSTEM_PYTHON)
    return (
        python.exists()
        and not subprocess.run(
            [SYSTEM_PYTHON, "-c", CHECK], capture_output=True, check=False
        ).returncode
    )


def need_rtsp_server() -> None:
    """Skip a test by name where there is no GStreamer RTSP server."""
    if not _has_rtsp_server():
        pytest.skip(f"needs GStreamer's RTSP server: apt install {PACKAGES}")


@contextmanager
def rtsp_server(frames: Path, port: int = 0, fps: int = 25) -> Iterator[int]:
    """Show the JPEGs of a folder in a loop at rtsp://127.0.0.1:PORT/live; killed at the end."""
    process = subprocess.Popen(
        [SYSTEM_PYTHON, str(SERVER), str(port), str(frames / "%05d.jpg"), str(fps)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def one_person(folder: Path) -> Path:
    """Write JPEGs of one person who walks to and fro in view, cut from a sample clip."""
    capture = cv2.VideoCapture(str(SAMPLES / "cam1.mp4"), cv2.CAP_FFMPEG)
    images = []
    while (read := capture.read())[0]:
        images.append(read[1])
    capture.release()
    walk = images[215:265]
    folder.mkdir()
    for number, image in enumerate([*walk, *walk[::-1]]):
        assert cv2.imwrite(str(folder / f"{number:05d}.jpg"), image)
    return folder


class HttpCamera:
    """An HTTP stream of JPEGs (multipart/x-mixed-replace), as many network cameras have it.

    The first picture is repeated until `go`; then the others follow, `pause_s` apart. After the
    last one the connection stays open and still, until `hang_up`.

    Args:
        pictures: (H, W, 3) uint8 BGR; the numbered ones of `tests.media` if None.
        pause_s: Between two pictures.
        breaks_after: Hang up once, after so many pictures.
    """

    def __init__(
        self, pictures: Iterable[npt.NDArray[np.uint8]] | None = None, *, pause_s: float = 0.01,
        breaks_after: int | None = None,
    ) -> None:  # fmt: skip
        given = [picture(n) for n in range(20)] if pictures is None else pictures
        self._jpegs = [cv2.imencode(".jpg", image)[1].tobytes() for image in given]
        self._next = 0
        self.pause_s = pause_s
        self._breaks_after = breaks_after
        self._going, self._over = threading.Event(), threading.Event()
        camera = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=shot")
                self.end_headers()
                try:
                    for jpeg in camera._stream():
                        head = f"--shot\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}"
                        self.wfile.write(head.encode() + b"\r\n\r\n" + jpeg + b"\r\n")
                except OSError:
                    return  # the reader went away

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}/video"

    def __enter__(self) -> "HttpCamera":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self._server.shutdown()
        self._server.server_close()

    def go(self) -> None:
        """Let the pictures after the first one follow."""
        self._going.set()

    def hang_up(self) -> None:
        """End all connections."""
        self._going.set()
        self._over.set()

    def _stream(self) -> Iterator[bytes]:
        while not self._going.is_set():
            yield self._jpegs[0]
            self._going.wait(0.02)
        while self._next < len(self._jpegs) and not self._over.is_set():
            self._next += 1
            yield self._jpegs[self._next - 1]
            if self._next == self._breaks_after:
                return
            self._over.wait(self.pause_s)
        self._over.wait()


def endless(images: list[npt.NDArray[np.uint8]], count: int) -> list[npt.NDArray[np.uint8]]:
    """So many pictures, the given ones again and again."""
    return list(itertools.islice(itertools.cycle(images), count))
