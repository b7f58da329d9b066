"""Words to stages."""

import argparse
import logging
import time
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.default_reid.people import KEPT_BACK, People
from benchmarks.default_reid.student import MIX, Student, write
from benchmarks.default_reid.teacher import MIX as TEACHER_MIX
from benchmarks.default_reid.teacher import load_teacher, train_teacher
from tracker.models.locate import LocatedModel, find_model

WITH_NAMES = 3  # of the student's sources: Market-1501, tracks and drawn people
ONLOOKER = "osnet_x0_25_msmt17"
TELL_S = 15.0


def main() -> None:
    """Train one stage."""
    words = _parser().parse_args()
    logging.basicConfig(level=logging.INFO)
    torch.backends.cudnn.benchmark = True
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    words.out.mkdir(parents=True, exist_ok=True)
    mix = [int(people) for people in words.mix.split(",")]
    if words.stage == "teacher":
        people = People(words.sources, len(words.sources), mix, device, words.val_ids)
        train_teacher(people, words.imagenet, words.seconds, words.out)
        return
    people = People(words.sources, WITH_NAMES, mix, device, words.val_ids)
    teacher = load_teacher(words.teacher, device)
    student = Student(people, teacher, _file_of(words.onlooker), words.weights)
    state = student.learn(words.seconds, _Report())
    names = [source.name for source in words.sources]
    trained_on = {
        "sources": names, "people": people.known, "pictures": people.pictures,
        "kept_back": people.aside.people,
    }  # fmt: skip
    write(state, people, trained_on, words.out)


class _Report:
    """Says from time to time how far it is."""

    def __init__(self) -> None:
        self._told = 0.0

    def __call__(self, share: float, terms: Tensor) -> None:
        if time.monotonic() > self._told + TELL_S:
            self._told = time.monotonic()
            print(f"{share:.1%}", " ".join(f"{term:.3f}" for term in terms.tolist()), flush=True)


def _file_of(name: str) -> Path:
    model = find_model(name, "reid")
    assert isinstance(model, LocatedModel), f"{name} is not installed"
    return model.path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.default_reid")
    stages = parser.add_subparsers(dest="stage", required=True)
    usual = {"teacher": (TEACHER_MIX, 95), "student": (MIX, 345)}
    for name, (mix, seconds) in usual.items():
        stage = stages.add_parser(name)
        stage.add_argument("sources", nargs="+", type=Path)
        stage.add_argument("--mix", default=",".join(map(str, mix)))
        stage.add_argument("--seconds", type=float, default=seconds)
        stage.add_argument("--val-ids", type=int, default=KEPT_BACK)
        stage.add_argument("--out", type=Path, required=True)
        if name == "teacher":
            stage.add_argument("--imagenet", type=Path, required=True)
            continue
        stage.add_argument("--teacher", type=Path, required=True)
        stage.add_argument("--onlooker", default=ONLOOKER)
        stage.add_argument("--weights", type=Path, required=True)
    return parser


if __name__ == "__main__":
    main()
