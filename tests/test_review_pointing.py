"""What a person can be wrong about, put right by pointing and by keys, in a real browser."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import PHONE, Visitor, grave_findings, until
from tests.media import reid_track
from tests.sample_run import track_samples
from tests.test_review import Served, end, serve, told, wait_until_shown
from tracker.results.corrections_file import read_corrections_file
from tracker.results.tracks_file import read_tracks


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, colours: Path) -> Path:
    return track_samples(tmp_path_factory.mktemp("pointing") / "clips", colours, "--crops")


@pytest.fixture
def served(run: Path, tmp_path: Path) -> Iterator[Served]:
    """The run, with a link in much doubt, one in a little, and one that was not made."""
    folder = tmp_path / "clips"
    shutil.copytree(run, folder)
    content = json.loads((folder / "tracks.json").read_text())
    for link, probability in zip(content["links"], (0.32, 0.6, 0.999, 0.999), strict=False):
        link["probability"], link["runner_up"] = probability, None
    two = [t for t in content["tracks"] if t["camera"] == "cam2"][:2]
    content["suggestions"] = [
        {"first": {"camera": "cam2", "track_id": two[0]["track_id"]},
         "second": {"camera": "cam1", "track_id": 1}, "probability": 0.2, "similarity": 0.5}
    ]  # fmt: skip
    (folder / "tracks.json").write_text(json.dumps(content))
    served = serve(folder)
    yield served
    if served.process.poll() is None:
        end(served)


def said(served: Served) -> list[str]:
    return [next(iter(c)) for c in served.content()["corrections"]]


def open_player(page: Any, served: Served, person: int, time_s: float) -> None:
    page.goto(f"{served.page}#person-{person}")
    page.locator(".visit .play").first.click()
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Place in the video").fill(str(time_s))
    wait_until_shown(page, time_s)
    page.locator(".player .tools[data-boxes]:not([data-boxes=''])").wait_for()


def test_a_visit_is_cut_at_the_picture_shown_and_given_to_somebody(
    browser: Visitor, served: Served
) -> None:
    page = browser.open(served.address)
    open_player(page, served, 1, 2.4)
    page.locator("#cut").click()
    told(page, "Cut cam1/1 at frame 60")
    page.locator("dialog.player").wait_for()  # stays with its person
    assert "cam1/1 of Person 1" in page.locator(".player .tools").inner_text()
    [cut] = [c["cut"] for c in served.content()["corrections"]]
    assert (cut["frame"], cut["global_id"]) == (60, 6)
    page.keyboard.press("Escape")
    page.goto(f"{served.page}#person-6")
    assert page.locator(".visit").count() == 1
    shots = page.locator(".visit .crop")
    assert shots.count() > 0
    for shot in shots.all():
        shot.scroll_into_view_if_needed()  # pictures far below load once they are near
        until(shot, "i => i.complete && i.naturalWidth > 0")
    page.locator("#undo").click()
    told(page, "Undone")
    page.locator("#redo").click()
    told(page, "Made again")
    assert said(served) == ["cut"]
    assert browser.wrong == []


def test_two_people_change_places_by_two_clicks(browser: Visitor, served: Served) -> None:
    page = browser.open(served.address)
    open_player(page, served, 1, 2.4)
    page.locator("#swap").click()
    told(page, "change places at frame 60")
    assert said(served) == ["swap"]
    page.keyboard.press("Escape")
    page.goto(f"{served.page}#history")
    assert "change places at frame 60" in page.locator("ol.history").inner_text()
    page.locator("#undo").click()
    told(page, "Undone")
    assert said(served) == []


def test_a_click_in_the_picture_chooses_somebody_else(browser: Visitor, served: Served) -> None:
    track = next(
        t for t in read_tracks(served.folder / "tracks.json").tracks
        if t.camera == "cam1" and t.track_id == 2
    )  # fmt: skip
    box = next(b for b in track.boxes if b.frame == 60)
    page = browser.open(served.address)
    open_player(page, served, 1, 2.4)
    area = page.locator(".film").bounding_box()
    scale = area["width"] / 640
    page.locator(".film").click(
        position={"x": scale * sum(box.xyxy[::2]) / 2, "y": scale * sum(box.xyxy[1::2]) / 2}
    )
    page.locator(".player .tools").get_by_text("cam1/2 of Person").wait_for()


def test_what_is_not_a_person_goes_and_comes_back(browser: Visitor, served: Served) -> None:
    page = browser.open(served.address)
    page.goto(f"{served.page}#person-2")
    page.locator("#nobody").click()
    told(page, "not a person")
    page.goto(f"{served.page}#history")
    page.get_by_role("button", name="Restore").click()
    told(page, "Given back")
    page.goto(f"{served.page}#people")
    assert "2" in page.locator("tbody .chip").all_inner_texts()
    assert said(served) == ["nobody", "restore"]


def test_who_looks_most_alike_is_merged_by_picture_or_the_moment_is_shown(
    browser: Visitor, served: Served
) -> None:
    page = browser.open(served.address)
    page.goto(f"{served.page}#person-1")
    cards = page.locator(".alike article")
    cards.first.wait_for()
    clash = cards.filter(has_text="In view at once in").first
    clash.get_by_role("button", name="Show that moment").click()
    page.locator("dialog.player").wait_for()
    page.keyboard.press("Escape")
    free = cards.filter(has=page.get_by_role("button", name="Same person"))
    if free.count():
        other = free.first.locator(".chip").first.inner_text()
        free.first.get_by_role("button", name="Somebody else").click()
        told(page, "Kept apart")
        assert said(served) == ["apart"]
        assert other != "1"


def test_several_are_chosen_or_dragged_in_the_table(browser: Visitor, served: Served) -> None:
    page = browser.open(served.address)
    page.goto(f"{served.page}#person-1")
    page.locator(".visit input").last.check()
    page.locator("#split").click()
    told(page, "Made a new person")
    page.goto(f"{served.page}#people")
    page.get_by_label("Choose Person 1").check()
    page.get_by_label("Choose Person 6").check()
    page.get_by_role("button", name="1, 6 are one person").click()
    told(page, "1 and 6 are one person")
    page.locator("#undo").click()
    told(page, "Undone")
    page.locator("tr[data-person='6']").drag_to(page.locator("tr[data-person='1']"))
    told(page, "6 and 1 are one person")
    assert said(served) == ["split", "merge"]


def test_doubts_are_settled_by_keys(browser: Visitor, served: Served) -> None:
    page = browser.open(served.address)
    page.goto(f"{served.page}#queue")
    asked = page.locator(".ask")
    first = asked.get_attribute("data-pair")
    assert "3 questions; 0 %" in page.locator(".told").inner_text()
    page.keyboard.press("u")  # later
    page.locator(f".ask:not([data-pair='{first}'])").wait_for()
    page.keyboard.press("y")
    told(page, "Confirmed")
    page.keyboard.press("n")
    told(page, "Kept apart")
    page.locator(f".ask[data-pair='{first}']").wait_for()
    page.keyboard.press(" ")
    page.locator("dialog.player").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    page.keyboard.press("n")
    told(page, "Made a new person")
    assert said(served) == ["confirm", "apart", "split"]
    page.locator(".told").get_by_text("Nothing is in doubt").or_(
        page.locator(".tag").get_by_text("follows from your answers")
    ).first.wait_for()
    page.keyboard.press("z")
    told(page, "Undone")
    assert said(served) == ["confirm", "apart"]
    assert browser.wrong == []


def test_all_of_it_holds_in_a_new_run_of_the_same_videos(
    browser: Visitor, served: Served, colours: Path, tmp_path: Path
) -> None:
    page = browser.open(served.address)
    open_player(page, served, 1, 2.4)
    page.locator("#swap").click()
    told(page, "change places at frame 60")
    page.keyboard.press("Escape")
    page.goto(f"{served.page}#person-2")
    page.locator("#nobody").click()
    told(page, "not a person")
    end(served)
    corrected = tmp_path / "corrected.json"
    words = ("--corrections", served.folder / "corrections.json", "--out", corrected)
    assert reid_track("identities", served.folder / "tracks.json", *words) == 0
    wanted = read_tracks(corrected)
    words = ("--corrections", served.folder / "corrections.json")
    again = read_tracks(track_samples(tmp_path / "again", colours, *words) / "tracks.json")

    def where(content: Any) -> dict[int, list[tuple[float, float]]]:
        """Who has which box of cam1 in frames before and after the swap."""
        return {
            frame: sorted(
                (box.xyxy[0], t.global_id) for t in content.tracks if t.camera == "cam1"
                for box in t.boxes if box.frame == frame
            )
            for frame in (50, 59, 60, 70)
        }  # fmt: skip

    one, other = where(wanted), where(again)
    for frame in one:
        assert [x for x, _ in one[frame]] == pytest.approx([x for x, _ in other[frame]], abs=2)

    def changes(found: dict[int, list[tuple[float, int]]]) -> bool:
        left, right = found[59], found[60]
        return [i for _, i in left[:2]] == [i for _, i in reversed(right[:2])]

    assert changes(one)
    assert changes(other)
    boxes = [sum(len(t.boxes) for t in x.tracks if t.camera == "cam2") for x in (wanted, again)]
    assert boxes[0] == boxes[1]  # nobody has those that are not a person
    assert len(read_corrections_file(served.folder / "corrections.json").sure.nobody) == 1


@pytest.mark.parametrize("size", [None, PHONE], ids=["laptop", "phone"])
def test_doubts_and_the_player_are_accessible(
    browser: Visitor, served: Served, size: dict[str, int] | None
) -> None:
    page = browser.open(served.address, *([size] if size else []), scheme="dark")
    page.goto(f"{served.page}#queue")
    assert grave_findings(page) == []
    open_player(page, served, 1, 2.4)
    assert grave_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert browser.wrong == []


def test_zones_are_drawn_on_the_picture_saved_and_counted(
    browser: Visitor, served: Served, capsys: pytest.CaptureFixture
) -> None:
    page = browser.open(served.address)
    page.goto(f"{served.page}#places")
    scene = page.locator(".drawing").first

    def click(*at: tuple[float, float]) -> None:
        for x, y in at:
            area = scene.bounding_box()
            scale = area["width"] / 640
            scene.click(position={"x": x * scale, "y": y * scale})

    page.locator("#zone-name").fill("middle")
    click((220, 200), (420, 200), (420, 470), (220, 470))
    page.get_by_role("button", name="Save").click()
    told(page, "Saved in zones.yaml")
    page.get_by_label("What to draw").select_option("line")
    page.locator("#zone-name").fill("yard")
    click((320, 470), (320, 10))
    page.get_by_role("button", name="Save").click()
    page.locator("table.counts").get_by_text("yard").wait_for()
    row = page.locator("table.counts tr", has_text="yard").inner_text().split()
    assert row == ["yard", "3", "2", "4"]
    assert grave_findings(page) == []
    words = ("--zones", served.folder / "zones.yaml")
    assert reid_track("analyse", served.folder, *words) == 0
    assert "yard: 3 in, 2 out, 4 people" in capsys.readouterr().out
    out = served.folder / "report.html"
    assert reid_track("report", served.folder, "--out", out, "-q") == 0
    report = browser.open(out.as_uri() + "#places")
    report.locator("table.counts tr", has_text="yard").wait_for()
    assert report.locator(".heat canvas").count() == 2
    page.get_by_label("Remove yard").click()
    told(page, "Saved in zones.yaml")
    assert "yard" not in (served.folder / "zones.yaml").read_text()
    assert browser.wrong == []
