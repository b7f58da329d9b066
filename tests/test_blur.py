"""``--blur``: nobody whom the detector saw can be recognised in a written video, others can.

Real clips through the real command line, their written videos decoded. Boxes are replayed from the
clips' truth, but for one test with the package's own detector; the ReID network is a fake that
only looks at colours.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.media import logged, names_in, reid_track, write_boxes, write_video
from tracker.cli.video_options import parse_blur
from tracker.core.errors import ConfigError
from tracker.core.types import FloatArray, Frame, Image
from tracker.rendering.anonymizer import HOLD_S, LiveAnonymizer, RecordedAnonymizer
from tracker.rendering.blur import BlurRule, hidden_regions, pixelate
from tracker.results.result import PersonBox

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
CAMERAS = {"cam1": SAMPLES / "cam1.mp4", "cam2": SAMPLES / "cam2.mp4"}
BOTH = ",".join(f"{name}={path}" for name, path in CAMERAS.items())
COLOUR_LIMITS = ("--max-cosine-distance", 0.12, "--gallery-threshold", 0.79)
FRAMES = 170
LEAST_VISIBLE = 0.6
UNSEEN = range(60, 76)  # frames of cam1 in which the replayed detector finds nobody
LEAST_WIDTH = 30.0
KEPT, GONE = 0.75, 0.4  # likeness of the fine structure: surely the same, surely another


@pytest.fixture(scope="module")
def truth() -> dict[str, np.ndarray]:
    """Rows of (frame from 0, person, x1, y1, x2, y2) of people who are well in view."""
    tables = {}
    for camera in CAMERAS:
        rows = np.loadtxt(SAMPLES / f"{camera}.gt.txt", delimiter=",")
        rows = rows[(rows[:, 8] >= LEAST_VISIBLE) & (rows[:, 0] <= FRAMES)]
        xyxy = np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], axis=1)
        tables[camera] = np.concatenate([rows[:, :1] - 1, rows[:, 1:2], xyxy], axis=1)
    return tables


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("boxes")
    for camera in CAMERAS:
        rows = np.loadtxt(SAMPLES / f"{camera}.gt.txt", delimiter=",")
        rows = rows[rows[:, 8] >= LEAST_VISIBLE]
        if camera == "cam1":
            rows = rows[~np.isin(rows[:, 0] - 1, list(UNSEEN))]
        np.savetxt(folder / f"{camera}.txt", rows[:, :7], delimiter=",", fmt="%.2f")
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, replay: Path, colours: Path) -> dict[str, Path]:
    """The folders of the same run with everybody in clear, and with each kind of blur."""
    folders = {}
    for blur in ("none", "people", "heads", "except:1,4"):
        out = folders[blur] = tmp_path_factory.mktemp("run") / "out"
        assert not reid_track(
            *("--cams", BOTH, "--detections", replay, "--reid", colours, *COLOUR_LIMITS),
            *("--max-frames", FRAMES, "--out", out, "--mosaic"),
            *(() if blur == "none" else ("--blur", blur)),
        )
    return folders


def pictures(path: Path) -> Iterator[Image]:
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    while (found := video.read())[0]:
        yield np.asarray(found[1], np.uint8)
    video.release()


def likeness(one: Image, other: Image) -> float:
    """Correlation of two pictures' fine structure, as it makes faces and clothes."""
    fine = [p.astype(np.float64) - cv2.GaussianBlur(p.astype(np.float64), (0, 0), 3)
            for p in (one, other)]  # fmt: skip
    return float(np.corrcoef(fine[0].ravel(), fine[1].ravel())[0, 1])


def inside(image: Image, xyxy: np.ndarray, part: slice = slice(None)) -> Image:
    """What is within a box, but for its drawn outline; `part` of ten parts from above."""
    x1, y1, x2, y2 = (round(v) for v in xyxy)
    cut = image[max(y1, 0) + 4 : y2 - 4, max(x1, 0) + 4 : x2 - 4]
    rows = np.array_split(np.arange(len(cut)), 10)[part]
    return cut[rows[0][0] : rows[-1][-1] + 1]


