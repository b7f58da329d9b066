"""The page of --serve, in a real browser: pictures, people, transitions, and nobody else's."""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.browser import PHONE, until
from tests.media import number_of, picture
from tests.streams import SAMPLES, HttpCamera
from tests.test_live_run import live_run
from tracker.core.types import CameraInfo, Frame, Step, TrackBox
from tracker.results.events_file import Appeared, Crossed, Left, Merged, Moved, Occupancy

starlette = pytest.importorskip("starlette")  # the extra [web]
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


class FakeSource:
    """A fake camera that only says what it is."""

    def __init__(self, name: str, *, lost: bool = False) -> None:
        self.info = CameraInfo(name, name, 96, 64, 10.0, None, live=True, dropped=3, outages=1)
        self.lost = lost


@contextmanager
def served(view: object) -> Iterator[str]:
    """The address of a view that is served, with its token."""
    from tracker.apps.live.server import serving

    with serving(view, 0) as server:
        yield server.address


def view_of(*names: str) -> object:
    from tracker.apps.live.view import LiveView

    sources = [FakeSource(name) for name in names]
    return LiveView(sources, lambda: 10.0, lambda s: f"2026-01-05T10:00:{s:06.3f}Z")


def show(view: object, camera: str, number: int, people: tuple[int, ...] = ()) -> None:
    box = np.array([10, 10, 30, 50], np.float32)
    boxes = [TrackBox(p, box, 0.9, p) for p in people]
    frame = Frame(camera, number, number / 10, picture(number))
    view.step(Step(frame, boxes, box[None], len(people)))


