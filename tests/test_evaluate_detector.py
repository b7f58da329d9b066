"""A detector's scores, on cases that can be counted by hand and on the sample clips."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.boxed import write_boxed
from tests.media import reid_track, write_video
from tracker.core.errors import ConfigError
from tracker.core.types import Detections
from tracker.evaluation.detector import Compared, score


def seen(truth: list[list[float]], found: list[list[float]], scores: list[float],
         ignored: list[bool] | None = None) -> Compared:  # fmt: skip
    boxes = np.array(truth, np.float32).reshape(-1, 4)
    detections = Detections(
        np.array(found, np.float32).reshape(-1, 4), np.array(scores, np.float32)
    )
    return Compared(boxes, np.array(ignored or [False] * len(boxes), bool), detections)


ONE, TWO, FAR = [0, 0, 10, 20], [30, 0, 40, 20], [70, 70, 80, 90]


def test_all_found_is_perfect() -> None:
    scores = score([seen([ONE, TWO], [ONE, TWO], [0.9, 0.8])], 0.25)
    assert (scores["precision"], scores["recall"]) == (1, 1)
    assert scores["AP50"] == pytest.approx(0.995, abs=0.006)
    assert scores["AP50-95"] == pytest.approx(0.995, abs=0.006)


def test_doubles_and_false_boxes_cost_precision_and_misses_recall() -> None:
    scores = score([seen([ONE, TWO], [ONE, ONE, FAR], [0.9, 0.8, 0.7])], 0.25)
    assert (scores["precision"], scores["recall"]) == (pytest.approx(1 / 3, abs=1e-4), 0.5)


def test_weak_detections_count_for_the_average_only() -> None:
    scores = score([seen([ONE, TWO], [ONE, TWO], [0.9, 0.1])], 0.25)
    assert (scores["precision"], scores["recall"]) == (1, 0.5)
    assert scores["AP50"] > 0.95


def test_ignored_boxes_neither_help_nor_hurt() -> None:
    scores = score([seen([ONE, TWO], [ONE, TWO], [0.9, 0.8], [False, True])], 0.25)
    assert (scores["people"], scores["precision"], scores["recall"]) == (1, 1, 1)


def test_people_found_where_nobody_is_are_counted() -> None:
    room = seen([], [ONE, FAR], [0.9, 0.2])
    doubtful = seen([ONE], [TWO], [0.9], [True])
    scores = score([seen([ONE], [ONE], [0.9]), room, room, doubtful], 0.25)
    assert (scores["empty"], scores["false_on_empty"]) == (2, 2)


def test_the_best_detection_chooses_the_person_it_overlaps_most() -> None:
    near = [2, 0, 12, 20]  # IoU 0.67 with ONE
    scores = score([seen([ONE], [near, ONE], [0.9, 0.8])], 0.25)
    assert (scores["precision"], scores["recall"]) == (0.5, 1)


def test_nobody_anywhere_is_an_error() -> None:
    with pytest.raises(ConfigError, match="1 pictures with nobody in them"):
        score([seen([], [ONE], [0.9])], 0.25)


def test_nothing_found_scores_nothing() -> None:
    scores = score([seen([ONE], [], [])], 0.25)
    assert [scores[k] for k in ("precision", "recall", "AP50", "AP50-95")] == [0, 0, 0, 0]


def test_the_command_scores_pictures_and_videos(
    yolo_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    data = write_boxed(tmp_path / "data", 12)
    words = ("--detector", yolo_file, "--imgsz", 64, "--json")
    assert reid_track("evaluate", "detector", data, "--part", "all", *words) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["pictures"], found["people"], len(found["sha256"])) == (12, 12, 64)
    video = write_video(tmp_path / "a.mp4", 20)
    truth = tmp_path / "gt.txt"
    truth.write_text("".join(f"{frame},1,10,10,20,40,1,1,1\n" for frame in range(1, 21)))
    more = ("--truth", truth, "--every", 5, "--max-frames", 3)
    assert reid_track("evaluate", "detector", video, *more, *words) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["pictures"], found["people"]) == (3, 3)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere"], "no data set at 'nowhere'"),
        (["data", "--part", "test"], "--part is 'test'; allowed are: val, train, all"),
        (["data", "--imgsz", "big"], "--imgsz is 'big'"),
        (["data", "--truth", "no.txt"], "no.txt cannot be read as MOTChallenge text"),
    ],
)
def test_wrong_words_are_one_line(
    words: list[str], told: str, yolo_file: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    write_boxed(tmp_path / "data", 2)
    assert reid_track("evaluate", "detector", *words, "--detector", yolo_file) == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if "info:" not in line]
    assert len(errors) == 1
    assert told in errors[0]
