"""From calibration to places on the ground: made-up cameras, whose places are known exactly."""

import json
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media import reid_track, write_boxes, write_video
from tracker.core.errors import ConfigError
from tracker.core.ground import STEP_ERROR_M, GroundPlane, feet_of
from tracker.results.schemas import load_schema
from tracker.video.calibration import read_calibration

Points = npt.NDArray[np.float64]
K = [[900.0, 0, 960], [0, 900, 540], [0, 0, 1]]
LENS = [-0.25, 0.08, 0.001, -0.0005, 0.0]
PLACES = np.array([[0, 6], [-3, 9], [3, 9], [0, 14], [-4, 18], [4, 18], [1, 30]], np.float64)


def camera(height: float = 3.0, tilt: float = 15.0, turn: float = 0.0) -> tuple[Points, Points]:
    """R and t of a camera above the origin that looks along y, down by `tilt` degrees."""
    down, left = np.radians(tilt), np.radians(turn)
    forward = np.array([-np.sin(left) * np.cos(down), np.cos(left) * np.cos(down), -np.sin(down)])
    right = np.array([np.cos(left), np.sin(left), 0])
    rotation = np.stack([right, np.cross(forward, right), forward])
    return rotation, -rotation @ [0, 0, height]


def seen(
    places: Points, rotation: Points, shift: Points, lens: list[float] | None = None
) -> Points:
    """Pixels (N, 2) of places (N, 2) on the ground, by OpenCV's own camera model."""
    world = np.column_stack([places, np.zeros(len(places))])
    bent = np.array(lens or [0.0] * 4)
    return cv2.projectPoints(world, rotation, shift, np.array(K), bent)[0].reshape(-1, 2)


def boxes_at(feet: Points, height: float = 100.0) -> Points:
    """Boxes (N, 4) that stand on these pixels."""
    left, lower = feet.T
    return np.column_stack([left - 20, lower - height, left + 20, lower])


def by_points(image: Points, on_map: Points) -> dict[str, object]:
    """An entry of cameras.yaml."""
    pairs = zip(image.tolist(), on_map.tolist(), strict=True)
    return {"points": [{"image": i, "map": m} for i, m in pairs]}


def by_camera(
    rotation: Points, shift: Points, lens: list[float] | None = None
) -> dict[str, object]:
    """An entry of cameras.yaml."""
    entry = {"K": K, "R": rotation.tolist(), "t": shift.tolist()}
    return {**entry, "distortion": lens} if lens else entry


def ground_of(entry: dict[str, object]) -> GroundPlane:
    """What an entry of cameras.yaml becomes."""
    ground = read_calibration("camera 'a'", entry)
    assert ground is not None
    return ground


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(by_camera(*camera()), id="matrix"),
        pytest.param(
            {**by_camera(*camera()), "R": cv2.Rodrigues(camera()[0])[0].ravel().tolist()},
            id="Rodrigues",
        ),
        pytest.param(
            {**by_camera(*camera()), "t": [[v] for v in camera()[1].tolist()]}, id="column"
        ),
        pytest.param(by_points(seen(PLACES, *camera()), PLACES), id="points"),
        pytest.param(by_points(seen(PLACES[1:6], *camera()), PLACES[1:6]), id="five points"),
        pytest.param(by_camera(*camera(), [0.0] * 5), id="no distortion"),
    ],
)
def test_feet_stand_where_they_are(entry):
    ground = ground_of(entry)

    places = ground.place(boxes_at(seen(PLACES, *camera())).astype(np.float32))

    assert places == pytest.approx(PLACES, abs=0.01)


@given(
    height=st.floats(1.5, 12), tilt=st.floats(5, 80), turn=st.floats(-180, 180),
    seed=st.integers(0, 10**6),
)  # fmt: skip
def test_any_camera_above_the_ground_is_inverted(height, tilt, turn, seed):
    rotation, shift = camera(height, tilt, turn)
    ray = height / np.tan(np.radians(tilt))  # to where the middle of the picture looks
    spread = np.random.default_rng(seed).uniform(0.7, 1.4, 8)
    angle = np.radians(turn + np.random.default_rng(seed + 1).uniform(-15, 15, 8))
    places = np.column_stack([-np.sin(angle), np.cos(angle)]) * (ray * spread)[:, None]
    image = seen(places, rotation, shift)

    assert ground_of(by_camera(rotation, shift)).locate(image) == pytest.approx(places, rel=1e-6)


def test_a_lens_that_bends_lines_is_straightened():
    image = seen(PLACES, *camera(), lens=LENS)

    bent = ground_of(by_camera(*camera(), LENS)).locate(image)
    ignored = ground_of(by_camera(*camera())).locate(image)

    assert bent == pytest.approx(PLACES, abs=0.01)
    assert np.abs(ignored - PLACES).max() > 0.1


def test_what_lies_outside_the_lens_model_is_unknown():
    ground = ground_of(by_camera(*camera(), LENS))

    assert np.isnan(ground.locate([[960, 90000.0], [np.nan, 900]])).all()


