"""What a run keeps on disk when asked, through the real command line on the sample clips.

The boxes are the clips' truth and the ReID network is a fake that only looks at colours; clips,
files and pictures are real.
"""

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from tests.media import names_in, picture, read_source, reid_track, write_boxes, write_pictures
from tests.parts import visit
from tests.test_interrupt import _started, _waiting_at
from tests.test_samples import BOTH, CAMERAS, COLOUR_LIMITS, SAMPLES
from tracker.core.errors import SourceError
from tracker.core.types import CameraInfo, Frame, Identity, TrackBox, VisitKey
from tracker.gallery.choose import choose, choose_poster
from tracker.gallery.crop_store import CropStore
from tracker.gallery.keeper import keep_gallery
from tracker.gallery.layout import MOST_CROPS
from tracker.gallery.live_crops import LiveCrops
from tracker.gallery.read import Gallery, read_gallery
from tracker.results.result import ModelUse, Result
from tracker.video.source import Sampling

FRAMES = 130


def places_of(gallery: Gallery, key: VisitKey) -> list[int]:
    """The places of a visit's crops in order of time."""
    return [n for n in range(len(gallery)) if gallery.key(n) == key]


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory, colours: Path) -> Callable[..., Path]:
    """Run over both clips with the truth's boxes; return the folder of the results."""
    boxes = tmp_path_factory.mktemp("boxes")
    for camera in CAMERAS:
        shutil.copy(SAMPLES / f"{camera}.gt.txt", boxes / f"{camera}.txt")

    def run(*words: object) -> Path:
        out = tmp_path_factory.mktemp("run")
        fixed = ("--cams", BOTH, "--detections", boxes, "--max-frames", FRAMES, *COLOUR_LIMITS)
        assert reid_track(*fixed, "--reid", colours, "--json", out / "t.json", "-q", *words) == 0
        return out

    return run


@pytest.fixture(scope="module")
def kept(track: Callable[..., Path]) -> Path:
    return track("--crops")


