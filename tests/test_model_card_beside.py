"""A model's own card decides how its crops are prepared, but only if it is of that very file."""

import json
from pathlib import Path

import pytest

from tests.media import reid_track
from tracker.cli.request import TrackRequest
from tracker.models.locate import find_model, sha256_of
from tracker.models.registry import Detecting, Preprocessing
from tracker.video.camera_config import CameraConfig

OWN = {"height": 192, "width": 96, "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "mine.safetensors"
    path.write_bytes(b"weights")
    return path


def write_card(model: Path, text: str) -> None:
    model.with_suffix(".json").write_text(text)


def test_its_own_card_counts(model: Path) -> None:
    write_card(model, json.dumps({"sha256": sha256_of(model), "preprocessing": OWN}))
    expected = Preprocessing(192, 96, (0.5, 0.5, 0.5), (0.2, 0.2, 0.2))
    assert find_model(str(model), "reid").preprocessing == expected


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"sha256": "0" * 64, "preprocessing": OWN}),
        json.dumps({"sha256": "{sha}", "preprocessing": {"height": 3}}),
        json.dumps([1, 2]),
        "no JSON",
    ],
)
def test_other_files_beside_it_do_not(text: str, model: Path) -> None:
    write_card(model, text.replace("{sha}", sha256_of(model)))
    assert find_model(str(model), "reid").preprocessing == Preprocessing()


def test_a_detectors_card_tells_its_input_size(model: Path) -> None:
    write_card(model, json.dumps({"sha256": sha256_of(model), "imgsz": 512, "iou": 0.5}))
    assert find_model(str(model), "detect").detecting == Detecting(512, None, 0.5)
    write_card(model, json.dumps({"sha256": sha256_of(model), "imgsz": "large", "iou": True}))
    assert find_model(str(model), "detect").detecting == Detecting()


@pytest.mark.parametrize(("told", "found"), [(0.4, 0.4), (7.0, 0.25), (0.0, 0.25), ("far", 0.25)])
def test_its_own_card_tells_how_far_looks_lie_apart(
    told: object, found: float, model: Path
) -> None:
    write_card(model, json.dumps({"sha256": sha256_of(model), "max_cosine_distance": told}))
    assert find_model(str(model), "reid").max_cosine_distance == found


def test_the_models_distance_counts_unless_another_is_wished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests: list[TrackRequest] = []
    monkeypatch.setattr("tracker.cli.session.execute", requests.append)
    reid_track("a.mp4")
    reid_track("a.mp4", "--max-cosine-distance", 0.2)
    assert [r.options(CameraConfig()).tracker(0.35).max_cosine_distance for r in requests] == [
        0.35,
        0.2,
    ]
