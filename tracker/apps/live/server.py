"""The server of the live page: on this machine alone, for whoever has its address."""

import asyncio
import json
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tracker.apps.guard import LOOPBACK, SERVING, Guard, listening, new_token
from tracker.apps.live.view import KEPT_S, LiveView
from tracker.apps.patience import PatientHttp
from tracker.apps.report.render import asset
from tracker.video.recent import cut_out_recent

LOOK_EVERY_S = 0.03
ANSWER_WITHIN_S = 1.0
LEAVE_WITHIN_S = 3.0
BOUNDARY = "frame"
_PAGES = {"": "text/html", "live.js": "text/javascript", "wall.js": "text/javascript",
          "live.css": "text/css"}  # fmt: skip
_SHARED = {"dom.js": "text/javascript", "words.js": "text/javascript", "style.css": "text/css",
           "player.js": "text/javascript", "player.css": "text/css"}  # fmt: skip
MOST_EXCERPTS = 3  # of all cameras, that are kept for who plays them


class LiveServer:
    """Serves a view in a thread of its own.

    Args:
        view: What is shown.
        open_port: A bound socket.
    """

    def __init__(self, view: LiveView, open_port: socket.socket) -> None:
        port, token = open_port.getsockname()[1], new_token()
        self.address = f"http://{LOOPBACK}:{port}/?token={token}"
        self._view = view
        self._over = threading.Event()
        self._listening = open_port
        self._folder = tempfile.TemporaryDirectory(prefix="reid-track-")
        self._excerpts = 0
        routes = [
            *(Route(f"/{path}", self._page) for path in (*_PAGES, *_SHARED)),
            Route("/crop/{camera}/{person:int}.jpg", self._crop),
            Route("/update", self._update),
            Route("/stream/{camera}", self._stream),
            Route("/recent/{camera}.json", self._recent),
            Route("/recent/{number:int}.mp4", self._excerpt),
        ]
        config = uvicorn.Config(
            Guard(Starlette(routes=routes), token, port=port),
            http=PatientHttp,
            log_level="critical",  # a player that hangs on when the run ends is no error
            **SERVING,
        )
        self._server = uvicorn.Server(config)
        self._drawer = ThreadPoolExecutor(1, thread_name_prefix="draw")
        self._thread = threading.Thread(target=self._run, name="live page", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """End, whoever is still looking."""
        self._over.set()
        self._server.should_exit = True
        self._thread.join(LEAVE_WITHIN_S)
        self._drawer.shutdown(wait=False, cancel_futures=True)
        self._folder.cleanup()

    def _run(self) -> None:
        self._server.run(sockets=[self._listening])

    async def _page(self, request: Request) -> Response:
        name = request.url.path.removeprefix("/")
        if name in _SHARED:
            return Response(asset(name), media_type=_SHARED[name])
        file = files("tracker.apps.live").joinpath("pages", name or "live.html")
        return Response(file.read_text(encoding="utf-8"), media_type=_PAGES[name])

    async def _crop(self, request: Request) -> Response:
        words = request.path_params
        jpeg = await run_in_threadpool(self._view.crops.jpeg, words["camera"], words["person"])
        if jpeg is None:
            return Response("there is no such picture", 404, media_type="text/plain")
        return Response(jpeg, media_type="image/jpeg")

    async def _recent(self, request: Request) -> Response:
        """Cut out the last minutes of a camera; answer with where they are, and the boxes."""
        camera = request.path_params["camera"]
        if camera in self._view.cameras and (videos := self._view.recorded(camera)):
            self._excerpts += 1
            path = self._excerpt_path(self._excerpts)
            made = await run_in_threadpool(cut_out_recent, videos, KEPT_S, path)
            self._excerpt_path(self._excerpts - MOST_EXCERPTS).unlink(missing_ok=True)
            if made is not None:
                told = {
                    "name": videos[-1].name, "address": f"recent/{path.name}",
                    "begins": made.begins_s, "length": made.length_s,
                }  # fmt: skip
                return JSONResponse(told | self._view.boxes(camera, made.begins_s))
        return JSONResponse({"error": f"nothing of '{camera}' is recorded yet"}, 404)

    async def _excerpt(self, request: Request) -> Response:
        path = self._excerpt_path(request.path_params["number"])
        if not path.is_file():
            return Response("there is no such video", 404, media_type="text/plain")
        return FileResponse(path, media_type="video/mp4")

    def _excerpt_path(self, number: int) -> Path:
        return Path(self._folder.name) / f"{number}.mp4"

    async def _update(self, request: Request) -> Response:
        """Answer with the state and all pictures that are newer than ``seen``, comma-separated.

        The body is the length of the JSON in 4 bytes, the JSON, then the JPEGs one after another.
        """
        names = self._view.cameras
        numbers = request.query_params.get("seen", "").split(",")
        seen = {n: int(k) for n, k in zip(names, numbers, strict=False) if k.isdecimal()}
        newer = await self._wait_for_newer(seen)
        pictures = [await self._drawn(name) for name in newer]
        sizes = [
            {"camera": name, "number": number, "bytes": len(picture)}
            for (name, number), picture in zip(newer.items(), pictures, strict=True)
        ]
        head = json.dumps(self._view.state() | {"pictures": sizes}).encode()
        body = b"".join([len(head).to_bytes(4, "big"), head, *pictures])
        return Response(body, media_type="application/octet-stream")

    async def _drawn(self, camera: str) -> bytes:
        """Have the newest picture drawn, by one thread: each more would take MBs for good."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._drawer, self._view.jpeg, camera)

    async def _wait_for_newer(self, seen: dict[str, int]) -> dict[str, int]:
        waited_s = 0.0
        while not (newer := self._view.newer(seen)):
            if waited_s > ANSWER_WITHIN_S or self._over.is_set():
                break
            await asyncio.sleep(LOOK_EVERY_S)
            waited_s += LOOK_EVERY_S
        return newer

    async def _stream(self, request: Request) -> Response:
        """Answer with a camera's pictures without end, as players and other pages take them."""
        camera = request.path_params["camera"]
        if camera not in self._view.cameras:
            return Response(f"there is no camera '{camera}'", 404, media_type="text/plain")
        kind = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        return StreamingResponse(self._pictures(camera), media_type=kind)

    async def _pictures(self, camera: str) -> AsyncIterator[bytes]:
        seen = 0
        while not self._over.is_set():
            number = self._view.newer({camera: seen}).get(camera)
            if number is None:
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            seen, jpeg = number, await self._drawn(camera)
            head = (
                f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            )
            yield head.encode() + jpeg + b"\r\n"


@contextmanager
def serving(view: LiveView, port: int) -> Iterator[LiveServer]:
    """Serve a view as long as the block runs; port 0 takes a free one.

    Raises:
        ConfigError: The port cannot be opened.
    """
    with listening(port) as open_port:
        server = LiveServer(view, open_port)
        server.start()
        try:
            yield server
        finally:
            server.stop()
