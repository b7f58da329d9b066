"""The whole way on the sample clips, through the real command line.

Two things are stand-ins: the boxes are replayed from the clips' truth (each moved a little), and
the ReID network is a fake that only looks at colours. The clips, files and identities are real.
"""

import json
from collections import defaultdict
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest

from tracker.cli import main
from tracker.core import boxes
from tracker.evaluation.box_table import read_mot, table_of
from tracker.results.schemas import load_schema
from tracker.results.tracks_file import read_tracks

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
CAMERAS = ("cam1", "cam2")
BOTH = ",".join(f"{camera}={SAMPLES / camera}.mp4" for camera in CAMERAS)
LEAST_VISIBLE = 0.4
# The fake network spreads people differently from OSNet.
COLOUR_LIMITS = ("--max-cosine-distance", 0.12, "--gallery-threshold", 0.79)


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The truth's boxes as a detector might find them: unsteady, and blind to hidden people."""
    folder = tmp_path_factory.mktemp("boxes")
    random = np.random.default_rng(3)
    for camera in CAMERAS:
        rows = np.loadtxt(SAMPLES / f"{camera}.gt.txt", delimiter=",")
        rows = rows[rows[:, 8] >= LEAST_VISIBLE]
        rows[:, 1] = -1
        rows[:, 2:6] += random.normal(0, 1, (len(rows), 4))
        np.savetxt(folder / f"{camera}.txt", rows[:, :7], delimiter=",", fmt="%.2f")
    return folder


def run(*words: str | Path | float) -> None:
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    assert not stop.value.code


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, replay: Path, colours: Path) -> Path:
    """A run over both cameras, with everything written."""
    out = tmp_path_factory.mktemp("run") / "out"
    run("--cams", BOTH, "--detections", replay, "--reid", colours, *COLOUR_LIMITS,
        "--out", out, "--format", "mot,jsonl,csv")  # fmt: skip
    return out