def people_in(truth: np.ndarray, frame: int, image: Image) -> Iterator[tuple[int, np.ndarray]]:
    """The people of a frame, wide enough to be compared, cut off at the picture's edges."""
    for row in truth[truth[:, 0] == frame]:
        xyxy = np.clip(row[2:], 0, [image.shape[1], image.shape[0]] * 2)
        if xyxy[2] - xyxy[0] >= LEAST_WIDTH:
            yield int(row[1]), xyxy


def all_likeness(
    run: Path, truth: dict[str, np.ndarray], part: slice = slice(None)
) -> dict[tuple[str, int, int], float]:
    """How like the source each person is in a written video, by camera, frame and true number."""
    found = {}
    for camera, source in CAMERAS.items():
        both = zip(pictures(source), pictures(run / f"{camera}.mp4"), strict=False)
        for frame, (there, written) in enumerate(both):
            for person, xyxy in people_in(truth[camera], frame, there):
                pair = (inside(there, xyxy, part), inside(written, xyxy, part))
                found[camera, frame, person] = likeness(*pair)
    assert len(found) > 400
    return found


def test_the_measure_knows_people_in_clear(runs, truth) -> None:
    found = all_likeness(runs["none"], truth)
    assert np.percentile(list(found.values()), 5) > KEPT


def test_nobody_can_be_recognised_in_any_frame(runs, truth) -> None:
    found = all_likeness(runs["people"], truth)
    assert max(found.values()) < GONE
    unseen = [key for key in found if key[0] == "cam1" and key[1] in UNSEEN]
    assert len(unseen) > 20  # where boxes were filled in


def test_heads_are_gone_and_legs_are_there(runs, truth) -> None:
    heads = all_likeness(runs["heads"], truth, slice(0, 2))
    assert max(heads.values()) < GONE
    legs = all_likeness(runs["heads"], truth, slice(7, 10))
    assert np.percentile(list(legs.values()), 10) > KEPT


def test_only_those_who_are_named_stay(runs, truth) -> None:
    """1 and 4 are ids of the run; whom they follow is told by overlap."""
    content = json.loads((runs["none"] / "tracks.json").read_text())
    found = all_likeness(runs["except:1,4"], truth)
    spared: dict[int, list[float]] = {1: [], 4: []}
    boxes = {(t["camera"], b["frame"]): [] for t in content["tracks"] for b in t["boxes"]}
    for track in content["tracks"]:
        for box in track["boxes"]:
            boxes[track["camera"], box["frame"]].append((track["global_id"], box["xyxy"]))
    for camera, table in truth.items():
        for frame, person, *xyxy in table:
            key = (camera, int(frame), int(person))
            near = boxes.get(key[:2], [])
            if key not in found or not near:
                continue
            near = sorted(near, key=lambda b: np.abs(np.subtract(b[1], xyxy)).sum())
            others = [o for o in near[1:] if o[1][0] < xyxy[2] + 15 and o[1][2] > xyxy[0] - 15]
            if near[0][0] not in spared:
                assert found[key] < GONE, key
            elif not others and frame not in UNSEEN:
                spared[near[0][0]].append(found[key])
    for values in spared.values():
        assert len(values) > 40
        assert np.percentile(values, 5) > KEPT


def test_what_is_no_person_stays_as_it_is(runs) -> None:
    """Farther from all boxes than margins, tags, trails and the moment before and after reach."""
    content = json.loads((runs["none"] / "tracks.json").read_text())
    for camera in CAMERAS:
        both = zip(
            pictures(runs["none"] / f"{camera}.mp4"), pictures(runs["people"] / f"{camera}.mp4"),
            strict=True,
        )  # fmt: skip
        tracks = [t for t in content["tracks"] if t["camera"] == camera]
        for frame, (clear, blurred) in enumerate(both):
            free = np.ones(clear.shape[:2], bool)
            for box in (b for t in tracks for b in t["boxes"] if abs(b["frame"] - frame) < 60):
                x1, y1, x2, y2 = (int(v) for v in box["xyxy"])
                free[max(y1 - 60, 0) : y2 + 40, max(x1 - 60, 0) : x2 + 60] = False
            difference = np.abs(clear.astype(int) - blurred)[free]
            assert difference.size == 0 or difference.mean() < 1.5