def files_in(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def boxes_of(run: Path) -> dict[tuple[str, int], dict[int, dict]]:
    tracks = json.loads((run / "t.json").read_text())["tracks"]
    return {(t["camera"], t["track_id"]): {b["frame"]: b for b in t["boxes"]} for t in tracks}


def test_nothing_is_kept_unless_asked_and_the_json_is_the_same(track, kept: Path) -> None:
    plain = track()

    assert names_in(plain) == {"t.json"}
    assert names_in(kept) == {"t.json", "gallery"}
    assert (plain / "t.json").read_bytes() == (kept / "t.json").read_bytes()


def test_each_visit_has_a_few_small_crops_of_its_own_boxes(kept: Path) -> None:
    gallery, boxes = read_gallery(kept / "gallery"), boxes_of(kept)
    frames = {c: read_source(SAMPLES / f"{c}.mp4", Sampling(max_frames=FRAMES)) for c in CAMERAS}

    assert {gallery.key(n) for n in range(len(gallery))} == set(boxes)
    for key, seen in boxes.items():
        places = places_of(gallery, key)
        assert 2 <= len(places) <= MOST_CROPS
        for place in places:
            crop, number = cv2.imread(str(gallery.crop(place))), int(gallery.row[place, 2])
            assert crop.shape[0] <= 256
            box = seen[number]
            assert box["observed"]
            left, top, right, bottom = np.round(box["xyxy"]).astype(int)
            original = frames[key[0]][number].image[top:bottom, left:right]
            expected = cv2.resize(original, crop.shape[1::-1], interpolation=cv2.INTER_AREA)
            assert np.abs(crop.astype(int) - expected).mean() < 6


def test_crops_are_spread_over_the_visit_and_free_of_the_edge(kept: Path) -> None:
    gallery, boxes = read_gallery(kept / "gallery"), boxes_of(kept)
    for key, seen in boxes.items():
        numbers = gallery.row[places_of(gallery, key), 2]
        assert numbers[-1] - numbers[0] > 0.4 * (max(seen) - min(seen))
        lefts = [seen[int(n)]["xyxy"][0] for n in numbers]
        assert sum(left > 1 for left in lefts) >= len(lefts) / 2


def test_embeddings_are_those_of_the_files(kept: Path, colours: Path) -> None:
    from tracker.datasets.pictures import Picture
    from tracker.models.locate import LocatedModel, sha256_of
    from tracker.reid.cut_tracks import embed_tracks
    from tracker.reid.embedder import load_network

    gallery, model = read_gallery(kept / "gallery"), LocatedModel("colours", colours, "")
    pictures = [Picture(gallery.crop(n), "", "", "") for n in range(len(gallery))]
    network = load_network(model, device="cpu")
    again = embed_tracks(network, {("c", "1"): pictures}, model.preprocessing)["c", "1"]

    assert gallery.embedding == pytest.approx(again, abs=1e-5)
    assert gallery.reid == ModelUse("colours.onnx", sha256_of(colours))
    assert gallery.tracks_json == kept / "t.json"


def test_people_can_be_linked_by_the_crops_alone(kept: Path, colours: Path, tmp_path: Path) -> None:
    words = ["--reid", colours, "--out", tmp_path / "ids.json", "-q"]
    assert reid_track("link", kept / "gallery" / "crops", *words) == 0

    people = json.loads((tmp_path / "ids.json").read_text())["identities"]
    tracks = {(t["camera"], t["track_id"]) for person in people for t in person["tracks"]}
    assert tracks == set(boxes_of(kept))


def test_a_poster_of_each_camera_shows_few_people(kept: Path) -> None:
    gallery, boxes = read_gallery(kept / "gallery"), boxes_of(kept)
    for camera in CAMERAS:
        poster = cv2.imread(str(gallery.poster(camera)))
        assert poster.shape[1] <= 960
        frames = read_source(SAMPLES / f"{camera}.mp4", Sampling(max_frames=FRAMES))
        likest = min(frames, key=lambda f: np.abs(f.image.astype(int) - poster).mean()).index
        people = [sum(n in seen for (c, _), seen in boxes.items() if c == camera)
                  for n in range(FRAMES)]  # fmt: skip
        assert people[likest] <= 1
    assert gallery.poster("cam9") is None


def test_drawing_changes_nothing_about_what_is_kept(track, kept: Path) -> None:
    drawn = track("--crops", "--out", kept.parent / "drawn")

    assert files_in(drawn / "gallery") == files_in(kept / "gallery")


def test_what_comes_once_is_kept_as_it_comes(track) -> None:
    out = track("--crops", "--online")

    gallery, boxes = read_gallery(out / "gallery"), boxes_of(out)
    assert {gallery.key(n) for n in range(len(gallery))} == set(boxes)
    for key, seen in boxes.items():
        numbers = gallery.row[places_of(gallery, key), 2].tolist()
        assert 1 <= len(numbers) <= MOST_CROPS
        assert all(seen[n]["observed"] for n in numbers)
    assert len(files_in(out / "gallery" / "crops")) == len(gallery) + 1  # times.csv
    assert all(gallery.poster(camera) for camera in CAMERAS)


@pytest.mark.parametrize("options", [[], ["--online"]], ids=["offline", "online"])
def test_a_stopped_run_keeps_what_was_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "frames", [f"{i}.png" for i in range(24)])
    (tmp_path / "frames/16.png").unlink()
    os.mkfifo(tmp_path / "frames/16.png")
    write_boxes(tmp_path / "boxes.txt", 24)
    with _started("frames", "--json", "v.json", "--crops", *options) as process:
        with _waiting_at(tmp_path / "frames/16.png", process):
            (tmp_path / "frames/16.png").unlink()
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)

    assert process.returncode == 130
    assert names_in(tmp_path) == {"frames", "boxes.txt", "v.json", "gallery"}
    gallery = read_gallery(Path("gallery"))
    assert {gallery.key(n) for n in range(len(gallery))} == {("frames", 1), ("frames", 2)}
    assert gallery.row[:, 2].max() <= 17  # the frame in hand is finished; 16 cannot be read
    assert gallery.reid is None
    assert not gallery.embedding.any()


def test_an_existing_gallery_is_replaced_only_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "frames", [f"{i}.png" for i in range(8)])
    write_boxes(tmp_path / "boxes.txt", 8)
    words = ["frames", "--fps", 10, "--detections", "boxes.txt", "--reid", "none", "--crops", "-q"]
    assert reid_track(*words, "--json", "a.json") == 0
    before = files_in(tmp_path / "gallery")

    assert reid_track(*words, "--json", "b.json") == 1
    assert "'gallery' exists; add --overwrite" in capsys.readouterr().err
    assert files_in(tmp_path / "gallery") == before

    assert reid_track(*words, "--json", "b.json", "--overwrite") == 0
    assert read_gallery(Path("gallery")).tracks_json == Path("b.json")

    (tmp_path / "gallery/crops/notes.txt").touch()
    (tmp_path / "gallery/mine.txt").touch()
    assert reid_track(*words, "--json", "b.json", "--overwrite") == 1
    assert "is no gallery" in capsys.readouterr().err
    assert (tmp_path / "gallery/mine.txt").exists()
    assert names_in(tmp_path) == {"frames", "boxes.txt", "a.json", "b.json", "gallery"}


def test_what_a_gallery_would_spoil_or_cannot_have_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    boxes = write_boxes(tmp_path / "boxes.txt", 8)
    assert reid_track("--detections", boxes, "--size", "96x64", "--crops") == 1
    assert "--crops needs pictures" in capsys.readouterr().err

    (tmp_path / "gallery").symlink_to(tmp_path)
    write_pictures(tmp_path / "frames", ["0.png"])
    words = ["frames", "--fps", 10, "--detections", boxes, "--reid", "none", "--crops"]
    assert reid_track(*words, "--overwrite") == 1
    assert "lies in 'gallery'" in capsys.readouterr().err