def get(address: str, path: str, **headers: str) -> tuple[int, bytes]:
    """Ask as a script does, with the token in the header unless others are given."""
    place, token = re.fullmatch(r"(http://[^/]+)/\?token=(.+)", address).groups()
    told = headers or {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(place + path, headers=told)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_only_the_owner_is_answered():
    with served(view_of("a")) as address:
        answers = [get(address, path)[0] for path in ("/", "/live.js", "/wall.js", "/update")]
        assert answers == [200] * 4
        assert get(address, "/../tracks.json")[0] == 404
        for path in ("/recent/a.json", "/recent/b.json", "/recent/1.mp4"):
            assert get(address, path)[0] == 404  # nothing is recorded
        for path in ("/", "/live.js", "/player.js", "/update", "/stream/a", "/recent/a.json"):
            assert get(address, path, Origin="http://127.0.0.1:1")[0] == 403
            assert get(address, path, Cookie="token=x")[0] == 401


def test_a_port_that_is_taken_is_an_error(tmp_path: Path):
    from tracker.apps.live.server import serving
    from tracker.core.errors import ConfigError

    with served(view_of("a")) as address:
        port = int(address.split(":")[2].split("/")[0])
        with pytest.raises(ConfigError, match=f"--port {port} cannot be opened"):
            serving(view_of("a"), port).__enter__()


def test_what_is_new_comes_once():
    from tracker.apps.live.view import LiveView

    view = view_of("a", "b")
    assert isinstance(view, LiveView)
    show(view, "a", 3)
    with served(view) as address:
        state, pictures = parts_of(get(address, "/update")[1])
        assert [(p["camera"], p["number"]) for p in state["pictures"]] == [("a", 1)]
        assert number_of(pictures[0]) == 3
        show(view, "b", 5)
        state, pictures = parts_of(get(address, "/update?seen=1,0")[1])
        assert [(p["camera"], p["number"]) for p in state["pictures"]] == [("b", 1)]
        assert number_of(pictures[0]) == 5
        assert parts_of(get(address, "/update?seen=1,1")[1])[1] == []
        assert parts_of(get(address, "/update?seen=nonsense")[1])[1] != []


def parts_of(body: bytes) -> tuple[dict, list[np.ndarray]]:
    """The state and the decoded pictures of an answer."""
    import json

    size = int.from_bytes(body[:4], "big")
    state, place, pictures = json.loads(body[4 : 4 + size]), 4 + size, []
    for told in state["pictures"]:
        jpeg = np.frombuffer(body[place : place + told["bytes"]], np.uint8)
        pictures.append(cv2.imdecode(jpeg, cv2.IMREAD_COLOR))
        place += told["bytes"]
    return state, pictures


def test_the_state_tells_who_is_where_and_who_moved():
    view = view_of("a", "b")
    view.event(Appeared(1.0, None, "a", 1, 4, None))
    view.event(Left(2.0, None, "a", 1, 4, 1.0))
    view.event(Appeared(3.0, None, "b", 1, 5, None))
    view.event(Merged(4.0, None, "b", 1, 5, 0.9, 4))
    view.event(Moved(3.0, None, "b", 1, 4, 0.9, "a", 1.0))
    show(view, "b", 9, (4,))

    state = view.state()

    assert [(p["global_id"], p["camera"], p["since_s"]) for p in state["present"]] == [
        (4, "b", 3.0)
    ]
    assert [(m["global_id"], m["from"], m["to"]) for m in state["moves"]] == [(4, "a", "b")]
    assert state["present"][0]["crop"] == 900  # milliseconds: the frame's time
    assert state["moves"][0]["crops"] == [None, 900]
    view.event(Occupancy(5.0, None, "shop", 2))
    view.event(Crossed(5.0, None, "b", 1, 4, "gate", "out"))
    state = view.state()
    assert (state["zones"], state["lines"]) == ({"shop": 2}, {"gate": [0, 1]})
    cameras = {c["name"]: c for c in state["cameras"]}
    assert cameras["b"]["delay_s"] == 9.1
    assert cameras["a"]["delay_s"] is None
    assert (cameras["a"]["dropped"], cameras["a"]["outages"]) == (3, 1)


def test_a_player_gets_a_stream_of_jpegs():
    view = view_of("a")
    show(view, "a", 7)
    with served(view) as address:
        place, token = address.split("/?token=")
        request = urllib.request.Request(f"{place}/stream/a?token={token}")
        with urllib.request.urlopen(request, timeout=20) as answer:
            kind = answer.headers["Content-Type"]
            first = answer.read1(200)
        assert get(address, "/stream/nobody")[0] == 404

    assert kind == "multipart/x-mixed-replace; boundary=frame"
    assert first.startswith(b"--frame\r\nContent-Type: image/jpeg\r\n")


@pytest.fixture
def browser() -> Iterator[object]:
    """A Chromium of the system."""
    if not CHROMIUM.exists():
        pytest.skip("needs a browser: apt install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield chromium
        chromium.close()


def sample_frames(name: str) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(SAMPLES / name), cv2.CAP_FFMPEG)
    images = []
    while (read := capture.read())[0]:
        images.append(read[1])
    capture.release()
    return images


def test_a_browser_shows_cameras_people_and_transitions(tmp_path: Path, browser):
    """Two HTTP cameras, where the same people walk from one to the other."""
    asked: list[str] = []
    failed: list[str] = []
    with (
        HttpCamera(sample_frames("cam1.mp4"), pause_s=0.1) as one,
        HttpCamera(sample_frames("cam2.mp4"), pause_s=0.1) as two,
    ):
        words = ("--cams", f"cam1={one.address},cam2={two.address}", "--out", "v", "--serve")
        with live_run(tmp_path, *words) as run:
            run.wait_until_told("serving http://")
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.on("request", lambda r: asked.append(r.url))
            page.on("console", lambda m: failed.append(m.text))
            page.on("pageerror", lambda e: failed.append(str(e)))
            address = re.search(r"http://\S+", "".join(run.told)).group()
            page.goto(address)
            assert "token" not in page.url
            page.wait_for_selector("figure img[src^='blob:']", timeout=120_000)
            one.go()
            two.go()
            page.wait_for_selector("#present li", timeout=60_000)
            page.wait_for_selector("#moves li", timeout=120_000)
            page.wait_for_selector("#moves img.crop", timeout=60_000)
            text = page.inner_text("main")
            page.screenshot(path=str(tmp_path / "page.png"))
            _assert_wall(page, tmp_path)
            _assert_accessible(page)
            _assert_the_last_minutes_play(page, tmp_path)
            player = urllib.request.urlopen(address.replace("/?", "/stream/cam1?"))
            code = run.interrupt()  # though a player hangs on
            player.close()
            page.wait_for_selector("#gone:not([hidden])", timeout=30_000)

    assert code == 130
    assert "Traceback" not in "".join(run.told)
    assert re.search(r"cam1\s+[\d.]+ frames/s · \d+ ms late · \d+ dropped", text)
    assert re.search(r"ID \d+\s+cam[12], \d+ s", text)
    assert re.search(r"ID \d+\s+cam[12] to cam[12] in [\d.]+ s, at ", text)
    assert {u.split("/")[2] for u in asked if u.startswith("http")} == {page.url.split("/")[2]}
    assert [line for line in failed if "ERR_CONNECTION" not in line] == []


def _assert_the_last_minutes_play(page: object, folder: Path) -> None:
    """Beside the pictures, which go on: what was recorded of a camera until now."""
    page.locator("figure", has_text="cam1").get_by_role("button").click()
    page.get_by_role("button", name="Pause").click()
    until(
        page.locator("dialog.player video"),
        "v => v.readyState === 4 && v.error === null && v.videoWidth === 640",
    )
    assert 2.0 < page.locator("dialog video").evaluate("v => v.duration") < 125.0
    page.screenshot(path=str(folder / "recent.png"))
    _assert_accessible(page)
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")


def _assert_accessible(page: object) -> None:
    """No finding of axe that is more than minor, where axe is installed."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


def _assert_wall(page: object, folder: Path) -> None:
    """Equal tiles, one alone by key, people first on a phone."""
    tiles = [tile.bounding_box() for tile in page.query_selector_all("#cameras img")]
    assert tiles[0]["height"] == pytest.approx(tiles[1]["height"], abs=1)
    page.keyboard.press("2")
    page.wait_for_selector("figure.alone")
    assert page.locator("#cameras figure:visible").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("#cameras figure:visible").count() == 2
    page.set_viewport_size(PHONE)
    first, wall = page.locator(".panel").bounding_box(), page.locator(".wall").bounding_box()
    assert first["y"] < wall["y"]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.screenshot(path=str(folder / "phone.png"))
    page.set_viewport_size({"width": 1280, "height": 800})