def true_person_of(run_json: Path) -> dict[tuple[str, int], set[int]]:
    """Which true people each of the run's visits follows, by overlap in most of its frames."""
    seen: dict[tuple[str, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for camera in CAMERAS:
        truth = read_mot(SAMPLES / f"{camera}.gt.txt", truth=True)
        found = table_of(read_tracks(run_json), person=False, camera=camera)
        for frame in np.unique(found.frame):
            t, f = truth[truth.frame == frame], found[found.frame == frame]
            for row, column in np.argwhere(boxes.iou(t.xyxy, f.xyxy) > 0.6):
                seen[camera, int(f.identity[column])][int(t.identity[row])] += 1
    return {key: {p for p, n in votes.items() if n > 20} for key, votes in seen.items()}


def people_followed(run_json: Path) -> list[list[int]]:
    """For each identity of a run, the true people that its visits follow."""
    truth = true_person_of(run_json)
    identities = json.loads(run_json.read_text())["identities"]
    visits = [[(t["camera"], t["track_id"]) for t in i["tracks"]] for i in identities]
    return [sorted(set.union(*(truth[key] for key in keys))) for keys in visits]


def test_identities_within_and_across_the_cameras_are_right(both: Path) -> None:
    assert sorted(people_followed(both / "tracks.json")) == [[1], [2], [3], [4], [5]]
    # 2 leaves cam1 and returns; 1, 3 and 5 change the camera.
    assert len(json.loads((both / "tracks.json").read_text())["tracks"]) == 9


def test_the_json_fulfils_its_schema_and_names_its_cameras(both: Path) -> None:
    found = json.loads((both / "tracks.json").read_text())
    jsonschema.validate(found, load_schema())
    cameras = {
        c["name"]: (c["width"], c["height"], c["fps"], c["frames"]) for c in found["cameras"]
    }
    assert cameras == {"cam1": (640, 480, 25, 300), "cam2": (720, 480, 20, 240)}
    assert found["models"]["detector"]["sha256"] is None
    assert len(found["models"]["reid"]["sha256"]) == 64


@pytest.mark.parametrize(
    ("camera", "frames", "fps", "size"),
    [("cam1", 300, 25, (640, 480)), ("cam2", 240, 20, (720, 480))],
)
def test_the_videos_have_the_sources_frames_rate_and_size(
    both: Path, camera: str, frames: int, fps: float, size: tuple[int, int]
) -> None:
    drawn, source = (cv2.VideoCapture(str(p / f"{camera}.mp4")) for p in (both, SAMPLES))
    assert drawn.get(cv2.CAP_PROP_FPS) == pytest.approx(fps)
    read = 0
    while (picture := drawn.read())[0]:
        original = source.read()[1]
        assert picture[1].shape[1::-1] == size
        read += 1
        if read == 60:  # somebody is there, so something is drawn
            assert np.abs(picture[1].astype(int) - original).max() > 100
    assert read == frames


def test_all_formats_tell_the_same(both: Path) -> None:
    found = json.loads((both / "tracks.json").read_text())
    expected = sorted(
        (t["camera"], b["frame"], t["track_id"], t["global_id"])
        for t in found["tracks"] for b in t["boxes"]
    )  # fmt: skip
    lines = [json.loads(line) for line in (both / "tracks.jsonl").read_text().splitlines()[1:]]
    assert (
        sorted((r["camera"], r["frame"], r["track_id"], r["global_id"]) for r in lines) == expected
    )
    table = (both / "tracks.csv").read_text().splitlines()
    column = {name: i for i, name in enumerate(table[0].split(","))}
    cells = [line.split(",") for line in table[1:]]
    names = ("frame", "tracker_id", "global_id")
    assert sorted((c[0], *(int(c[column[n]]) for n in names)) for c in cells) == expected
    for camera in CAMERAS:
        mot = read_mot(both / f"{camera}.txt")
        rows = sorted(zip(mot.frame.tolist(), mot.identity.tolist(), strict=True))
        assert rows == sorted((f + 1, t) for c, f, t, _ in expected if c == camera)


def test_the_same_input_gives_the_same_result(
    both: Path, replay: Path, colours: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.json"
    run("--cams", BOTH, "--detections", replay, "--reid", colours, *COLOUR_LIMITS,
        "--json", again)  # fmt: skip
    assert again.read_bytes() == (both / "tracks.json").read_bytes()


def test_online_merges_nobody_and_draws_every_frame(
    replay: Path, colours: Path, tmp_path: Path
) -> None:
    out = tmp_path / "online"
    run("--cams", BOTH, "--detections", replay, "--reid", colours, *COLOUR_LIMITS,
        "--online", "--out", out)  # fmt: skip
    jsonschema.validate(json.loads((out / "tracks.json").read_text()), load_schema())
    followed = people_followed(out / "tracks.json")
    assert {person for people in followed for person in people} == {1, 2, 3, 4, 5}
    assert all(len(people) == 1 for people in followed)
    assert int(cv2.VideoCapture(str(out / "cam1.mp4")).get(cv2.CAP_PROP_FRAME_COUNT)) == 300


def test_stride_and_start_keep_the_sources_frames_and_seconds(replay: Path, tmp_path: Path) -> None:
    out = tmp_path / "part.mp4"
    run(SAMPLES / "cam1.mp4", "--detections", replay / "cam1.txt", "--reid", "none",
        "--vid-stride", 2, "--start", 2, "--max-frames", 60, "--out", out)  # fmt: skip
    found = json.loads(out.with_suffix(".json").read_text())
    frames = {b["frame"] for t in found["tracks"] for b in t["boxes"]}
    assert min(frames) == 50
    assert max(frames) <= 168
    assert all(f % 2 == 0 for f in frames)
    video = cv2.VideoCapture(str(out))
    assert (video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)) == (60, 12.5)


def test_one_result_alone_goes_into_the_working_directory(
    replay: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    run(SAMPLES / "cam2.mp4", "--detections", replay / "cam2.txt", "--reid", "none",
        "--summary", "json")  # fmt: skip
    assert [p.name for p in tmp_path.iterdir()] == ["cam2.tracks.json"]
    summary = json.loads(capsys.readouterr().out)
    assert summary["files"] == ["cam2.tracks.json"]
    assert (summary["frames"], summary["reid"], summary["tracklets"]) == (240, None, 4)
    assert summary["people"] == 4  # without looks, every visit is a person
