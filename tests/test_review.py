"""``reid-track review``: a real server and a real browser; and who is turned away."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser import (
    PHONE,
    Visitor,
    grave_findings,
    shown_at,
    until,
    wait_until_shown,
)
from tests.media import names_in, reid_track
from tests.sample_run import track_samples
from tracker.results.corrections_file import read_corrections_file
from tracker.results.tracks_file import read_tracks

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Served:
    """A running review.

    Attributes:
        address: With the token, as printed.
        folder: The run.
    """

    address: str
    folder: Path
    process: subprocess.Popen[str]

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    @property
    def page(self) -> str:
        return f"http://{self.host}/"

    def content(self) -> dict[str, Any]:
        return json.loads((self.folder / "corrections.json").read_text())

    def ask(
        self, path: str, method: str = "GET", body: str | None = None, **headers: str
    ) -> http.client.HTTPResponse:
        """Ask without a browser; headers by name, with _ for -; an empty one is left out."""
        connection = http.client.HTTPConnection(self.host, timeout=20)
        connection.putrequest(method, path, skip_host="host" in headers)
        told = {"content-length": str(len(body or "")), **headers} if body else headers
        for name, value in told.items():
            if value:
                connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        if body:
            connection.send(body.encode())
        answer = connection.getresponse()
        answer.text = answer.read()  # type: ignore[attr-defined]
        connection.close()
        return answer

    def cookie(self) -> str:
        given = self.ask(f"/?{urlsplit(self.address).query}").getheader("set-cookie")
        assert given is not None
        return given.partition(";")[0]


def serve(folder: Path, *words: str) -> Served:
    process = subprocess.Popen(
        [sys.executable, "-m", "tracker", "review", str(folder), "--who", "tester", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:"), process.communicate()[1]
    return Served(address, folder, process)


def end(served: Served) -> str:
    """End it as Ctrl-C does; return what it printed to stderr."""
    served.process.send_signal(signal.SIGINT)
    told = served.process.communicate(timeout=30)[1]
    assert served.process.returncode == 0
    return told


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, colours: Path) -> Path:
    return track_samples(tmp_path_factory.mktemp("review") / "clips", colours, "--crops")


@pytest.fixture
def served(run: Path, tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "clips"
    shutil.copytree(run, folder)
    served = serve(folder)
    yield served
    if served.process.poll() is None:
        end(served)


def people_shown(page: Any) -> list[str]:
    return page.locator("tbody .chip").all_inner_texts()


def told(page: Any, text: str) -> None:
    page.locator(".says").get_by_text(text).first.wait_for()


def test_a_merge_and_a_split_are_made_and_undone(browser: Visitor, served: Served) -> None:
    original = (served.folder / "tracks.json").read_bytes()
    browser.asked.clear()
    page = browser.open(f"{served.address}#person-1")
    assert page.url.partition("#")[0] == served.page  # the token is out of sight
    page.goto(f"{served.page}#person-1")
    before = page.locator(".visit").count()
    assert before > 1

    page.locator(".visit input").last.check()
    page.locator("#split").click()
    told(page, "Made a new person")
    assert page.locator(".visit").count() == before - 1
    assert people_shown(page) == ["1", "2", "3", "4", "5", "6"]

    page.locator("#other").fill("6")
    page.locator("#merge").click()
    told(page, "1 and 6 are one person")
    assert page.locator(".visit").count() == before
    assert "A person said so" in page.locator(".visit").last.inner_text()

    kinds = [next(iter(c)) for c in served.content()["corrections"]]
    assert kinds == ["split", "merge"]
    assert {c["who"] for c in served.content()["corrections"]} == {"tester"}
    page.locator("#undo").click()
    told(page, "Undone")
    assert people_shown(page) == ["1", "2", "3", "4", "5", "6"]
    page.locator("#undo").click()
    page.locator("#undo:disabled").wait_for()
    assert people_shown(page) == ["1", "2", "3", "4", "5"]
    assert served.content()["corrections"] == []

    assert (served.folder / "tracks.json").read_bytes() == original
    assert browser.hosts() == {served.host}
    assert browser.wrong == []


def test_names_confirmations_and_moves_are_kept_and_can_be_repeated(
    browser: Visitor, served: Served, capsys: pytest.CaptureFixture
) -> None:
    page = browser.open(served.address)
    page.goto(f"{served.page}#person-3")
    page.locator("#name").fill("Ann  Lee")
    page.get_by_role("button", name="Save name").click()
    told(page, "Named")
    assert page.locator("#person-name").inner_text().split("\n")[-1] == "Ann Lee"

    page.goto(f"{served.page}#links")
    cards = page.locator("article.link")
    many = cards.count()
    cards.first.get_by_role("button", name="Same person").click()
    told(page, "Confirmed")
    assert cards.count() == many - 1
    card = cards.filter(has=page.get_by_role("button", name="It is the runner-up")).first
    runner_up = card.locator(".side").last.locator(".chip").inner_text()
    card.get_by_role("button", name="It is the runner-up").click()
    page.locator("#says").get_by_text(f"Moved to person {runner_up}").or_(
        page.locator("#says").get_by_text("share an instant")
    ).wait_for()

    page.goto(f"{served.page}#history")
    assert "person 3 is called Ann Lee" in page.locator("ol.history").inner_text()
    kinds = [next(iter(c)) for c in served.content()["corrections"]]
    assert kinds[:2] == ["name", "confirm"]
    assert f"corrections: {len(kinds)}" in end(served)

    corrected = served.folder / "corrected.json"
    words = ["--corrections", served.folder / "corrections.json", "--out", corrected]
    assert reid_track("identities", served.folder / "tracks.json", *words) == 0
    again = json.loads(corrected.read_text())
    assert [c.get("who") for c in again["corrections"]] == ["tester"] * len(kinds)
    assert [p["name"] for p in again["identities"] if "name" in p] == ["Ann Lee"]
    assert sum(link.get("confirmed", False) for link in again["links"]) == 1
    assert "said" in capsys.readouterr().out
    browser.wrong.clear()


def test_the_video_plays_where_one_clicked(browser: Visitor, served: Served) -> None:
    page = browser.open(served.address)
    page.goto(f"{served.page}#person-1")
    page.locator(".visit .play").nth(1).click()
    video = page.locator("dialog.player video")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Play", exact=True).wait_for()
    until(page.locator("dialog.player video"), "v => v.readyState === 4")
    assert video.evaluate("v => [v.videoWidth, v.error]") == [640, None]
    assert video.evaluate("v => v.duration") == pytest.approx(12.0, abs=0.04)
    begun = shown_at(page)
    page.get_by_role("button", name="One frame on").click()
    wait_until_shown(page, begun + 0.04)
    page.keyboard.press("ArrowRight")
    wait_until_shown(page, begun + 0.08)
    page.keyboard.press("ArrowLeft")
    wait_until_shown(page, begun + 0.04)
    page.get_by_label("Place in the video").fill("4.02")
    wait_until_shown(page, 4.0)
    page.get_by_role("button", name="Play", exact=True).click()
    until(page.locator("dialog.player video"), "v => Number(v.dataset.time) > 4.2")
    assert grave_findings(page) == []
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    assert browser.wrong == []


def test_the_chosen_and_the_corrected_are_drawn_over_the_video(
    browser: Visitor, served: Served
) -> None:
    content = read_tracks(served.folder / "tracks.json")
    track = next(t for t in content.tracks if t.camera == "cam1" and t.global_id == 1)
    box = track.boxes[len(track.boxes) // 2]
    page = browser.open(served.address)
    page.goto(f"{served.page}#person-1")
    page.locator(".visit .play").first.click()
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Place in the video").fill(str(box.time_s))
    wait_until_shown(page, box.time_s)
    page.locator("dialog canvas[data-people='1']").wait_for()  # the others are in the picture
    drawn = page.locator("dialog canvas").evaluate(
        """canvas => {
          const { width, height } = canvas, seen = { x: [], y: [] };
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          for (let n = 0; n < width * height; n += 1) {
            if (data[4 * n + 3]) { seen.x.push(n % width); seen.y.push(Math.floor(n / width)); }
          }
          return [Math.min(...seen.x), Math.max(...seen.x), Math.max(...seen.y)];
        }"""
    )
    x1, _, x2, y2 = box.xyxy
    assert drawn == pytest.approx([x1, x2, y2], abs=10)
    page.keyboard.press("Escape")
    page.goto(f"{served.page}#person-2")
    page.get_by_label("Same as person").fill("1")
    page.get_by_role("button", name="Merge").click()
    page.wait_for_url("**/#person-1")
    page.locator(".visit .play").first.click()
    page.get_by_role("button", name="Pause").click()
    page.locator("dialog canvas[data-people*='1']").wait_for()
    assert browser.wrong == []


def test_parts_of_the_video_and_its_boxes_are_given(run: Path, served: Served) -> None:
    cookie = served.cookie()
    film = json.loads(served.ask("/film/0.json", cookie=cookie).text)
    tracks = [t for t in read_tracks(run / "tracks.json").tracks if t.camera == "cam1"]
    assert film["name"] == "cam1.mp4"
    assert film["begins"] == 0
    assert film["length"] == pytest.approx(12.0, abs=0.05)
    boxes = json.loads(served.ask("/film/0.json?from=2&until=4", cookie=cookie).text)
    wanted = [
        [box.time_s, track.track_id]
        for track in tracks for box in track.boxes if 2 <= box.time_s < 4
    ]  # fmt: skip
    assert [box[:2] for box in boxes] == sorted(wanted)
    drawn = {t.track_id: t.global_id for t in tracks}
    assert {(box[1], box[8]) for box in boxes} <= set(drawn.items())
    whole = (run / "cam1.mp4").read_bytes()
    answer = served.ask("/video/0", cookie=cookie, range="bytes=100-299")
    assert (answer.status, answer.text) == (206, whole[100:300])
    assert answer.getheader("content-type") == "video/mp4"


@pytest.mark.parametrize("size", [None, PHONE], ids=["laptop", "phone"])
def test_it_is_accessible(browser: Visitor, served: Served, size: dict[str, int] | None) -> None:
    page = browser.open(served.address, *([size] if size else []), scheme="dark")
    for name in ("overview", "people", "person-1", "links", "history"):
        page.goto(f"{served.page}#{name}")
        assert grave_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert browser.wrong == []


REFUSED = [
    pytest.param({}, 401, id="no token"),
    pytest.param({"cookie": "other=1"}, 401, id="another cookie"),
    pytest.param({"cookie": "CUT"}, 401, id="half a token"),
    pytest.param({"cookie": "OWN", "host": "evil.example"}, 421, id="rebound name"),
    pytest.param({"cookie": "OWN", "origin": "http://evil.example"}, 403, id="origin"),
    pytest.param({"cookie": "OWN", "origin": "http://127.0.0.1:1"}, 403, id="another port"),
    pytest.param({"cookie": "OWN", "origin": "null"}, 403, id="sandboxed origin"),
    pytest.param({"cookie": "OWN", "sec_fetch_site": "cross-site"}, 403, id="cross-site"),
    pytest.param({"cookie": "OWN", "sec_fetch_site": "same-site"}, 403, id="same-site"),
]


def test_whoever_has_no_token_or_comes_from_elsewhere_is_refused(served: Served) -> None:
    cookie = served.cookie()
    own = {"CUT": cookie[:-1], "OWN": cookie}
    for case in REFUSED:
        headers, status = case.values
        headers = {k: own.get(v, v) for k, v in headers.items()}
        for path in ("/", "/crop/0/1/0.jpg", "/video/0", "/film/0.json", "/poster/0.jpg"):
            answer = served.ask(path, **headers)
            assert answer.status == status, (case.id, path)
            assert answer.getheader("set-cookie") is None
    assert served.ask("/", cookie=cookie).status == 200
    assert served.ask("/?token=wrong").status == 401


def test_corrections_need_our_own_page(served: Served) -> None:
    cookie, origin = served.cookie(), f"http://{served.host}"
    said = json.dumps({"revision": 0, "corrections": [{"name": {"global_id": 1, "name": "X"}}]})
    for status, headers in (
        (401, {"origin": origin}), (403, {"cookie": cookie}),
        (403, {"cookie": cookie, "origin": "http://evil.example"}),
        (421, {"cookie": cookie, "origin": origin, "host": "evil.example"}),
    ):  # fmt: skip
        assert served.ask("/correct", "POST", said, **headers).status == status
        assert served.ask("/undo", "POST", said, **headers).status == status
    large = "x" * 1_000_001
    assert served.ask("/correct", "POST", large, cookie=cookie, origin=origin).status == 413
    assert "corrections.json" not in names_in(served.folder)
    assert served.ask("/correct", "POST", said, cookie=cookie, origin=origin).status == 200
    assert "corrections.json" in names_in(served.folder)


def test_wrong_and_outdated_corrections_change_nothing(served: Served) -> None:
    cookie, origin = served.cookie(), f"http://{served.host}"

    def post(path: str, said: object) -> tuple[int, Any]:
        answer = served.ask(path, "POST", json.dumps(said), cookie=cookie, origin=origin)
        return answer.status, json.loads(answer.text)

    for said in ([], {}, {"revision": 0}, {"revision": 0, "corrections": [{"join": [1, 2]}]},
                 {"revision": 0, "corrections": [{"merge": [1, 99]}]},
                 {"revision": 0, "corrections": [{"move": {"global_id": 1}}]},
                 {"revision": 0, "corrections": [{"merge": [1, 2]}, {"merge": [1, 99]}]},
                 ):  # fmt: skip
        status, answer = post("/correct", said)
        assert status == 422
        assert answer["error"]
    assert post("/undo", {"revision": 0})[1] == {"error": "there is nothing to undo"}
    name = {"revision": 0, "corrections": [{"name": {"global_id": 1, "name": "X"}}]}
    assert post("/correct", name)[0] == 200
    status, answer = post("/correct", name)
    assert (status, answer["facts"]["revision"]) == (409, 1)
    assert len(served.content()["corrections"]) == 1


def test_nothing_else_is_served_and_nothing_may_be_framed_or_kept(
    served: Served, tmp_path: Path
) -> None:
    cookie = served.cookie()
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"secret")
    crop = next((served.folder / "gallery" / "crops" / "cam1" / "1").iterdir())
    path = f"/crop/0/1/{int(crop.stem)}.jpg"
    assert served.ask(path, cookie=cookie).text == crop.read_bytes()
    crop.unlink()
    crop.symlink_to(secret)
    assert served.ask(path, cookie=cookie).status == 404
    for outside in ("/crop/0/1/../../../tracks.json", "/tracks.json", "/../secret.jpg",
                    "/crop/9/1/1.jpg", "/poster/9.jpg", "/video/9", "/film/9.json",
                    "/film/9.json?from=0", "/crop/-1/1/1.jpg",
                    "/%2e%2e/secret.jpg", "//etc/passwd", "/docs", "/openapi.json"):  # fmt: skip
        answer = served.ask(outside, cookie=cookie)
        assert (answer.status, b"secret" in answer.text) == (404, False), outside
    headers = dict(served.ask("/", cookie=cookie).getheaders())
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    given = served.ask(f"/?{urlsplit(served.address).query}").getheader("set-cookie")
    assert "HttpOnly" in given
    assert "SameSite=Strict" in given


def test_only_this_machine_can_connect(served: Served) -> None:
    port = int(served.host.rpartition(":")[2])
    for _family, _kind, _proto, _name, (address, *_rest) in socket.getaddrinfo(
        socket.gethostname(), port, socket.AF_INET, socket.SOCK_STREAM
    ):
        if not address.startswith("127."):
            with socket.socket() as probe:
                probe.settimeout(5)
                assert probe.connect_ex((address, port)) != 0


def test_a_review_goes_on_where_it_ended_and_leaves_another_result_alone(
    served: Served, tmp_path: Path
) -> None:
    cookie, origin = served.cookie(), f"http://{served.host}"
    said = {"revision": 0, "corrections": [{"name": {"global_id": 2, "name": "Bo"}}]}
    served.ask("/correct", "POST", json.dumps(said), cookie=cookie, origin=origin)
    end(served)
    again = serve(served.folder)
    facts = again.ask("/", cookie=again.cookie()).text.decode()
    assert '"Bo"' in facts
    end(again)

    tracks = served.folder / "tracks.json"
    tracks.write_text(tracks.read_text().replace('"version"', '"version" '))
    other = serve(served.folder)
    old = (served.folder / "corrections.json").read_bytes()
    said["corrections"] = [{"name": {"global_id": 1, "name": "Al"}}]
    origin = f"http://{other.host}"
    assert other.ask("/correct", "POST", json.dumps(said), cookie=other.cookie(),
                     origin=origin).status == 200  # fmt: skip
    assert "is of an earlier result" in end(other)
    kept = [p for p in served.folder.glob("corrections.*.json")]
    assert [p.read_bytes() for p in kept] == [old]
    new = read_corrections_file(served.folder / "corrections.json")
    assert sorted({named.name for named in new.sure.names}) == ["Al", "Bo"]
    assert len(new.corrections) == 1
    assert len(read_tracks(tracks).identities) == 5


@pytest.mark.parametrize(
    ("words", "told_"),
    [
        pytest.param(["no-run"], "no-run", id="no run"),
        pytest.param([".", "--video", "cam9=x.mp4"], "cam9=x.mp4", id="unknown camera"),
        pytest.param([".", "--video", "cam1=no.mp4"], "no.mp4", id="no video"),
        pytest.param([".", "--port", "70000"], "65535", id="no port"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture,
    words: list[str], told_: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(run)
    assert reid_track("review", *words) in (1, 2)
    assert told_ in capsys.readouterr().err