def test_the_mosaic_is_blurred_too(runs) -> None:
    """Each camera's picture in it is that of the camera's own video."""
    one, all_ = pictures(runs["people"] / "cam1.mp4"), pictures(runs["people"] / "mosaic.mp4")
    for own, mosaic in zip(one, all_, strict=False):
        tile = mosaic[60 : 60 + 480, 40 : 40 + 640]
        assert np.abs(tile.astype(int) - own).mean() < 4


def test_the_packages_own_detector_and_the_first_frames_of_a_visit(tmp_path: Path, truth) -> None:
    """Whoever is not yet a track, or never becomes one, is detected and so blurred; online too."""
    for name, more in (("files", ()), ("online", ("--online",))):
        out = tmp_path / name
        assert not reid_track(
            *(CAMERAS["cam1"], "--max-frames", 50, "--reid", "none", "--blur", "people"),
            *("--detector", "person_yolo11n", "--out", f"{out}.mp4", *more),
        )
        found = [
            likeness(inside(there, xyxy), inside(written, xyxy))
            for frame, (there, written) in enumerate(
                zip(pictures(CAMERAS["cam1"]), pictures(Path(f"{out}.mp4")), strict=False)
            )
            for _, xyxy in people_in(truth["cam1"], frame, there)
        ]
        assert len(found) > 20
        assert max(found) < GONE


def noise(seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (200, 200, 3), np.uint8)


def changed(before: Image, after: Image) -> tuple[int, int, int, int]:
    """The rectangle around all pixels that differ: left, top, right, bottom."""
    y, x = np.nonzero((before != after).any(axis=2))
    return int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1


@pytest.mark.parametrize(
    ("box", "part", "region"),
    [
        ([50, 50, 90, 150], "people", [45, 44, 95, 156]),
        ([50, 50, 60, 70], "people", [46, 46, 64, 74]),  # 4 pixels at least
        ([50, 50, 90, 150], "heads", [45, 44, 95, 86]),
        ([50, 50, 150, 150], "heads", [38, 44, 162, 121]),  # as broad as high: bent, or cut off
        ([50, 50, 150, 90], "heads", [38, 46, 162, 94]),  # lies: wherever the head is
    ],
)
def test_the_regions_have_margins(box, part, region) -> None:
    found = hidden_regions(np.array([box], np.float32), part)
    assert found.tolist() == [region]


def test_a_region_becomes_a_few_plain_cells_and_the_rest_is_kept() -> None:
    image = noise()
    hidden = pixelate(image, np.array([[40, 20, 90, 120], [-30, -30, 8, 8], [300, 0, 400, 9]]))
    assert len(np.unique(hidden[20:120, 40:90].reshape(-1, 3), axis=0)) <= 10
    assert len(np.unique(hidden[:8, :8].reshape(-1, 3), axis=0)) <= 10
    mask = np.ones(image.shape[:2], bool)
    mask[20:120, 40:90] = mask[:8, :8] = False
    assert (hidden[mask] == image[mask]).all()
    assert (image == noise()).all()  # that one is not touched


def row(frame: int, person: int, box: list[float], track: int = 1) -> PersonBox:
    xyxy = np.array(box, np.float32)
    return PersonBox(frame, frame / 10, track, person, xyxy, 0.9, observed=True)


def veiled(veil: RecordedAnonymizer, frames: range) -> dict[int, tuple[int, int, int, int]]:
    """What of which frame is hidden."""
    shown = {n: veil(Frame("a", n, n / 10, noise())) for n in frames}
    return {n: changed(noise(), im) for n, im in shown.items() if (im != noise()).any()}


