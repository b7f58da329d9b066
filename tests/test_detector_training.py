"""A detector's training learns, can be stopped and resumed, and leaves a usable detector."""

import csv
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.boxed import draw, write_boxed
from tests.media import reid_track
from tracker.core.errors import ConfigError, TrainingError, WeightsError
from tracker.core.types import Frame
from tracker.detection.detector import YoloOptions
from tracker.detection.yolo import YoloDetector
from tracker.models.locate import LocatedModel, find_model
from tracker.training.detector_loss import NOBODY, distance, without_ignored
from tracker.training.detector_recipe import DetectorRecipe, DetectorRequest
from tracker.training.detector_setup import train_detector

SMALL = DetectorRecipe(batch_size=4, growth=((0.5, 0.5),))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_boxed(tmp_path_factory.mktemp("data") / "people", 12)


def train(data: Path, out: Path, watch: object = None, *, resume: bool = False,
          recipe: DetectorRecipe = SMALL, **options: object) -> Path:  # fmt: skip
    out.mkdir(exist_ok=True)
    request = DetectorRequest(
        [str(data)], out, **{"imgsz": 64, "epochs": 2, "precision": "fp32"} | options
    )
    return train_detector(request, recipe, watch, resume=resume)


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "log.csv").open() as stream:
        return list(csv.DictReader(stream))


def detector(path: Path) -> YoloDetector:
    model = find_model(str(path), "detect")
    assert isinstance(model, LocatedModel)
    return YoloDetector(model, YoloOptions(conf=0.001))


def interrupting(epoch: int, step: int):
    def watch(now: int, done: int, _steps: int, _loss: float) -> None:
        if (now, done) == (epoch, step):
            os.kill(os.getpid(), signal.SIGINT)

    return watch


