"""``reid-track link``: people in tracks that somebody else cut out, through the real command line.

The ReID network is a fake that only looks at colours.
"""

import json
import tarfile
from itertools import combinations
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.media import logged, names_in, reid_track
from tests.parts import look
from tests.people import portrait
from tracker.core.config import LinkConfig
from tracker.core.errors import SourceError
from tracker.datasets.cut_tracks import TrackName, list_tracks
from tracker.datasets.pictures import Picture
from tracker.models.registry import Preprocessing
from tracker.reid.cut_tracks import MOST_VIEWS, chosen_views, embed_tracks
from tracker.results.schemas import load_schema
from tracker.runtime.link_cut_tracks import link_crops

SHOTS = 4
WHO = {  # the person on each track
    ("cam1", "7"): 1, ("cam1", "10"): 5, ("cam1", "b 3"): 3, ("cam1", "011"): 1,
    ("cam2", "1"): 5, ("cam2", "2"): 1,
    ("yard", "x"): 3, ("yard", "y"): 4,
}  # fmt: skip
TIMES = {track: (10.0 * place, 10.0 * place + 5) for place, track in enumerate(WHO)}


def write_track(folder: Path, person: int, seed: int = 0) -> None:
    folder.mkdir(parents=True)
    for shot in range(SHOTS):
        ending = "png" if shot % 2 else "jpg"
        picture = Image.fromarray(portrait(person, 100 * seed + shot))
        picture.save(folder / f"{shot}.{ending}", quality=95)


def write_times(path: Path, times: dict[TrackName, tuple[float, float]]) -> None:
    rows = [f"{c},{t},{start},{end}\n" for (c, t), (start, end) in times.items()]
    path.write_text("camera,track,start_s,end_s\n" + "".join(rows))


@pytest.fixture
def crops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for seed, ((camera, track), person) in enumerate(WHO.items()):
        write_track(tmp_path / "crops" / camera / track, person, seed)
    return tmp_path / "crops"


@pytest.fixture
def run(crops: Path, colours: Path):
    """Link and return the exit code."""

    def call(*words: object, source: object = "crops", out: str = "out.json") -> int:
        fixed = ("--reid", colours, "--gallery-threshold", 0.7, "--device", "cpu", "--out", out)
        return reid_track("link", source, *fixed, *words)

    return call


def groups(path: str = "out.json") -> list[list[str]]:
    identities = json.loads(Path(path).read_text())["identities"]
    return [[f"{t['camera']}/{t['track_id']}" for t in person["tracks"]] for person in identities]


def read(path: str = "out.json") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(path).read_text())
    jsonschema.Draft202012Validator(load_schema("identities")).validate(content)
    return content


def test_people_are_found_under_the_users_names(run, capsys) -> None:
    assert run() == 0

    assert capsys.readouterr().err == "people: 4, tracks: 8, cameras: 3\nwrote out.json\n"
    content = read()
    assert groups() == [
        ["cam1/7", "cam1/011", "cam2/2"], ["cam1/10", "cam2/1"], ["cam1/b 3", "yard/x"], ["yard/y"],
    ]  # fmt: skip
    ids = [t["track_id"] for person in content["identities"] for t in person["tracks"]]
    assert ids == [7, "011", 2, 10, 1, "b 3", "x", "y"]
    assert len(content["links"]) == 4
    assert {link["gap_s"] for link in content["links"]} == {None}
    assert {link["global_id"] for link in content["links"]} == {1, 2, 3}
    assert content["models"]["reid"]["name"] == "colours.onnx"


def test_nobody_is_in_one_camera_twice_at_one_instant(run, crops: Path) -> None:
    write_times(crops / "times.csv", TIMES | {("cam1", "011"): (5, 8)})  # 7 is there until 5
    assert run() == 0
    assert {frozenset(group) for group in groups()} >= {frozenset({"cam1/10", "cam2/1"})}
    assert not any({"cam1/7", "cam1/011"} <= set(group) for group in groups())
    gaps = {link["second"]["track_id"]: link["gap_s"] for link in read()["links"]}
    assert gaps[1] == 25  # cam1/10 is there from 10 to 15, cam2/1 from 40

    write_times(Path("other.csv"), TIMES)
    assert run("--times", "other.csv", "--overwrite", "-q") == 0
    assert ["cam1/7", "cam1/011", "cam2/2"] in groups()


