"""``evaluate reid``: whole data sets, re-ranking, metrics, the ranked picture."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.people import portrait, write_market
from tracker.cli import main
from tracker.datasets.pictures import PersonSet, Picture
from tracker.evaluation.gallery_picture import FRAME, GREEN, RED, draw_ranked


def score(capfd: pytest.CaptureFixture[str], *words: str) -> dict[str, float]:
    with pytest.raises(SystemExit) as stop:
        main(["evaluate", "reid", *words, "--device", "cpu", "--json"])
    told = capfd.readouterr()
    assert not stop.value.code, told.err
    scores: dict[str, float] = json.loads(told.out)
    return scores


@pytest.fixture
def market(tmp_path: Path) -> Path:
    root = tmp_path / "market"
    write_market(root / "bounding_box_train", people=2)
    write_market(root / "query", people=4, shots=1)
    write_market(root / "bounding_box_test", people=4)
    (root / "bounding_box_test" / "0001_c1s1_000000_00.png").rename(
        root / "bounding_box_test" / "0000_c1s1_000000_00.png"
    )
    return root


@pytest.mark.parametrize("extra", [[], ["--rerank"], ["--metric", "euclidean"]])
def test_a_published_test_part(
    extra: list[str], market: Path, osnet_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    scores = score(capfd, str(market), "--reid", str(osnet_file), *extra)
    assert (scores["queries"], scores["splits"]) == (8, 1)
    assert scores["rank-1"] <= scores["rank-5"] <= scores["rank-20"] == 100
    assert 0 < scores["mINP"] <= scores["mAP"] <= 100


def test_splits_are_averaged(
    tmp_path: Path, osnet_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for camera in ("cam_a", "cam_b"):
        (tmp_path / camera).mkdir()
        for person in range(4):
            picture = portrait(person, ord(camera[-1]))
            Image.fromarray(picture).save(tmp_path / camera / f"{person:03d}.bmp")
    scores = score(capfd, str(tmp_path), "--reid", str(osnet_file))
    assert (scores["queries"], scores["splits"]) == (2, 20)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--metric", "l1"], "allowed are: cosine, euclidean"),
        (["--val-ids", "2"], "has its own test part"),
    ],
)
def test_wrong_options_are_told(
    words: list[str], told: str, market: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", "reid", str(market), "--reid", "osnet_x0_25_msmt17", *words])
    assert told in capfd.readouterr().err


def test_right_answers_are_green_and_wrong_ones_red(tmp_path: Path) -> None:
    pictures = []
    for person in (1, 2):
        path = tmp_path / f"{person}.png"
        Image.fromarray(portrait(person, 0)).save(path)
        pictures.append(Picture(path, path.name, str(person), "1"))
    people = PersonSet(tuple(pictures), np.array([0, 1]), np.array([0, 0]))
    out = tmp_path / "found.png"
    draw_ranked(people, people, np.array([[0, 1, -1], [0, 1, -1]]), np.array([1]), out)
    with Image.open(out) as drawn:
        row = np.asarray(drawn)[1]
    tile = 64 + 2 * FRAME
    assert row.shape == (4 * tile + 12, 3)
    assert [tuple(row[x].tolist()) for x in (tile + 12, 2 * tile + 12, 3 * tile + 12)] == [
        RED, GREEN, (255, 255, 255),
    ]  # fmt: skip