def test_a_training_leaves_a_detector_with_card_log_and_curves(
    data: Path, yolo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "out"
    path = train(data, out, teacher=str(yolo_file))
    assert path == out / "yolo11n.pt"
    card = json.loads((out / "yolo11n.json").read_text())
    model = find_model(str(path), "detect")
    assert isinstance(model, LocatedModel)
    assert (card["sha256"], model.detecting.imgsz) == (model.sha256, 64)
    assert card["trained_on"]["pictures"] + card["trained_on"]["validating"] == 12
    assert str(tmp_path) not in json.dumps(card)
    assert [(r["epoch"], r["size"]) for r in rows(out)] == [("1", "64"), ("2", "64")]
    assert all(float(r["teacher_feat"]) > 0 and r["val_AP50"] for r in rows(out))
    assert (out / "curves.png").stat().st_size > 1000
    assert detector(path).detect(Frame("", 0, 0.0, draw(2)[0])).xyxy.dtype == np.float32
    assert {p.name for p in tmp_path.iterdir()} == {"out"}


def test_the_command_prints_the_model_and_refuses_to_train_over_it(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "out"
    words = ("train", "detector", data, "--out", out, "--epochs", 1, "--imgsz", 64)
    assert reid_track(*words) == 0
    told = capsys.readouterr()
    assert told.out == f"{out / 'yolo11n.pt'}\n"
    assert "11 pictures with" in told.err
    assert reid_track(*words) == 1
    assert "holds a training already; add --resume" in capsys.readouterr().err


@pytest.mark.parametrize("epoch", [0, 1])
def test_ctrl_c_keeps_a_detector_and_resume_goes_on(epoch: int, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        train(data, out, interrupting(epoch, 2), epochs=3)
    detector(out / "weights/last.pt").detect(Frame("", 0, 0.0, draw(1)[0]))
    assert len(rows(out)) == epoch + 1
    path = train(data, out, resume=True, epochs=3)
    assert path.is_file()
    assert [r["epoch"] for r in rows(out)] == [str(n + 1) for n in range(3)]


def test_the_clock_can_end_a_training(data: Path, tmp_path: Path) -> None:
    steps: list[int] = []
    train(data, tmp_path / "out", lambda *words: steps.append(words[1]), hours=1e-4)
    assert 1 <= len(steps) < 300
    assert float(rows(tmp_path / "out")[-1]["share"]) == 1


def test_a_loss_that_is_no_number_ends_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tracker.training.detector_trainer as trainer

    monkeypatch.setattr(trainer, "rate_share", lambda *_: float("nan"))
    with pytest.raises(TrainingError, match=r"the loss is .* Use a lower --rate"):
        train(data, tmp_path / "out")


def test_resuming_something_else_is_an_error(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(ConfigError, match="--resume: there is no"):
        train(data, out, resume=True)
    with pytest.raises(KeyboardInterrupt):
        train(data, out, interrupting(0, 1))
    with pytest.raises(ConfigError, match="its imgsz is 64, not 96"):
        train(data, out, resume=True, imgsz=96)
    (out / "weights/last.pt").write_bytes(b"no checkpoint")
    with pytest.raises(WeightsError, match=r"last\.pt cannot be resumed"):
        train(data, out, resume=True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere"], "no data set at 'nowhere'"),
        (["data", "--arch", "yolo11x"], "--arch 'yolo11x' is unknown. Did you mean 'yolo11"),
        (["data", "--imgsz", "100"], "--imgsz 100 must be a multiple of 32"),
        (["data", "--precision", "half"], "--precision is 'half'"),
        (["data", "--teacher", "yolo99"], "no model is called 'yolo99'"),
        (["clip.mp4"], "add --teacher"),
    ],
)
def test_wrong_words_are_one_line(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    write_boxed(tmp_path / "data", 12)
    assert reid_track("train", "detector", *words, "--out", "out") == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert told in last


def test_places_in_boxes_to_ignore_teach_nothing_unless_a_person_is_there() -> None:
    feats = [torch.zeros(2, 8, n, n) for n in (4, 2)]
    scores = torch.zeros(2, 1, 20, requires_grad=True)
    batch = {
        "batch_idx": torch.tensor([0.0, 1, 1]),
        "cls": torch.tensor([[0.0], [1], [0]]),
        "bboxes": torch.tensor([[0.5, 0.5, 1, 1], [0.5, 0.5, 1, 1], [0.25, 0.5, 0.5, 1]]),
    }
    preds, people = without_ignored({"scores": scores, "feats": feats}, batch)
    silent = preds["scores"] == NOBODY
    assert people["bboxes"].tolist() == batch["bboxes"][[0, 2]].tolist()
    assert not silent[0].any()
    assert silent[1, 0, :16].view(4, 4).int().tolist() == [[0, 0, 1, 1]] * 4
    assert silent[1, 0, 16:].view(2, 2).int().tolist() == [[0, 1]] * 2
    preds["scores"].sum().backward()
    assert (scores.grad == (~silent).float()).all()


def test_the_network_knows_people_alone(data: Path, tmp_path: Path) -> None:
    (data / "labels_ignore").mkdir(exist_ok=True)
    for number in range(12):
        (data / f"labels_ignore/{number:03d}.txt").write_text("0 0.5 0.9 0.9 0.2\n")
    path = train(data, tmp_path / "out", epochs=1)
    assert detector(path).detect(Frame("", 0, 0.0, draw(2)[0])).xyxy.dtype == np.float32
    assert float(rows(tmp_path / "out")[-1]["cls_loss"]) > 0


def test_a_student_like_its_teacher_is_at_no_distance() -> None:
    chance = torch.Generator().manual_seed(1)
    outputs = {
        "boxes": torch.randn(2, 64, 21, generator=chance),
        "scores": torch.full((2, 1, 21), 20.0),
        "feats": [torch.randn(2, 8, n, n, generator=chance) for n in (4, 2, 1)],
    }
    near = distance(outputs, outputs)
    far = distance({**outputs, "boxes": -outputs["boxes"]}, outputs)
    assert all(float(value) < 1e-5 for value in near.values())
    assert float(far["teacher_box"]) > 1
    fewer = {**outputs, "feats": [level[:, :4] for level in outputs["feats"]]}
    assert set(distance(fewer, outputs)) == {"teacher_cls", "teacher_box"}
