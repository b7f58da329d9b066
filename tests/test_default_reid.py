"""The script that trained the packaged ReID model, on a tiny set and for a moment."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from benchmarks.default_reid.lite import Lite2
from benchmarks.default_reid.losses import likeness_distance, soft_label_distance
from tracker.models.locate import sha256_of
from tracker.models.registry import packaged_weights

ROOT = Path(__file__).resolve().parents[1]
SECONDS = "0.5"


def draw(folder: Path, people: int, cameras: int, pictures: int) -> None:
    random = np.random.default_rng(people)
    for person in range(people):
        (folder / str(person)).mkdir(parents=True)
        colour = random.uniform(0, 200, 3)
        for number in range(cameras * pictures):
            picture = colour + random.uniform(0, 50, (64, 32, 3))
            name = f"c{number % cameras}_{number}.png"
            cv2.imwrite(str(folder / str(person) / name), picture.astype(np.uint8))


def train(stage: str, *words: str) -> str:
    command = [sys.executable, "-m", "benchmarks.default_reid", stage, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    for name, shape in {"market": (6, 2, 3), "tracks": (4, 2, 2), "drawn": (4, 2, 2)}.items():
        draw(folder / name, *shape)
    for name in ("photos", "crops"):
        draw(folder / name, 8, 1, 1)
    published = {k: v for k, v in Lite2(1).state_dict().items() if k[:5] not in ("neck.", "head.")}
    torch.save(published | {"_fc.weight": torch.zeros(1000, 1280)}, folder / "imagenet.pth")
    return folder


def test_teacher_and_student_leave_a_model_with_a_card(folder: Path) -> None:
    named = [str(folder / name) for name in ("market", "tracks", "drawn")]
    everybody = [*named, str(folder / "photos"), str(folder / "crops")]
    usual = ["--seconds", SECONDS, "--val-ids", "2"]
    told = train(
        "teacher", *named[:2], *usual, "--mix", "2,1",
        "--imagenet", str(folder / "imagenet.pth"), "--out", str(folder / "run"),
    )  # fmt: skip
    assert "rank-1" in told
    usual += ["--mix", "2,1,1,1,1", "--teacher", str(folder / "run" / "teacher.pt")]
    usual += ["--onlooker", "osnet_x0_25_mixed"]
    start = packaged_weights() / "osnet_x0_25_mixed.safetensors"
    told = train("student", *everybody, *usual, "--weights", str(start), "--out", f"{folder}/run")
    assert "rank-1" in told
    card = json.loads((folder / "run" / "osnet_x0_25.json").read_text())
    assert card["trained_on"]["kept_back"] == 2
    assert card["trained_on"]["people"] == 4 + 4 + 4
    assert card["sha256"] == sha256_of(folder / "run" / "osnet_x0_25.safetensors")


def test_the_losses_are_0_where_there_is_nothing_to_learn() -> None:
    random = torch.Generator().manual_seed(1)
    looks = torch.nn.functional.normalize(torch.randn(8, 16, generator=random))
    others = torch.nn.functional.normalize(torch.randn(8, 24, generator=random))
    assert likeness_distance(3 * looks, looks) == pytest.approx(0, abs=1e-6)
    assert likeness_distance(looks, others) > 0.01
    logits = torch.randn(8, 5, generator=random)
    assert soft_label_distance(logits + 1, logits) == pytest.approx(0, abs=1e-6)
    assert soft_label_distance(-logits, logits) > 0.1