@pytest.mark.parametrize("way", ["matrix", "points", "lens"])
def test_at_and_above_the_horizon_nothing_stands(way):
    entries = {
        "matrix": by_camera(*camera()),
        "points": by_points(seen(PLACES, *camera()), PLACES),
        "lens": by_camera(*camera(), [1e-9, 0, 0, 0]),
    }
    ground = ground_of(entries[way])
    horizon = 540 - 900 * np.tan(np.radians(15))
    feet = np.array([[960, horizon + 2], [960, horizon - 2], [100, horizon - 100], [960, 0]])

    places, unsure = ground.place(boxes_at(feet)), ground.uncertainty(boxes_at(feet))

    assert np.isfinite(places[0]).all()
    assert np.isfinite(unsure[0])
    assert np.isnan(places[1:]).all()
    assert np.isnan(unsure[1:]).all()


def test_a_camera_fitted_in_a_left_handed_world_looks_at_the_ground():
    rotation, shift = camera()
    turned = np.diag([-1.0, -1.0, -1.0]) @ rotation
    mirrored = turned @ np.diag([-1.0, 1.0, 1.0])  # a proper rotation, of a mirrored world
    places = PLACES * [-1, 1]

    ground = ground_of(by_camera(mirrored, -shift))

    assert np.linalg.det(mirrored) == pytest.approx(1)
    assert ground.locate(seen(PLACES, rotation, shift)) == pytest.approx(places, abs=0.01)


def test_no_boxes_have_no_places():
    ground = ground_of(by_camera(*camera(), LENS))

    assert ground.place(np.zeros((0, 4), np.float32)).shape == (0, 2)
    assert ground.uncertainty(np.zeros((0, 4), np.float32)).shape == (0,)


def test_the_feet_are_in_the_middle_of_the_lower_edge():
    assert feet_of([[10, 20, 30, 60]]).tolist() == [[20, 60]]


@pytest.mark.parametrize("height", [40.0, 300.0])
def test_the_uncertainty_is_that_of_feet_that_are_a_little_off(height):
    ground = ground_of(by_camera(*camera()))
    feet = seen(PLACES[:6], *camera())
    off_px = np.random.default_rng(3).normal(0, max(3, 0.03 * height), (4000, 2))

    told = ground.uncertainty(boxes_at(feet, height))

    for number in range(6):
        moved = ground.locate(feet[number] + off_px) - PLACES[number]
        true = np.sqrt((moved**2).sum(axis=1).mean() + STEP_ERROR_M**2)
        assert told[number] == pytest.approx(true, rel=0.25)


def test_more_points_make_up_for_inexact_ones():
    noise = np.random.default_rng(5).normal(0, 2, PLACES.shape)
    ground = ground_of(by_points(seen(PLACES, *camera()) + noise, PLACES))

    assert ground.locate(seen(PLACES[:6], *camera())) == pytest.approx(PLACES[:6], abs=0.6)


IMAGE = seen(PLACES, *camera())
WRONG = np.array([3.0, 0.0])
CAMERA = by_camera(*camera())
CALIBRATION_ERRORS = [
    pytest.param(by_points(IMAGE[:3], PLACES[:3]), ["3 points", "4 or more"], id="three points"),
    pytest.param({"points": []}, ["0 points"], id="no points"),
    pytest.param({"points": {}}, ["list of {image: [u, v], map: [x, y]}"], id="no list"),
    pytest.param({"points": [1, 2, 3, 4]}, ["number 1 is 1"], id="numbers"),
    pytest.param({"points": [{"image": [1, 2]}] * 4}, ["number 1 is"], id="no map"),
    pytest.param({"points": [{"image": [1, 2, 3], "map": [1, 2]}] * 4},
                 ["point 1", "image is [1, 2, 3]", "must be 2 numbers"], id="three coordinates"),
    pytest.param({"points": [{"image": [1, 2], "map": ["x", 2]}] * 4}, ["map is ['x', 2]"],
                 id="a word"),
    pytest.param(by_points(IMAGE[:4], np.array([[0, 0], [1, 1], [2, 2.01], [3, 3]])),
                 ["map points lie on one line"], id="line on the map"),
    pytest.param(by_points(np.array([[0, 0], [100, 1], [200, 0], [300, 2]]), PLACES[:4]),
                 ["image points lie on one line"], id="line in the picture"),
    pytest.param(by_points(IMAGE[[0, 0, 0, 0]], PLACES[:4]), ["image points"], id="one point"),
    pytest.param(by_points(IMAGE[[0, 1, 2, 2]], PLACES[[0, 1, 2, 2]]), ["decide no plane"],
                 id="two the same"),
    pytest.param(by_points(IMAGE[[1, 2, 5, 4]], PLACES[[1, 2, 4, 5]]), ["horizon", "order"],
                 id="two exchanged"),
    pytest.param(by_points(IMAGE, PLACES + WRONG * (np.arange(7) == 3)[:, None]),
                 ["fit one plane", "allowed is 0.51 m", "4: 2.44", "7: 0.45"], id="one is wrong"),
    pytest.param({**CAMERA, "points": []}, ["'points' and 'K'"], id="both ways"),
    pytest.param({"K": K}, ["'K' but no 'R'"], id="K alone"),
    pytest.param({"K": K, "R": [0, 0, 0]}, ["'K' but no 't'"], id="no t"),
    pytest.param({"distortion": LENS}, ["'distortion' but no 'K'"], id="distortion alone"),
    pytest.param({**CAMERA, "K": [900, 960, 540]}, ["K is [900, 960, 540]", "3x3 numbers"],
                 id="K is a list"),
    pytest.param({**CAMERA, "K": np.transpose(K).tolist()}, ["K is no camera matrix"],
                 id="K lies on its side"),
    pytest.param({**CAMERA, "R": [[1, 0], [0, 1]]}, ["R is", "3x3 or 3 numbers"], id="small R"),
    pytest.param({**CAMERA, "R": [[1, 0, 0], [0, 0.5, 0], [0, 0, 1]]},
                 ["R is no rotation", "off by 0.5"], id="R shrinks"),
    pytest.param({**CAMERA, "R": (np.diag([-1, 1, 1]) @ camera()[0]).tolist()},
                 ["R is no rotation", "mirror"], id="R mirrors"),
    pytest.param({**CAMERA, "t": [1, 2]}, ["t is [1, 2]", "3 or 3x1 numbers"], id="short t"),
    pytest.param({**CAMERA, "t": [1, 2, float("nan")]}, ["t is"], id="t is nan"),
    pytest.param(by_camera(camera()[0], -camera()[1]), ["(0, 0, -3) m", "below"],
                 id="below the ground"),
    pytest.param(by_camera(camera()[0], camera()[1] * 1000), ["(0, 0, 3000) m", "metres?"],
                 id="millimetres"),
    pytest.param({**CAMERA, "distortion": [0.1, 0.2, 0.3]}, ["distortion is", "4 or 5 or 8"],
                 id="three coefficients"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "told"), CALIBRATION_ERRORS)
