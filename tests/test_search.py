"""Who is found, through the real command line: real ReID network and clips, the truth's boxes.

Each clip is a run of its own, so that what is searched for comes from another camera and run.
"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import numpy as np
import pytest

from tests.media import names_in, reid_track, write_boxes, write_pictures
from tests.parts import detections
from tests.test_samples import CAMERAS, SAMPLES
from tracker.apps.search.query import read_photo
from tracker.core import boxes
from tracker.core.types import Detections, Frame
from tracker.gallery.read import read_gallery
from tracker.results.schemas import load_schema

REID = "osnet_x0_25_mixed"
FRAMES = 240


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run for each camera, with crops."""
    folder = tmp_path_factory.mktemp("runs")
    for camera in CAMERAS:
        out = folder / camera
        out.mkdir()
        truth = SAMPLES / f"{camera}.gt.txt"
        words = ["--detections", truth, "--reid", REID, "--max-frames", FRAMES, "--crops", "-q"]
        source = SAMPLES / f"{camera}.mp4"
        assert reid_track(source, *words, "--json", out / "tracks.json") == 0
    return {camera: folder / camera for camera in CAMERAS}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def search(here: Path, capsys: pytest.CaptureFixture) -> Callable[..., dict[str, Any]]:
    """Search and return the JSON, which fulfils its schema."""

    def call(*words: object) -> dict[str, Any]:
        capsys.readouterr()
        assert reid_track("search", *words, "--json", "-q") == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        jsonschema.validate(found, load_schema("search"))
        return found

    return call


