"""A training learns, can be stopped and resumed at will, and leaves usable files."""

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.people import write_market
from tracker.cli import main
from tracker.core.errors import ConfigError, SourceError, TrainingError, WeightsError
from tracker.models.locate import find_model, sha256_of
from tracker.reid.checkpoint import load_osnet
from tracker.training.distributed import Processes
from tracker.training.precision import choose_precision
from tracker.training.reid_recipe import Augmentation, Recipe, TrainingRequest
from tracker.training.reid_setup import make_trainer
from tracker.training.reid_trainer import ReidTrainer, Watch

CPU = Processes(0, 1, torch.device("cpu"))
RECIPE = Recipe(
    "amsgrad", 0.002, "cosine", epochs=3, batch_size=8, images_per_person=2, triplet=0.5,
    growth=((0.5, 0.5),), ema=0.9, augmentation=Augmentation(crop=0.5, erase=0.5, hue=0.1),
)  # fmt: skip


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_market(tmp_path_factory.mktemp("data") / "market", people=8)


def trainer(market: Path, out: Path, recipe: Recipe = RECIPE, **others: object) -> ReidTrainer:
    out.mkdir(exist_ok=True)
    options = {"precision": "fp32", "val_ids": 2} | others
    return make_trainer(
        TrainingRequest([market], "osnet_x0_25", (64, 32), out, **options), recipe, CPU
    )


def log(out: Path) -> list[dict[str, str]]:
    with (out / "log.csv").open() as stream:
        return list(csv.DictReader(stream))


def weights(out: Path) -> dict[str, torch.Tensor]:
    return load_osnet(out / "osnet_x0_25.safetensors").state_dict()


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(a[k], b[k]) for k in a)


def interrupting(epoch: int, step: int) -> Watch:
    def watch(now: int, done: int, _steps: int, _loss: float) -> None:
        if (now, done) == (epoch, step):
            os.kill(os.getpid(), signal.SIGINT)

    return watch


@pytest.mark.parametrize(("epoch", "step"), [(0, 1), (1, 2), (1, 4), (2, 3)])
def test_a_resumed_training_equals_an_uninterrupted_one(
    epoch: int, step: int, market: Path, tmp_path: Path
) -> None:
    trainer(market, tmp_path / "whole").run()
    with pytest.raises(KeyboardInterrupt):
        trainer(market, tmp_path / "broken").run(interrupting(epoch, step))
    resumed = trainer(market, tmp_path / "broken")
    resumed.resume()
    resumed.run()
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "broken"))


def test_the_seed_decides(market: Path, tmp_path: Path) -> None:
    short = replace(RECIPE, epochs=1)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        trainer(market, tmp_path / name, short, seed=seed).run()
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "c"))


def test_it_learns(market: Path, tmp_path: Path) -> None:
    recipe = Recipe("adam", 0.003, "cosine", 12, 16, augmentation=Augmentation())
    trainer(market, tmp_path, recipe).run()
    rows = log(tmp_path)
    assert float(rows[-1]["loss"]) < 0.7 * float(rows[0]["loss"])
    assert float(rows[-1]["accuracy"]) > 80


def test_only_the_classifier_learns_while_frozen(market: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, epochs=1, frozen=1, ema=0.0)
    frozen = trainer(market, tmp_path, recipe)
    before = {k: v.clone() for k, v in frozen._osnet.state_dict().items()}
    frozen.run()
    after = frozen._osnet.state_dict()
    changed = {k for k in before if not torch.equal(before[k], after[k])}
    assert changed == {"classifier.weight", "classifier.bias"}


def test_people_of_other_sources_and_a_teacher_are_learned(market: Path, tmp_path: Path) -> None:
    trainer(market, tmp_path / "teacher", replace(RECIPE, epochs=1)).run()
    teacher = find_model(str(tmp_path / "teacher" / "osnet_x0_25.safetensors"), "reid")
    singles = tmp_path / "singles"
    for person in range(5):
        (singles / str(person)).mkdir(parents=True)
        (singles / str(person) / "c_0.png").write_bytes(
            (market / f"000{person + 1}_c1s1_000000_00.png").read_bytes()
        )
    recipe = replace(RECIPE, mix=(2, 1), batch_size=6)
    request = TrainingRequest(
        [market, singles], "osnet_x0_25", (64, 32), tmp_path / "whole", precision="fp32",
        val_ids=2, teachers=[teacher],
    )  # fmt: skip
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    make_trainer(request, recipe, CPU).run()
    broken = replace(request, out=tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt):
        make_trainer(broken, recipe, CPU).run(interrupting(1, 2))
    resumed = make_trainer(broken, recipe, CPU)
    resumed.resume()
    resumed.run()
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "broken"))
    rows = log(tmp_path / "whole")
    assert all(0 < float(row["teacher"]) < 100 for row in rows)
    assert float(rows[-1]["val_mAP"]) > 0
    with pytest.raises(ConfigError, match="one each"):
        make_trainer(replace(request, data=[market]), recipe, CPU)


