"""Events over the network: a real broker and a real server, which are away for a while."""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.media import reid_track, write_boxes, write_pictures
from tracker.apps.outlets import mqtt as mqtt_module
from tracker.apps.outlets import sender as sender_module
from tracker.apps.outlets.mqtt import Counted
from tracker.apps.outlets.outlets import SIGNED_WITH, is_outlet, sending
from tracker.apps.outlets.queue import EventQueue
from tracker.core.errors import ConfigError

PAHO = pytest.importorskip("paho.mqtt.client")
AMQTT = pytest.importorskip("amqtt.broker")
COUNTED = Counted(("door",), ("shop",), ("gate",))


def event(number: int, kind: str = "appeared", **more: Any) -> str:
    about = {"event": kind, "time_s": float(number), "clock": None, "camera": "door",
             "track_id": number + 1, "global_id": number + 1}  # fmt: skip
    return json.dumps(about | more)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def _end_tasks() -> None:
    """End what a broker leaves behind in its loop."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@contextmanager
def broker(port: int) -> Iterator[None]:
    """A real MQTT broker in a thread of its own."""
    loop = asyncio.new_event_loop()
    config = {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def started() -> AMQTT.Broker:  # made in its loop: it asks for the current one
        made = AMQTT.Broker(config, loop=loop)
        await made.start()
        return made

    found = asyncio.run_coroutine_threadsafe(started(), loop).result(20)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(found.shutdown(), loop).result(20)
        asyncio.run_coroutine_threadsafe(_end_tasks(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


@contextmanager
def listener(port: int) -> Iterator[list[tuple[str, str, bool]]]:
    """What a subscriber hears: topic, text, retained."""
    heard: list[tuple[str, str, bool]] = []
    ready = threading.Event()
    client = PAHO.Client(PAHO.CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _u, m: heard.append((m.topic, m.payload.decode(), m.retain))
    client.on_connect = lambda c, *_: c.subscribe("#", qos=1)
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert ready.wait(20)
    try:
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


def until(true: Any, within_s: float = 30.0) -> None:
    end_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end_s, "it never came"
        time.sleep(0.02)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow one another as fast as a test wants."""
    monkeypatch.setattr(sender_module, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(sender_module, "LONGEST_PAUSE_S", 0.2)
    monkeypatch.setattr(mqtt_module, "WITHIN_S", 2.0)


def numbers(heard: list[tuple[str, str, bool]]) -> list[int]:
    return [int(json.loads(text)["time_s"]) for topic, text, _ in heard if "/event/" in topic]


@pytest.mark.filterwarnings("ignore")  # of the broker's own code, when it is killed
def test_a_broker_hears_events_numbers_and_what_there_is(tmp_path: Path, quick: None) -> None:
    port = free_port()
    with broker(port), listener(port) as heard:
        with sending(f"mqtt://127.0.0.1:{port}/house", tmp_path, COUNTED) as sender:
            sender.put(event(0))
            sender.put(event(1, "occupancy", zone="shop", people=3))
            sender.put(event(2, "crossed", line="gate", direction="in"))
            until(lambda: len(numbers(heard)) == 3)
        until(lambda: ("house/status", "offline", False) in heard)
    assert numbers(heard) == [0, 1, 2]
    told = [(topic, text) for topic, text, _ in heard]
    assert told[0] == ("house/status", "online")
    assert ("house/zone/shop/people", "3") in told
    assert ("house/line/gate/in", "1") in told
    assert ("house/camera/door/visits", "1") in told
    [config] = [json.loads(text) for topic, text in told if topic.startswith("homeassistant/")]
    assert heard[1][0] == "homeassistant/device/house/config"
    topics = {part["state_topic"] for part in config["cmps"].values()}
    assert topics == {
        "house/zone/shop/people", "house/line/gate/in", "house/line/gate/out",
        "house/camera/door/visits",
    }  # fmt: skip
    assert config["availability_topic"] == "house/status"
    assert len({part["unique_id"] for part in config["cmps"].values()}) == 4
    assert list(tmp_path.iterdir()) == []  # nothing waits


@pytest.mark.filterwarnings("ignore")
def test_while_the_broker_is_away_events_wait_in_order(tmp_path: Path, quick: None) -> None:
    port = free_port()
    with sending(f"mqtt://127.0.0.1:{port}", tmp_path, COUNTED) as sender:
        with broker(port), listener(port) as before:
            for number in range(5):
                sender.put(event(number))
            until(lambda: len(numbers(before)) == 5)
        for number in range(5, 40):
            sender.put(event(number))
        time.sleep(0.5)
        with broker(port), listener(port) as after:
            until(lambda: numbers(after)[-1:] == [39])
    assert numbers(before) == list(range(5))
    assert list(dict.fromkeys(numbers(after))) == list(range(5, 40))


class Server:
    """A real web server that may be told to fail."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.failures: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status = outer.failures.pop() if outer.failures else 204
                if status == 204:
                    outer.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def numbers(self) -> list[int]:
        return [int(json.loads(body)["time_s"]) for _, body in self.heard]


def test_a_server_gets_signed_events_in_order_though_it_fails_at_times(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SIGNED_WITH, "whisper")
    port = free_port()
    with Server(port) as server:
        server.failures = [500, 429, 302]
        with sending(f"http://127.0.0.1:{port}/hook?run=1", tmp_path, COUNTED) as sender:
            for number in range(10):
                sender.put(event(number))
            until(lambda: len(server.heard) == 10)
    assert server.numbers == list(range(10))
    for headers, body in server.heard:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = base64.b64encode(hmac.new(b"whisper", signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{wanted}"
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert len({headers["webhook-id"] for headers, _ in server.heard}) == 10


def test_what_a_run_could_not_deliver_goes_with_the_next(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(SIGNED_WITH, "whisper")
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    monkeypatch.setattr(sender_module.Sender.end, "__defaults__", (0.2,))
    with sending(address, tmp_path, COUNTED) as sender:
        for number in range(3):
            sender.put(event(number))
    assert "3 events could not be delivered" in caplog.text
    assert len(list(tmp_path.iterdir())) >= 1
    with Server(port) as server, sending(address, tmp_path, COUNTED) as sender:
        sender.put(event(3))
        until(lambda: len(server.heard) == 4)
    assert server.numbers == [0, 1, 2, 3]


def test_a_queue_keeps_the_latest_and_counts_the_others(tmp_path: Path) -> None:
    queue = EventQueue(tmp_path / "q", most=3)
    for number in range(5):
        queue.put(str(number))
    assert (len(queue), queue.lost) == (3, 2)
    first = queue.first()
    assert first
    assert first[1] == "2"
    queue.delivered(first[0])
    queue.delivered(first[0])  # once more lets go of nothing else
    queue.close()
    again = EventQueue(tmp_path / "q")
    assert [again.first()[1], len(again)] == ["3", 2]  # type: ignore[index]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("ftp://host/x", "addresses of mqtt, mqtts, http and https"),
        ("mqtt:///x", "has no host"),
        ("https://user:pass@host/", SIGNED_WITH),
    ],
)
def test_addresses_that_cannot_be_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, told: str
) -> None:
    monkeypatch.delenv(SIGNED_WITH, raising=False)

    def open_it() -> None:
        if is_outlet(place):
            sending(place, tmp_path, COUNTED).__enter__()

    with pytest.raises(ConfigError, match=told) as refused:
        open_it()
    assert "pass@" not in str(refused.value)


def test_a_run_tells_a_file_and_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(SIGNED_WITH, "whisper")
    write_pictures(tmp_path / "a", [f"{n}.png" for n in range(25)])
    write_boxes(tmp_path / "boxes.txt", 10)
    port = free_port()
    words = ("a", "--detections", "boxes.txt", "--reid", "none", "--fps", 10, "--online", "-q")
    with Server(port) as server:
        outlets = ("--events", "e.jsonl", "--events", f"http://127.0.0.1:{port}/")
        assert reid_track(*words, *outlets, "--max-age", 0.5) == 0
    lines = [json.loads(x) for x in (tmp_path / "e.jsonl").read_text().splitlines()]
    assert lines
    assert [json.loads(body) for _, body in server.heard] == lines
    assert list(tmp_path.glob("*.queue*")) == []
    assert reid_track(*words, "--events", "e.jsonl", "--events", "f.jsonl", "--overwrite") == 1