def test_a_moment_before_and_after_is_hidden_too() -> None:
    hold = round(HOLD_S * 10)
    rows = [row(n, 5, [50, 50, 90, 150]) for n in (20, 21, 22, 160, 161)]
    found = veiled(RecordedAnonymizer(BlurRule("people"), rows, {}, 10), range(200))
    assert set(found) == {*range(20 - hold, 23 + hold), *range(160 - hold, 162 + hold)}
    assert set(found.values()) == {(45, 44, 95, 156)}
    spared = RecordedAnonymizer(BlurRule("people", frozenset({5})), rows, {}, 10)
    assert not veiled(spared, range(200))


def test_a_gap_between_two_visits_of_one_person_is_hidden() -> None:
    """They stood behind something for six seconds, and the second visit has another number."""
    one, other = row(20, 5, [20, 50, 60, 150], track=1), row(80, 5, [80, 50, 120, 150], track=2)
    found = veiled(RecordedAnonymizer(BlurRule("people"), [one, other], {}, 10), range(30, 71))
    assert set(found) == set(range(30, 71))
    assert found[50] == (45, 44, 95, 156)  # half the way
    stranger = row(80, 6, [80, 50, 120, 150], track=2)
    apart = veiled(RecordedAnonymizer(BlurRule("people"), [one, stranger], {}, 10), range(30, 71))
    assert not apart


def test_detections_of_nobody_are_hidden_even_if_somebody_is_spared() -> None:
    rows = [row(n, 5, [50, 50, 90, 150]) for n in range(20, 30)]
    own, other = [52, 52, 90, 150], [120, 50, 160, 150]
    detected = {25: np.array([own, other], np.float32)}
    rule = BlurRule("people", frozenset({5}))
    found = veiled(RecordedAnonymizer(rule, rows, detected, 10), range(60))
    assert set(found) == set(range(25 - 4, 25 + 5))
    assert set(found.values()) == {(115, 44, 165, 156)}


def test_live_everybody_is_hidden_until_a_second_after() -> None:
    veil = LiveAnonymizer(BlurRule("people", frozenset({1})))
    nobody: FloatArray = np.zeros((0, 4), np.float32)
    seen = np.array([[50, 50, 90, 150]], np.float32)
    hidden = []
    for n in range(40):
        image = veil(Frame("a", n, n / 10, noise()), [], seen if n in range(5, 8) else nobody)
        if (image != noise()).any():
            hidden.append(n)
    assert hidden == list(range(5, 18))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("people", BlurRule("people")),
        ("heads", BlurRule("heads")),
        ("faces", BlurRule("heads")),
        ("except:3, 7", BlurRule("people", frozenset({3, 7}))),
        (None, None),
    ],
)
def test_the_words_of_the_option(text, rule) -> None:
    assert parse_blur(text) == rule


@pytest.mark.parametrize("text", ["face", "", "except", "except:", "except:3,", "except:x", "3"])
def test_other_words_are_errors(text: str) -> None:
    with pytest.raises(ConfigError, match="people, heads, faces, except"):
        parse_blur(text)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--blur", "people"], "--out"),
        (["--blur", "except:1", "--online", "--out", "x.mp4"], "--blur people"),
        (["--mosaic"], "--out FOLDER"),
        (["--mosaic", "--out", "x.mp4"], "--out FOLDER"),
        (["--mosaic", "--out", "x", "--online"], "second time"),
    ],
)
def test_what_cannot_be_kept_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys, words, told
) -> None:
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "a.mp4", 3)
    write_boxes(tmp_path / "a.txt", 3)
    assert reid_track("a.mp4", "--detections", "a.txt", "--reid", "none", *words) == 1
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1
    assert names_in(tmp_path) == {"a.mp4", "a.txt"}


def test_an_id_that_nobody_has_is_told(tmp_path: Path, capsys) -> None:
    write_video(tmp_path / "a.mp4", 8)
    write_boxes(tmp_path / "a.txt", 8)
    with logged():
        words = ["--detections", tmp_path / "a.txt", "--reid", "none", "--blur", "except:1,9"]
        assert reid_track(tmp_path / "a.mp4", *words, "--out", tmp_path / "b.mp4") == 0
    assert "nobody has the id 9" in capsys.readouterr().err