@pytest.mark.parametrize("top", ["", "some/", "./"])
def test_an_archive_is_as_good_as_a_folder(run, crops: Path, top: str) -> None:
    write_times(crops / "times.csv", TIMES)
    (crops / "cam1" / "._7").write_text("what some systems leave behind")
    (crops / "cam1" / "7" / "._0.jpg").write_text("likewise")
    with tarfile.open("crops.tar", "w") as archive:
        archive.add(crops, top or "/")
    assert run() == 0
    assert run(source="crops.tar", out="tar.json") == 0
    assert Path("tar.json").read_bytes() == Path("out.json").read_bytes()
    assert all(link["gap_s"] is not None for link in read()["links"])


def test_a_broken_picture_is_left_out(run, crops: Path, capsys) -> None:
    (crops / "cam1" / "7" / "2.jpg").write_bytes(b"no picture")
    (crops / "cam2" / "1" / "notes.txt").write_text("no picture either")
    assert run() == 0
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3
    assert told[0].startswith("warning: 'cam1/7/2.jpg'")
    assert groups()[0] == ["cam1/7", "cam1/011", "cam2/2"]


def test_an_existing_result_and_the_inputs_are_safe(run, crops: Path, capsys) -> None:
    write_times(crops / "times.csv", TIMES)
    Path("out.json").write_text("mine")
    assert run() == 1
    assert "--overwrite" in capsys.readouterr().err
    assert run("--overwrite", out="crops/times.csv") == 1
    assert "is an input" in capsys.readouterr().err
    assert Path("out.json").read_text() == "mine"


BAD_TIMES = [
    ("camera,track,start_s\n", "lacks the column end_s"),
    ("", "lacks the column camera"),
    ("camera,track,start_s,end_s\ncam1,8,0,1\n", "line 2: there is no track cam1/8"),
    (
        "camera,track,start_s,end_s\ncam1,7,0,1\n",
        "has no row for 7 of 8 tracks: cam1/10, cam1/011, ",
    ),
    ("camera,track,start_s,end_s\ncam1,7,0,1\ncam1,7,2,3\n", "line 3: cam1/7 has a row already"),
    ("camera,track,start_s,end_s\ncam1,7,zero,1\n", "line 2: start_s and end_s must be numbers"),
    ("camera,track,start_s,end_s\ncam1,7,0\n", "line 2: start_s and end_s must be numbers"),
    ("camera,track,start_s,end_s\ncam1,7,nan,1\n", "line 2: a track from nan to 1 s cannot be"),
    ("camera,track,start_s,end_s\ncam1,7,3,1\n", "line 2: a track from 3 to 1 s cannot be"),
]


@pytest.mark.parametrize(("text", "told"), BAD_TIMES)
def test_wrong_times_are_one_line(run, crops: Path, capsys, text: str, told: str) -> None:
    (crops / "times.csv").write_text(text)
    assert_refused(run(), capsys, f"times.csv{', ' if 'line' in told[:4] else ' '}{told}")


def assert_refused(code: int, capsys, told: str) -> None:
    printed = capsys.readouterr()
    assert code == 1
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert printed.err.startswith("error: ")
    assert told in printed.err
    assert "out.json" not in names_in(Path())


def test_wrong_folders_are_one_line(run, crops: Path, capsys) -> None:
    assert_refused(run(source="no"), capsys, "there are no crops at 'no'")
    assert_refused(run("--times", "no.csv"), capsys, "no.csv cannot be read as times.csv")
    assert_refused(run("--reid", "none"), capsys, "--reid none")
    Path("empty/cam1").mkdir(parents=True)
    assert_refused(run(source="empty"), capsys, "no camera folders with tracks")
    Path("empty/cam1/1").mkdir()
    assert_refused(run(source="empty"), capsys, "has no pictures")
    Path("x.tar").write_text("no archive")
    assert_refused(run(source="x.tar"), capsys, "no uncompressed tar archive")
    (crops / "cam1" / "9").mkdir()
    assert_refused(run(), capsys, "1 of 9 tracks without any picture: cam1/9")