def true_people(run: Path) -> dict[int, int]:
    """The true person behind each global id of a run, at the middle of the first visit."""
    truth = np.loadtxt(SAMPLES / f"{run.name}.gt.txt", delimiter=",")
    found = {}
    for track in json.loads((run / "tracks.json").read_text())["tracks"]:
        box = track["boxes"][len(track["boxes"]) // 2]
        rows = truth[truth[:, 0] == box["frame"] + 1]
        overlap = boxes.iou(boxes.xywh_to_xyxy(rows[:, 2:6]), np.array([box["xyxy"]]))
        found.setdefault(track["global_id"], int(rows[overlap.argmax(), 1]))
    return found


def shared_people(runs: dict[str, Path]) -> list[tuple[int, int]]:
    """The global ids in the first and second run of all who are in both."""
    first, second = (true_people(runs[camera]) for camera in CAMERAS)
    number_in_second = {person: number for number, person in second.items()}
    return [(n, number_in_second[p]) for n, p in first.items() if p in number_in_second]


def crops_of(run: Path, global_id: int) -> list[Path]:
    gallery = read_gallery(run / "gallery")
    tracks = json.loads((run / "tracks.json").read_text())["tracks"]
    keys = {(t["camera"], t["track_id"]) for t in tracks if t["global_id"] == global_id}
    return [gallery.crop(n) for n in range(len(gallery)) if gallery.key(n) in keys]


def test_a_crop_of_one_camera_finds_the_person_in_the_other(runs, search) -> None:
    both = shared_people(runs)
    assert len(both) >= 2
    for one, other in both:
        crops = crops_of(runs["cam1"], one)
        found = search(crops[len(crops) // 2], runs["cam2"])
        best, *rest = found["people"]

        assert best["global_id"] == other
        assert Path(best["tracks_json"]) == (runs["cam2"] / "tracks.json").resolve()
        assert best["similarity"] > 0.7
        assert all(person["similarity"] < best["similarity"] - 0.2 for person in rest)
        assert {visit["camera"] for visit in best["visits"]} == {"cam2"}
        assert all(Path(visit["crop"]).is_file() for visit in best["visits"])
        assert found["searched"]["runs"] == 1
        assert found["query"]["photos"] == [{"path": str(crops[len(crops) // 2]), "xyxy": None,
                                             "people": None}]  # fmt: skip


def test_visits_have_the_times_of_the_run(runs, search) -> None:
    one, other = shared_people(runs)[0]
    best = search(crops_of(runs["cam1"], one)[0], runs["cam2"])["people"][0]

    people = json.loads((runs["cam2"] / "tracks.json").read_text())["identities"]
    (person,) = (p for p in people if p["global_id"] == other)
    assert [(v["track_id"], v["enter_s"], v["leave_s"]) for v in best["visits"]] == [
        (t["track_id"], t["enter_s"], t["leave_s"]) for t in person["tracks"]
    ]
    assert best["start"] is None
    assert best["visits"][0]["enter"] is None


def test_several_photos_are_one_person(runs, search) -> None:
    one, other = shared_people(runs)[0]
    crops = crops_of(runs["cam1"], one)
    single = search(crops[0], runs["cam2"])["people"][0]
    all_of = search(*crops, runs["cam2"])

    assert all_of["people"][0]["global_id"] == other
    assert len(all_of["query"]["photos"]) == len(crops)
    assert all_of["people"][0]["similarity"] != single["similarity"]


def test_a_person_of_a_run_is_found_elsewhere_but_not_as_themselves(runs, search) -> None:
    one, other = shared_people(runs)[0]
    found = search("--person", one, runs["cam1"], runs["cam2"])

    assert found["people"][0]["global_id"] == other
    own = str((runs["cam1"] / "tracks.json").resolve())
    assert found["query"] == {"photos": [], "person": {"tracks_json": own, "global_id": one}}
    ids = [(person["tracks_json"], person["global_id"]) for person in found["people"]]
    assert (own, one) not in ids
    assert any(path == own for path, _ in ids)
    assert found["searched"]["runs"] == 2


def test_top_and_least_limit_what_is_found(runs, search) -> None:
    crop = crops_of(runs["cam1"], 1)[0]
    everyone = [p["similarity"] for p in search(crop, *runs.values())["people"]]

    assert everyone == sorted(everyone, reverse=True)
    assert len(search(crop, *runs.values(), "--top", 2)["people"]) == 2
    middle = everyone[len(everyone) // 2]
    kept = search(crop, *runs.values(), "--least", middle - 1e-4)["people"]
    assert [p["similarity"] for p in kept] == [s for s in everyone if s >= middle]


def test_in_a_scene_somebody_is_found_and_that_is_said(
    runs, here: Path, capsys: pytest.CaptureFixture
) -> None:
    truth = np.loadtxt(SAMPLES / "cam2.gt.txt", delimiter=",")
    number = 90
    rows = truth[(truth[:, 0] == number + 1) & (truth[:, 8] > 0.9)]
    video = cv2.VideoCapture(str(SAMPLES / "cam2.mp4"))
    frames = [video.read()[1] for _ in range(number + 1)]
    assert cv2.imwrite("scene.png", frames[number])

    assert reid_track("search", "scene.png", runs["cam2"], "--detector", "person_yolo11n",
                      "--json") == 0  # fmt: skip

    printed = capsys.readouterr()
    assert "scene.png is no picture of one person alone" in printed.err
    found = json.loads(printed.out)
    photo = found["query"]["photos"][0]
    assert photo["people"] == len(rows)
    overlap = boxes.iou(np.array([photo["xyxy"]]), boxes.xywh_to_xyxy(rows[:, 2:6]))[0]
    assert overlap.max() > 0.6
    person = int(rows[overlap.argmax(), 1])
    assert true_people(runs["cam2"])[found["people"][0]["global_id"]] == person


@pytest.mark.parametrize(
    ("shape", "asked"),
    [((256, 128), False), ((200, 140), False), ((200, 150), True), ((1280, 720), True)],
)
def test_the_largest_is_taken_unless_a_photo_was_cut(here: Path, shape, asked: bool) -> None:
    class Finder:
        """A fake detector that finds three people, of whom one is large and half outside."""

        def detect(self, frame: Frame) -> Detections:
            return detections([[10, 10, 30, 60], [-40, 20, 60, 150], [70, 5, 90, 70]])

    image = np.random.default_rng(1).integers(0, 255, (*shape, 3), np.uint8)
    assert cv2.imwrite("photo.png", image)

    photo = read_photo(Path("photo.png"), Finder)

    if not asked:
        assert photo.xyxy is None
        assert (photo.crop == image).all()
        return
    assert photo.people == 3
    assert photo.xyxy.tolist() == [0, 20, 60, 150]
    assert (photo.crop == image[20:150, :60]).all()


def test_an_index_finds_the_same_with_days_and_times(runs, search, here: Path, capsys) -> None:
    one, other = shared_people(runs)[0]
    crop = crops_of(runs["cam1"], one)[0]
    assert reid_track("search", "add", runs["cam1"], "--index", "people.idx") == 0
    began = "2026-01-05T23:59:55"
    assert reid_track("search", "add", runs["cam2"], "--index", "people.idx", "--start", began) == 0
    assert "added" in capsys.readouterr().err

    indexed, direct = search(crop, "--index", "people.idx"), search(crop, *runs.values())

    assert indexed["searched"] == direct["searched"]
    for ours, theirs in zip(indexed["people"], direct["people"], strict=True):
        assert ours["global_id"] == theirs["global_id"]
        assert ours["similarity"] == pytest.approx(theirs["similarity"], abs=2e-4)
    (in_second,) = (p for p in indexed["people"] if p["start"] and p["global_id"] == other)
    assert in_second["start"] == began
    visit = in_second["visits"][0]
    assert visit["enter_s"] > 5
    assert visit["enter"].startswith("2026-01-06T00:00:")  # past midnight

    both = search("--person", one, runs["cam1"], "--index", "people.idx")
    assert both["searched"]["runs"] == 2  # each once
    assert both["people"][0]["global_id"] == other


def test_runs_can_be_listed_replaced_and_removed(runs, search, here: Path, capsys) -> None:
    copy = here / "copy"
    shutil.copytree(runs["cam1"], copy)
    index = ["--index", "people.idx"]
    assert reid_track("search", "add", copy, runs["cam2"], *index, "-q") == 0
    assert reid_track("search", "add", copy, *index) == 0
    assert "replaced" in capsys.readouterr().err

    assert reid_track("search", "runs", *index, "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [Path(run["tracks_json"]).parent.name for run in listed] == ["cam2", "copy"]
    assert all(run["people"] >= 2 for run in listed)

    shutil.rmtree(copy)
    assert reid_track("search", "remove", copy, *index) == 0
    assert reid_track("search", "remove", copy, *index) == 1
    assert "does not have" in capsys.readouterr().err
    crop = crops_of(runs["cam1"], 1)[0]
    found = search(crop, *index)
    assert {Path(p["tracks_json"]).parent.name for p in found["people"]} == {"cam2"}


def test_a_contact_sheet_shows_who_was_found(runs, here: Path, capsys) -> None:
    copy = here / "copy"
    shutil.copytree(runs["cam2"], copy)
    one, other = shared_people(runs)[0]
    crop = crops_of(runs["cam1"], one)[0]
    assert reid_track("search", "add", copy, "--index", "people.idx", "-q") == 0
    words = ["search", crop, "--index", "people.idx", "--out", "sheet.png"]
    assert reid_track(*words) == 0
    printed = capsys.readouterr()
    assert "wrote sheet.png" in printed.err
    assert printed.out.splitlines()[0].split() == [
        "similarity", "run", "person", "visit", "enters", "leaves"
    ]  # fmt: skip
    assert printed.out.splitlines()[1].split()[:4] == ["1", printed.out.split()[7], "copy",
                                                       str(other)]  # fmt: skip
    sheet = cv2.imread("sheet.png")
    picture = cv2.imread(str(crop))
    factor = min(96 / picture.shape[1], 192 / picture.shape[0])
    query = cv2.resize(picture, None, fx=factor, fy=factor)
    assert cv2.matchTemplate(sheet, query, cv2.TM_CCOEFF_NORMED).max() > 0.9

    assert reid_track(*words) == 1
    assert "--overwrite" in capsys.readouterr().err
    shutil.rmtree(copy)  # the pictures are gone, the index still tells
    assert reid_track(*words, "--overwrite") == 0
    assert cv2.imread("sheet.png").shape == sheet.shape


def test_a_corrected_result_gives_the_ids(runs, search, here: Path) -> None:
    copy = here / "copy"
    shutil.copytree(runs["cam1"], copy)
    people = json.loads((copy / "tracks.json").read_text())["identities"]
    first = people[0]["global_id"]
    later = next(p["global_id"] for p in people if p["first_time_s"] > people[0]["last_time_s"])
    assert reid_track("identities", copy / "tracks.json", "--merge", f"{first},{later}",
                      "--out", copy / "mine.json") == 0  # fmt: skip

    crop = crops_of(runs["cam1"], later)[0]
    before, after = (search(crop, copy / f"{name}.json")["people"] for name in ("tracks", "mine"))

    assert before[0]["global_id"] == later
    assert after[0]["global_id"] == first
    assert len(after[0]["visits"]) > len(before[0]["visits"])
    assert Path(after[0]["tracks_json"]).name == "mine.json"


def test_the_model_must_be_the_runs_own(runs, search, colours: Path, here: Path, capsys) -> None:
    crop = crops_of(runs["cam1"], 1)[0]
    assert reid_track("search", crop, runs["cam2"], "--reid", colours) == 1
    assert f"was made with {REID}" in capsys.readouterr().err

    write_pictures(here / "frames", ["0.png", "1.png"], (300, 200))
    write_boxes(here / "boxes.txt", 2)
    words = ["frames", "--fps", 10, "--detections", "boxes.txt", "--crops", "-q", "--n-init", 1]
    (here / "run").mkdir()
    assert reid_track(*words, "--reid", colours, "--json", "run/t.json") == 0
    assert reid_track("search", crop, "run") == 1
    assert "colours.onnx" in (told := capsys.readouterr().err)
    assert "is not here" in told
    assert search(crop, "run", "--reid", colours)["models"]["reid"]["name"] == "colours.onnx"

    assert reid_track("search", crop, runs["cam2"], "run") == 1
    assert "cannot be compared" in capsys.readouterr().err
    assert reid_track("search", "add", runs["cam2"], "--index", "people.idx", "-q") == 0
    assert reid_track("search", "add", "run", "--index", "people.idx") == 1
    assert "cannot be compared" in capsys.readouterr().err
    assert reid_track("search", crop, "run", "--index", "people.idx") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["RUN"], "photos of a person, or --person", id="no photo"),
        pytest.param(["crop.jpg", "RUN", "--person", "1"], "or --person", id="both"),
        pytest.param(["--person", "1", "--index", "x"], "of which run", id="person of no run"),
        pytest.param(
            ["--person", "99", "RUN"], "no crop of anybody.*it has 1, 2", id="nobody of that id"
        ),
        pytest.param(["crop.jpg"], "nothing to search", id="no run"),
        pytest.param(["crap.jpg", "RUN"], "'crap.jpg'. Did you mean 'crop.jpg'", id="typo"),
        pytest.param(["notes.txt", "RUN"], "is no picture", id="no picture"),
        pytest.param(["crop.jpg", "empty"], "no gallery at 'empty/gallery'", id="no gallery"),
        pytest.param(["crop.jpg", "motion"], "--reid none", id="a run without looks"),
        pytest.param(["grey.png", "RUN"], "nobody was found in 'grey.png'.*--whole", id="nobody"),
        pytest.param(["crop.jpg", "RUN", "-o", "s.jpg"], "is a .png", id="other picture format"),
        pytest.param(["crop.jpg", "RUN", "-o", "no/s.png"], "no folder 'no'", id="no folder"),
        pytest.param(["crop.jpg", "--index", "x"], "no index at 'x'.*search add", id="no index"),
        pytest.param(["add", "RUN", "--index", "empty"], "something else", id="other folder"),
        pytest.param(["add", "RUN", "--index", "notes.txt"], "cannot make", id="index is a file"),
        pytest.param(["add", "RUN", "--index", "x", "--start", "noon"], "'noon'", id="no time"),
        pytest.param(["remove", "RUN", "--index", "x"], "no index at 'x'", id="nothing to remove"),
    ],
)
def test_bad_input_is_one_line(runs, here: Path, capsys, words: list[str], told: str) -> None:
    shutil.copy(crops_of(runs["cam1"], 1)[0], "crop.jpg")
    (here / "notes.txt").write_text("no picture")
    (here / "empty").mkdir()
    (here / "empty" / "mine").touch()
    cv2.imwrite("grey.png", np.full((200, 300, 3), 90, np.uint8))
    write_boxes(here / "boxes.txt", 4)
    write_pictures(here / "frames", [f"{n}.png" for n in range(4)])
    (here / "motion").mkdir()
    motion = ["frames", "--fps", 10, "--detections", "boxes.txt", "--reid", "none", "--crops"]
    assert reid_track(*motion, "--json", "motion/t.json", "-q") == 0
    before = names_in(here)

    code = reid_track("search", *[runs["cam2"] if word == "RUN" else word for word in words])

    printed = capsys.readouterr()
    assert code == 1
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert re.search(told, printed.err), printed.err
    assert names_in(here) == before


def test_a_photo_of_nobody_is_taken_whole_when_told(runs, search, here: Path) -> None:
    cv2.imwrite("grey.png", np.full((200, 300, 3), 90, np.uint8))

    found = search("grey.png", runs["cam2"], "--whole")

    assert found["query"]["photos"] == [{"path": "grey.png", "xyxy": None, "people": None}]
    assert found["people"][0]["similarity"] < 0.8