def test_what_does_not_calibrate_is_an_error_with_the_figures(entry, told):
    with pytest.raises(ConfigError, match="camera 'a'") as error:
        read_calibration("camera 'a'", entry)

    assert "\n" not in str(error.value)
    for words in told:
        assert words in str(error.value)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two small videos, their boxes and a config that calibrates one of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "boxes").mkdir()
    for name in ("a", "b"):
        write_video(tmp_path / f"{name}.mp4", 6)
        write_boxes(tmp_path / "boxes" / f"{name}.txt", 6)
    return tmp_path


def yaml_of(points: str) -> str:
    """A cameras.yaml of two cameras, where b has these points."""
    return f"cameras:\n  a: a.mp4\n  b:\n    source: b.mp4\n    points:\n{points}"


POINTS = (
    "      - {image: [0, 64], map: [0, 0]}\n      - {image: [96, 64], map: [9.6, 0]}\n"
    "      - {image: [96, 0], map: [9.6, 6.4]}\n      - {image: [0, 0], map: [0, 6.4]}\n"
)


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_boxes_of_a_calibrated_camera_have_places(site: Path, form):
    (site / "c.yaml").write_text(yaml_of(POINTS))
    words = ("--detections", "boxes", "--reid", "none", "--json", "t.json", "--format", form)

    assert reid_track("--config", "c.yaml", *words) == 0

    result = json.loads((site / "t.json").read_text())
    jsonschema.validate(result, load_schema())
    assert [c["calibrated"] for c in result["cameras"]] == [False, True]
    boxes = [{"camera": t["camera"], **box} for t in result["tracks"] for box in t["boxes"]]
    if form == "jsonl":
        boxes = [json.loads(line) for line in (site / "t.jsonl").read_text().splitlines()[1:]]
    assert len(boxes) == 24
    for box in boxes:
        if box["camera"] == "a":
            assert "place_m" not in box
        else:
            x1, _, x2, y2 = box["xyxy"]
            assert box["place_m"] == pytest.approx([(x1 + x2) / 20, (64 - y2) / 10], abs=0.01)


def test_an_unknown_place_is_null(site: Path):
    above = POINTS.replace("[96, 0]", "[60, 60]").replace(
        "[0, 0], map: [0, 6", "[36, 60], map: [0, 6"
    )
    (site / "c.yaml").write_text(yaml_of(above))
    words = ("--detections", "boxes", "--reid", "none", "--json", "t.json")

    assert reid_track("--config", "c.yaml", *words) == 0

    result = json.loads((site / "t.json").read_text())
    jsonschema.validate(result, load_schema())
    places = [box["place_m"] for t in result["tracks"] if t["camera"] == "b" for box in t["boxes"]]
    assert places == [None] * 12


def test_an_unsuitable_calibration_ends_the_run_with_one_line(site: Path, capsys):
    wrong = POINTS + "      - {image: [48, 32], map: [9, 1]}\n"
    (site / "c.yaml").write_text(yaml_of(wrong))

    code = reid_track("--config", "c.yaml", "--detections", "boxes", "--reid", "none")

    printed = capsys.readouterr()
    assert code == 1
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert printed.err.startswith("error: --config c.yaml: camera 'b': the points do not fit")
    assert "5: " in printed.err