def test_a_track_of_broken_pictures_is_an_error(run, crops: Path, capsys) -> None:
    (crops / "cam1" / "9").mkdir()
    (crops / "cam1" / "9" / "1.jpg").write_bytes(b"no picture")
    assert run("-q") == 1
    assert capsys.readouterr().err == (
        "error: track cam1/9 has no picture that can be read; remove it\n"
    )


def test_pictures_come_in_natural_order(tmp_path: Path) -> None:
    for name in ("10.jpg", "9.jpg", "b.png", "100.jpg"):
        (tmp_path / "c" / "1").mkdir(parents=True, exist_ok=True)
        (tmp_path / "c" / "1" / name).touch()
    (pictures,) = list_tracks(tmp_path).values()
    assert [p.path.name for p in pictures] == ["9.jpg", "10.jpg", "100.jpg", "b.png"]


def test_long_tracks_are_seen_in_views_from_all_over() -> None:
    pictures = [Picture(Path(f"{n}.jpg"), str(n), "", "") for n in range(5 * MOST_VIEWS)]
    assert chosen_views(pictures[:7]) == pictures[:7]
    assert chosen_views(pictures) == pictures[::5]


def test_batches_run_over_all_tracks_and_keep_their_order(tmp_path: Path) -> None:
    size = Preprocessing(4, 2)
    tracks: dict[TrackName, list[Picture]] = {}
    for track, shots in enumerate([40, 1, 31, 70]):
        for shot in range(shots):
            path = tmp_path / f"{track}_{shot}.png"
            Image.new("RGB", (2, 4), (shot, 10 * track, 200)).save(path)
            tracks.setdefault(("c", str(track)), []).append(Picture(path, path.name, "", ""))
    (tmp_path / "2_5.png").write_bytes(b"")
    batches, done = [], []

    def network(crops: np.ndarray) -> np.ndarray:
        batches.append(len(crops))
        looks = np.zeros((len(crops), 512), np.float32)
        looks[:, :3] = crops[:, :, 0, 0]
        return looks

    with logged() as lines:
        looks = embed_tracks(network, tracks, size, done.append)
    assert [len(views) for views in looks.values()] == [40, 1, 30, 70]
    assert len(lines) == 1
    assert "2_5.png" in lines[0]
    assert sum(done) == 142
    assert max(batches) <= 32
    assert len(batches) == 5
    for name, views in looks.items():
        assert np.linalg.norm(views, axis=1) == pytest.approx(1)
        red_over_blue = views[:, 0] / views[:, 2]
        assert (np.diff(red_over_blue) > 0).all(), name
    with pytest.raises(SourceError, match="track c/2 "), logged():
        embed_tracks(network, {("c", "2"): tracks["c", "2"][5:6]}, size)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_the_hard_rule_holds_for_any_times(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 9))
    seconds = st.integers(0, 30).map(float)
    looks, times = {}, {}
    for number in range(count):
        name = (data.draw(st.sampled_from("ab")), f"t{number}")
        looks[name] = np.stack([look(data.draw(st.sampled_from([1, 1, 2])))] * 3)
        start = data.draw(seconds)
        times[name] = (start, start + data.draw(seconds))
    linked, names = link_crops(looks, times, LinkConfig())
    found = [[(t.camera, names[t.key]) for t in person.visits] for person in linked.identities]
    assert sorted(name for group in found for name in group) == sorted(looks)
    for group in found:
        for a, b in combinations(group, 2):
            assert a[0] != b[0] or times[a][1] < times[b][0] or times[b][1] < times[a][0]
    if len({views.tobytes() for views in looks.values()}) == 1:
        assert len(link_crops(looks, None, LinkConfig())[0].identities) == 1
