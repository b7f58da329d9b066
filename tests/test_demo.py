"""The demo with what comes in the package: the sample's people are found and told apart."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from tests.media import read_video, reid_track
from tests.test_samples import BOTH, CAMERAS, SAMPLES, people_followed
from tracker.core import boxes
from tracker.evaluation.box_table import read_mot, table_of
from tracker.models.locate import find_model, sha256_of
from tracker.models.registry import ModelCard, manifest, packaged_weights
from tracker.results.schemas import load_schema
from tracker.results.tracks_file import read_tracks

LEAST_FOUND, MOST_FALSE = 0.9, 0.1  # shares of the truth's and of the found boxes, at IoU 0.5
LARGEST_WEIGHTS = 8_000_000  # bytes


def own(task: str) -> ModelCard:
    """The model that comes with the package."""
    return next(c for c in manifest().values() if c.task == task and not c.url)


def own_detector() -> ModelCard:
    """The detector that comes with the package."""
    return own("detect")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "out"
    words = ["--detector", own_detector().name, "--reid", own("reid").name]
    assert reid_track("--cams", BOTH, *words, "--out", out, "-q") == 0
    return out


def test_it_is_small_and_what_auto_takes_last() -> None:
    model = own_detector()
    path = packaged_weights() / model.file
    assert sum(p.stat().st_size for p in path.rglob("*")) <= LARGEST_WEIGHTS
    assert sha256_of(path) == model.sha256
    others = [c.rank for c in manifest().values() if c.task == "detect" and c != model and c.rank]
    assert 0 < model.rank < min(others)


def test_auto_is_the_best_official_one_or_else_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    official = [c for c in manifest().values() if c.task == "detect" and c.url]
    if any((packaged_weights() / c.file).exists() for c in official):
        pytest.skip("official models lie in this checkout")
    assert find_model("auto", "detect").name == own_detector().name


@pytest.mark.parametrize("camera", CAMERAS)
def test_nine_of_ten_people_are_found_and_few_others(demo: Path, camera: str) -> None:
    truth = read_mot(SAMPLES / f"{camera}.gt.txt", truth=True)
    found = table_of(read_tracks(demo / "tracks.json"), person=False, camera=camera)
    right = 0
    for frame in np.unique(truth.frame):
        overlap = boxes.iou(truth[truth.frame == frame].xyxy, found[found.frame == frame].xyxy)
        while overlap.size and overlap.max() >= 0.5:  # the closest pair first
            row, column = np.unravel_index(overlap.argmax(), overlap.shape)
            overlap[row], overlap[:, column] = 0, 0
            right += 1
    assert right >= LEAST_FOUND * len(truth.frame)
    assert len(found.frame) - right <= MOST_FALSE * len(found.frame)


def test_videos_and_json_are_whole_and_name_the_model(demo: Path) -> None:
    content = json.loads((demo / "tracks.json").read_text())
    jsonschema.validate(content, load_schema())
    model = own_detector()
    assert content["models"]["detector"] == {"name": model.name, "sha256": model.sha256}
    assert [read_video(demo / f"{camera}.mp4")[0] for camera in CAMERAS] == [300, 240]


def test_identities_are_right_within_and_across_the_cameras(demo: Path) -> None:
    assert sorted(people_followed(demo / "tracks.json")) == [[1], [2], [3], [4], [5]]