def test_nothing_is_left_of_a_gallery_that_failed(tmp_path: Path) -> None:
    class Stopped:
        """An embedder at whose work the user presses Ctrl-C."""

        def embed_all(self, seen: list) -> list:
            raise KeyboardInterrupt

    result = result_of([visit("a", 1, (0, 1), None)])

    def keep() -> None:
        with keep_gallery(tmp_path / "gallery", online=False) as keeper:
            keeper.begin_second_pass(result, 1)
            for number in range(11):
                keeper.look(Frame("a", number, number / 10, picture(number, (300, 300))))
            assert names_in(tmp_path) != set()
            list(keeper.finish(result, Stopped(), tmp_path / "t.json"))

    with pytest.raises(KeyboardInterrupt):
        keep()

    assert names_in(tmp_path) == set()


def result_of(visits: list) -> Result:
    cameras = [CameraInfo("a", "a.mp4", 300, 300, 10.0, 3000)]
    return Result(cameras, ModelUse("fake", None), None, [Identity(1, visits)])


def test_the_best_boxes_are_large_whole_and_uncovered() -> None:
    walker, nearer = visit("a", 1, (0, 6), None), visit("a", 2, (2, 3), None, x=110)
    nearer.xyxy[:, 3] += 20
    walker.xyxy[:5, [0, 2]] -= 100  # at the left edge at first
    walker.score[50:] = 0.1
    walker.observed[40:45] = False

    chosen = {frame: {c.track_id for c in found}
              for frame, found in choose([walker, nearer], (300, 300)).items()}  # fmt: skip

    first = {frame for frame, ids in chosen.items() if 1 in ids}
    assert first
    assert min(first) >= 5
    assert max(first) < 50
    assert not first & {*range(20, 31), *range(40, 45)}
    assert {frame for frame, ids in chosen.items() if 2 in ids} <= set(range(20, 31))


def test_the_poster_is_the_earliest_of_the_emptiest_frames() -> None:
    camera = CameraInfo("a", "a.mp4", 300, 300, 10.0, 40)
    visits = [visit("a", 1, (1, 2), None), visit("a", 2, (1.5, 3.5), None)]

    assert choose_poster(visits, camera, 1) == 10
    assert choose_poster([visits[1], visit("a", 1, (1, 1.2), None)], camera, 1) == 13
    assert choose_poster([], camera, 1) == 0


def test_a_visit_of_hours_keeps_few_crops_from_all_over(tmp_path: Path) -> None:
    shelf = CropStore(tmp_path / "gallery")
    live, image = LiveCrops(shelf), picture(5, (300, 300))
    box = TrackBox(1, np.array([100, 100, 140, 200], np.float32), 0.9)
    most = 0
    for number in range(20_000):
        live.look(Frame("a", number, number * 0.5, image), [box])
        most = max(most, len(shelf.visits["a", 1]))
    frames = sorted(kept.frame for kept in shelf.visits["a", 1].values())

    assert most <= MOST_CROPS
    assert len(frames) >= 3
    assert frames[0] < 5000
    assert frames[-1] > 10_000
    assert len(files_in(shelf.folder / "crops")) == len(frames)


def _without_row(file: Path) -> None:
    change(file, lambda arrays: arrays.pop("row"))


def _with_other_camera(file: Path) -> None:
    change(file, lambda arrays: arrays["row"].__setitem__((0, 0), 7))


def _with_short_rows(file: Path) -> None:
    change(file, lambda arrays: arrays.update(row=arrays["row"][:-1]))


def _with_nan(file: Path) -> None:
    change(file, lambda arrays: arrays["embedding"].__setitem__((0, 0), np.nan))


def change(file: Path, how: Callable[[dict], object]) -> None:
    with safe_open(file, framework="numpy") as content:
        about = content.metadata()
    arrays = load_file(file)
    how(arrays)
    save_file(arrays, file, about)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        pytest.param(lambda f: f.unlink(), "no gallery at .*--crops", id="missing"),
        pytest.param(
            lambda f: f.write_bytes(f.read_bytes()[:900]), "cannot be read as gallery", id="cut off"
        ),
        pytest.param(lambda f: f.write_bytes(b"no"), "cannot be read", id="no safetensors"),
        pytest.param(lambda f: save_file(load_file(f), f), "format 'None'", id="foreign"),
        pytest.param(_without_row, "KeyError 'row'", id="no rows"),
        pytest.param(_with_other_camera, "names a camera that it lacks", id="no such camera"),
        pytest.param(_with_short_rows, "rows of", id="rows for fewer"),
        pytest.param(_with_nan, "not all numbers", id="nan"),
        pytest.param(
            lambda f: next(f.parent.glob("crops/*/*/*.jpg")).unlink(), "lacks its crop", id="crop"
        ),
    ],
)
def test_a_damaged_gallery_is_told(kept: Path, tmp_path: Path, damage, told: str) -> None:
    shutil.copytree(kept / "gallery", tmp_path / "gallery")
    assert isinstance(read_gallery(tmp_path / "gallery"), Gallery)
    damage(tmp_path / "gallery" / "embeddings.safetensors")

    with pytest.raises(SourceError, match=told):
        read_gallery(tmp_path / "gallery")
