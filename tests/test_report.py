"""``reid-track report``: one page that opens from disk, asks nobody for anything, and works."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from msgspec import convert
from msgspec.structs import replace

from tests.browser import PHONE, Visitor, grave_findings, until, wait_until_shown
from tests.crowd import crowd
from tests.media import reid_track
from tests.sample_run import track_samples
from tracker.apps.report.page_data import facts_of
from tracker.apps.report.pictures import embedded
from tracker.apps.report.render import render
from tracker.apps.report.run_pictures import RunPictures, find_kept
from tracker.rendering.draw import colour_of
from tracker.results.tracks_file import TracksFile, read_tracks

PAGES = ("overview", "people", "person-1", "links")
CAMERAS, PEOPLE = 20, 2000


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, colours: Path) -> Path:
    return track_samples(tmp_path_factory.mktemp("report") / "clips", colours, "--crops")


@pytest.fixture(scope="module")
def page_file(run: Path) -> Path:
    out = run.parent / "report.html"
    assert reid_track("report", run, "--out", out) == 0
    return out


def texts(page: Any, where: str) -> list[str]:
    return [" ".join(text.split()) for text in page.locator(where).all_inner_texts()]


def people_shown(page: Any) -> list[str]:
    return texts(page, "tbody .chip")


def test_it_opens_from_disk_and_asks_nobody(browser: Visitor, page_file: Path) -> None:
    browser.asked.clear()
    page = browser.open(page_file.as_uri())
    assert page.locator("dl.figures dd").first.inner_text() == "5"
    for name in PAGES[1:]:
        page.goto(f"{page_file.as_uri()}#{name}")
        page.locator("main img").first.wait_for()
    assert browser.hosts() == {""}
    assert {a.partition("#")[0] for a in browser.asked} == {page_file.as_uri()}
    assert browser.wrong == []
    blocked = "fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')"
    assert page.evaluate(blocked) == "refused"
    assert "Content Security Policy" in browser.wrong.pop()
    browser.wrong.clear()


def test_people_are_sorted_and_filtered(browser: Visitor, page_file: Path) -> None:
    page = browser.open(f"{page_file.as_uri()}#people")
    assert people_shown(page) == ["1", "2", "3", "4", "5"]
    page.locator("#sort-last").click()
    content = read_tracks(page_file.parent / "clips" / "tracks.json")
    last = {str(p.global_id): p.last_time_s for p in content.identities}
    assert people_shown(page) == sorted(last, key=last.__getitem__)
    page.locator("#sort-last").click()
    assert people_shown(page) == sorted(last, key=last.__getitem__, reverse=True)
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Last seen")

    several = {
        str(p.global_id) for p in content.identities
        if len({t.camera for t in p.tracks}) > 1
    }  # fmt: skip
    page.get_by_label("Cameras").select_option("2")
    assert set(people_shown(page)) == several
    page.get_by_role("button", name="Clear").click()
    page.locator("#find").fill("4")
    assert people_shown(page) == ["4"]
    page.locator("#find").fill("nobody")
    assert people_shown(page) == []
    assert "Nobody fits" in page.locator("main").inner_text()


def test_a_cell_of_the_matrix_shows_who_went_there(browser: Visitor, page_file: Path) -> None:
    page = browser.open(page_file.as_uri())
    page.get_by_role("link", name="from cam1 to cam2").click()
    content = read_tracks(page_file.parent / "clips" / "tracks.json")
    moved = [
        str(p.global_id) for p in content.identities
        if any((t.left, t.entered) == ("cam1", "cam2") for t in p.transitions)
    ]  # fmt: skip
    assert people_shown(page) == moved


def test_a_person_has_crops_times_ways_and_the_videos_colour(
    browser: Visitor, page_file: Path
) -> None:
    page = browser.open(f"{page_file.as_uri()}#person-1")
    person = page.locator("article.person")
    content = read_tracks(page_file.parent / "clips" / "tracks.json")
    tracks = content.identities[0].tracks
    assert person.locator(".visit").count() == len(tracks)
    assert person.locator(".bar").count() == len(tracks)
    assert person.locator("img.crop").count() > len(tracks)
    decoded = "images => Promise.all(images.map(i => (i.loading = 'eager', i.decode())))"
    person.locator("img.crop").evaluate_all(decoded)  # fails where one cannot be shown
    assert person.locator(".scene image").count() == len({t.camera for t in tracks})
    blue, green, red = colour_of(1)
    chip = person.locator("h2 .chip")
    assert (
        chip.evaluate("e => getComputedStyle(e).backgroundColor") == f"rgb({red}, {green}, {blue})"
    )
    told = re.findall(r"in [\d.]+ s", " ".join(texts(page, ".visit-head")))
    gap = tracks[1].enter_s - tracks[0].leave_s
    assert told == [f"in {gap:.1f} s"]


def test_the_keyboard_goes_from_person_to_person(browser: Visitor, page_file: Path) -> None:
    page = browser.open(f"{page_file.as_uri()}#people")
    page.keyboard.press("/")
    page.keyboard.type("cam")
    assert page.locator("#find").input_value() == "cam"
    page.locator("tbody a").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("#person-name").inner_text().split()[-1] == "2"
    page.keyboard.press("Escape")
    page.locator("article.person").wait_for(state="detached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [None, PHONE], ids=["laptop", "phone"])
def test_it_is_accessible_and_fits(
    browser: Visitor, page_file: Path, scheme: str, size: dict[str, int] | None
) -> None:
    for name in PAGES:
        page = browser.open(
            f"{page_file.as_uri()}#{name}", *([size] if size else []), scheme=scheme
        )
        assert grave_findings(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px too wide"
        page.context.close()
    assert browser.wrong == []


def test_names_cannot_become_markup(browser: Visitor, tmp_path: Path) -> None:
    content = crowd(3, 2)
    content["identities"][0]["name"] = "</script><img src=x onerror=alert(1)>"
    (tmp_path / "tracks.json").write_text(json.dumps(content))
    out = tmp_path / "report.html"
    assert reid_track("report", tmp_path / "tracks.json", "--out", out) == 0
    page = browser.open(out.as_uri())
    assert "</script><img" in page.locator("body").inner_text()
    assert page.locator("img[src=x]").count() == 0
    assert browser.wrong == []


def test_two_thousand_people_in_twenty_cameras(browser: Visitor, tmp_path: Path) -> None:
    (tmp_path / "tracks.json").write_text(json.dumps(crowd(PEOPLE, CAMERAS)))
    out = tmp_path / "report.html"
    assert reid_track("report", tmp_path, "--out", out, "-q") == 0
    assert out.stat().st_size < 4_000_000
    page = browser.open(f"{out.as_uri()}#people")
    assert "2,000 people" in page.locator(".told").inner_text()
    assert len(people_shown(page)) <= 120  # the others when one scrolls there
    page.mouse.wheel(0, 20_000)
    page.locator("tbody tr").nth(60).wait_for(state="attached")
    page.locator("#sort-weakest").click()
    weakest = [float(t.strip("! %\u00a0")) for t in texts(page, "td.col-weakest")[:60]]
    assert weakest == sorted(weakest)
    page.locator("#find").fill("cam07")
    assert "of 2,000 people" in page.locator(".told").inner_text()
    page.goto(f"{out.as_uri()}#overview")
    assert page.locator(".crowd polygon").count() == CAMERAS + 1  # and all of them together
    assert page.locator(".matrix tbody tr").count() == CAMERAS
    assert page.evaluate("document.querySelectorAll('*').length") < 15_000
    assert browser.wrong == []


def test_pictures_are_bounded_and_everybody_has_one_first(tmp_path: Path) -> None:
    content = convert(crowd(30, 3), TracksFile)
    noise = np.random.default_rng(0).integers(0, 255, (200, 90, 3)).astype(np.uint8)
    path = tmp_path / "noise.jpg"
    cv2.imwrite(str(path), noise)
    keys = [track.key for track in content.tracks]
    kept = RunPictures({key: dict.fromkeys(range(6), path) for key in keys}, {"cam01": path})
    assert len(keys) > 30
    pictures, shots = embedded(content, kept, limit_mb=0.5)
    assert sum(map(len, pictures.values())) <= 500_000
    firsts = [person.tracks[0].key for person in content.identities]
    assert len(shots) < len(keys)
    assert list(shots)[: len(firsts)] == firsts
    assert {len(frames) for frames in shots.values()} == {1}
    pictures, shots = embedded(content, kept, limit_mb=100)
    assert {len(frames) for frames in shots.values()} == {6}
    assert set(pictures) == {"poster 0", *(f"crop {int(c[3:]) - 1} {n}" for c, n in keys)}


def test_pictures_of_another_result_are_not_shown(run: Path, tmp_path: Path) -> None:
    content = read_tracks(run / "tracks.json")
    assert set(find_kept(run / "tracks.json", content).posters) == {"cam1", "cam2"}
    changed = replace(content, tracks=content.tracks[1:])
    assert find_kept(run / "tracks.json", changed) == RunPictures()
    assert find_kept(tmp_path / "tracks.json", content) == RunPictures()


def test_the_same_result_gives_the_same_page(run: Path, page_file: Path) -> None:
    content = read_tracks(run / "tracks.json")
    kept = find_kept(run / "tracks.json", content)
    inside, shots = embedded(content, kept)
    page = render(facts_of(content, "clips", shots, kept.posters), inside)
    assert page.html == page_file.read_text(encoding="utf-8")


def test_it_shows_corrections(browser: Visitor, run: Path, tmp_path: Path) -> None:
    said = tmp_path / "said.json"
    said.write_text(json.dumps([{"name": {"global_id": 2, "name": "Bo & <Co>"}}]))
    out = tmp_path / "corrected.html"
    assert reid_track("report", run, "--corrections", said, "--pictures", 0, "--out", out) == 0
    page = browser.open(f"{out.as_uri()}#people")
    page.locator("#find").fill("bo &")
    assert people_shown(page) == ["2"]
    assert page.locator("tbody .name").inner_text() == "Bo & <Co>"
    assert page.locator("main img").count() == 0


def test_it_plays_the_videos_with_the_corrected_people_over_them(
    browser: Visitor, run: Path, tmp_path: Path
) -> None:
    said = tmp_path / "said.json"
    said.write_text(json.dumps([{"merge": [1, 2]}]))
    out = run.parent / "with videos.html"
    words = ["--corrections", said, "--videos", "--pictures", 0, "--out", out]
    assert reid_track("report", run, *words) == 0
    browser.asked.clear()
    page = browser.open(f"{out.as_uri()}#person-1")
    visit = next(t for t in read_tracks(run / "tracks.json").tracks if t.global_id == 2)
    name = f"{visit.camera}/{visit.track_id}"
    item = page.locator(".visit", has=page.get_by_text(name, exact=True))
    item.get_by_role("button", name="Play", exact=True).click()
    video = page.locator("dialog.player video")
    page.get_by_role("button", name="Pause").click()
    until(page.locator("dialog.player video"), "v => v.readyState === 4")
    assert video.evaluate("v => v.duration") == pytest.approx(12.0, abs=0.04)
    box = visit.boxes[len(visit.boxes) // 2]
    page.get_by_label("Place in the video").fill(str(box.time_s))
    wait_until_shown(page, box.time_s)
    page.locator("dialog canvas[data-people*='1']").wait_for()
    page.screenshot(path=tmp_path / "player.png")
    assert grave_findings(page) == []
    assert browser.hosts() == {""}
    assert browser.wrong == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["nothing", "--out", "r.html"], "nothing", id="no result"),
        pytest.param([".", "--out", "r.html"], "has none", id="empty folder"),
        pytest.param(["some.json", "--out", "r.html"], "no tracks.json", id="another file"),
        pytest.param(["some.json", "--out", "some.json"], "is an input", id="onto itself"),
        pytest.param(["some.json", "--out", "old.html"], "--overwrite", id="existing"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture,
    words: list[str], told: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("some.json").write_text("{}")
    Path("old.html").write_text("old")
    assert reid_track("report", *words) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("error: ")
    assert len(printed.err.splitlines()) == 1
    assert told in printed.err
    assert Path("old.html").read_text() == "old"
    assert not Path("r.html").exists()


def test_without_jinja_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "tracks.json").write_text(json.dumps(crowd(2, 1)))
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert reid_track("report", tmp_path, "--out", tmp_path / "r.html") == 1
    assert "pip install 'reid-track[web]'" in capsys.readouterr().err