def test_the_clock_can_end_a_training(market: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, epochs=1000)
    ended = trainer(market, tmp_path, recipe, hours=4 / 3600)
    ended.run()
    rows = log(tmp_path)
    assert 0 < len(rows) < 1000
    assert float(rows[-1]["rate"]) < 0.2 * max(float(row["rate"]) for row in rows)


def test_an_ablation_is_trained(market: Path, tmp_path: Path) -> None:
    request = TrainingRequest([market], "osnet_x0_25_t1", (64, 32), tmp_path, precision="fp32")
    path = make_trainer(request, replace(RECIPE, epochs=1), CPU).run()
    assert path.name == "osnet_x0_25_t1.safetensors"
    assert load_osnet(path)
    with pytest.raises(ConfigError, match="Did you mean 'osnet_x0_25_t1'"):
        make_trainer(replace(request, arch="osnet_x0_25t1"), RECIPE, CPU)


def test_a_diverging_training_ends_clearly(market: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, optimizer="sgd", rate=1e30)
    with pytest.raises(TrainingError, match="Use a lower --rate"):
        trainer(market, tmp_path, recipe).run()


def test_too_large_batches_are_told(market: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="lower --batch-size"):
        trainer(market, tmp_path, replace(RECIPE, batch_size=64)).run()


def test_other_options_do_not_resume(market: Path, tmp_path: Path) -> None:
    trainer(market, tmp_path, replace(RECIPE, epochs=1)).run()
    with pytest.raises(WeightsError, match="its seed is 1, not 2"):
        trainer(market, tmp_path, seed=2).resume()
    (tmp_path / "checkpoint.pt").write_bytes(b"broken")
    with pytest.raises(WeightsError, match="cannot resume from"):
        trainer(market, tmp_path).resume()
    with pytest.raises(ConfigError, match="start anew"):
        trainer(market, tmp_path / "empty").resume()


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"val_ids": 7}, SourceError, "--val-ids 7"),
        ({"precision": "fp8"}, ConfigError, "--precision is 'fp8'"),
        ({"precision": "fp16"}, ConfigError, "fp16 needs a GPU"),
    ],
)
def test_wrong_options_are_told(
    options: dict[str, object], error: type[Exception], told: str, market: Path, tmp_path: Path
) -> None:
    with pytest.raises(error, match=told):
        trainer(market, tmp_path, **options)


def test_precision_follows_the_processor() -> None:
    assert choose_precision("auto", torch.device("cpu")) in (torch.float32, torch.bfloat16)


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(list(words))
    return int(stop.value.code or 0)


def test_the_command_trains_resumes_and_scores(
    market: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    words = [
        "train", "reid", str(market), "--out", str(out), "--size", "64x32", "--batch-size", "8",
        "--val-ids", "3", "--device", "cpu", "--threads", "1", "--precision", "fp32",
    ]  # fmt: skip
    assert run(*words, "--epochs", "1") == 0
    assert run(*words, "--epochs", "2") == 1
    assert "add --resume" in capfd.readouterr().err
    assert run(*words, "--epochs", "2", "--resume") == 0
    path = out / "osnet_x0_25.safetensors"
    assert capfd.readouterr().out.strip() == str(path)
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["sha256"] == sha256_of(path)
    located = find_model(str(path), "reid")
    assert (located.preprocessing.height, located.preprocessing.width) == (64, 32)
    assert card["trained_on"] == {
        "sources": ["market"], "people": 5, "pictures": 30, "kept_back": 3,
    }  # fmt: skip
    assert str(tmp_path) not in path.with_suffix(".md").read_text()
    assert len(log(out)) == 2
    assert (out / "curves.png").stat().st_size > 1000
    assert not [k for k in weights(out) if k.startswith("classifier")]
    figure = tmp_path / "answers.png"
    assert run(
        "evaluate", "reid", str(market), "--reid", str(path), "--val-ids", "3", "--json",
        "--pairs", "--figure", str(figure), "--device", "cpu",
    ) == 0  # fmt: skip
    scores = json.loads(capfd.readouterr().out)
    assert scores["queries"] == 6
    assert {p["query_camera"] for p in scores["pairs"]} == {"1", "2"}
    assert 0 < scores["mAP"] <= 100
    assert figure.stat().st_size > 1000


def test_processes_train_together(market: Path, tmp_path: Path) -> None:
    words = [
        "train", "reid", str(market), "--out", str(tmp_path / "run"), "--size", "64x32",
        "--batch-size", "8", "--epochs", "1", "--device", "cpu", "--threads", "1",
        "--precision", "fp32",
    ]  # fmt: skip
    torchrun = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        "-m", "tracker",
    ]  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*torchrun, *words], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("osnet_x0_25.safetensors") == 1
    (row,) = log(tmp_path / "run")
    assert float(row["loss"]) > 0
    assert weights(tmp_path / "run")
