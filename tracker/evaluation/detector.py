"""Score a person detector: found boxes against true ones, picture by picture."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from tracker.core import boxes
from tracker.core.errors import ConfigError
from tracker.core.types import BoolArray, Detections, FloatArray, Frame
from tracker.datasets.person_boxes import NO_BOXES, BoxedPicture, to_pixels
from tracker.datasets.pictures import read_picture
from tracker.detection.detector import Detector
from tracker.evaluation.box_table import BoxTable
from tracker.video.source import FrameSource

LEAST_SCORE = 0.001  # what the average precision looks at; Ultralytics validates with it too
OVERLAPS = np.linspace(0.5, 0.95, 10)  # IoUs of COCO's average precision
PRECISION_OVERLAP = 0  # precision and recall count at IoU 0.5


@dataclass(frozen=True, slots=True)
class Compared:
    """What is true and what was found in one picture."""

    truth: FloatArray  # (M, 4) xyxy pixels
    ignored: BoolArray  # (M,) bool; boxes that neither help nor hurt
    found: Detections  # detections down to `LEAST_SCORE`


def look_at_pictures(detector: Detector, pictures: Iterable[BoxedPicture]) -> Iterator[Compared]:
    """Detect in labelled pictures; unlabelled ones are passed over.

    Raises:
        SourceError: A picture cannot be read.
    """
    for each in pictures:
        if each.boxes is None:
            continue
        image = cv2.cvtColor(read_picture(each.picture), cv2.COLOR_RGB2BGR)
        beside = NO_BOXES if each.ignored is None else each.ignored
        truth = to_pixels(np.concatenate([each.boxes, beside]), image.shape[1], image.shape[0])
        found = detector.detect(Frame("", 0, 0.0, np.asarray(image, np.uint8)))
        yield Compared(truth, np.arange(len(truth)) >= len(each.boxes), found)


def look_at_video(detector: Detector, source: FrameSource, truth: BoxTable) -> Iterator[Compared]:
    """Detect in the frames of a source that has a MOTChallenge truth (frames from 1).

    Raises:
        SourceError: It cannot be read.
    """
    for frame in source.frames():
        here = truth[truth.frame == frame.index + 1]
        yield Compared(np.asarray(here.xyxy, np.float32), here.ignored, detector.detect(frame))


def score(seen: Sequence[Compared], conf: float) -> dict[str, Any]:
    """Return precision and recall at a threshold, AP50 and AP50-95, each 0 to 1, and counts.

    Beside these, how many pictures show nobody, and how many people are found on them.

    Args:
        seen: All pictures.
        conf: Least score that counts for precision and recall; at IoU 0.5.

    Raises:
        ConfigError: There is no picture, or nobody in any.
    """
    people = sum(int((~s.ignored).sum()) for s in seen)
    if not people:
        raise ConfigError(f"{len(seen)} pictures with nobody in them; there is nothing to score")
    parts = [_match(s) for s in seen]
    right = np.concatenate([r for r, _ in parts])
    scores = np.concatenate([s for _, s in parts])
    chosen = right[scores >= conf, PRECISION_OVERLAP]
    empty = [s.found.score for s in seen if not len(s.truth)]
    precisions = average_precisions(right, scores, people)
    return {
        "pictures": len(seen),
        "people": people,
        "conf": conf,
        "precision": round(float(chosen.mean()) if len(chosen) else 0.0, 4),
        "recall": round(float(chosen.sum()) / people, 4),
        "AP50": round(float(precisions[0]), 4),
        "AP50-95": round(float(precisions.mean()), 4),
        "empty": len(empty),
        "false_on_empty": sum(int((found >= conf).sum()) for found in empty),
    }


def average_precisions(right: BoolArray, scores: FloatArray, people: int) -> FloatArray:
    """Return the average precision at each IoU of `OVERLAPS`, (10,).

    Args:
        right: (N, 10) whether a detection found a person, at each IoU.
        scores: (N,) of the detections.
        people: How many there were.
    """
    from tracker.detection.yolo import quiet_ultralytics

    if not len(scores):
        return np.zeros(len(OVERLAPS), np.float32)
    quiet_ultralytics()
    from ultralytics.utils.metrics import ap_per_class

    one_class = np.zeros(len(scores))
    return np.asarray(ap_per_class(right, scores, one_class, np.zeros(people))[5][0], np.float32)


def _match(seen: Compared) -> tuple[BoolArray, FloatArray]:
    """Say for each detection whether it found a person, (N, 10) for each IoU, and its score.

    The best detection chooses first, the person it overlaps most. Detections of ignored boxes
    are left out.
    """
    order = np.argsort(-seen.found.score, kind="stable")
    found = seen.found[order]
    overlap = boxes.iou(found.xyxy, seen.truth)
    real, ignored = overlap[:, ~seen.ignored], overlap[:, seen.ignored]
    right = np.stack([_match_at(real, least) for least in OVERLAPS], axis=1)
    beside = (ignored >= OVERLAPS[PRECISION_OVERLAP]).any(axis=1) & ~right[:, PRECISION_OVERLAP]
    return right[~beside], found.score[~beside]


def _match_at(overlap: FloatArray, least: float) -> BoolArray:
    """Match rows, best score first, to columns of an IoU matrix (N, M); say which rows did."""
    left = overlap.copy()
    right = np.zeros(len(overlap), bool)
    for row in range(len(overlap)):
        column = int(left[row].argmax()) if left.shape[1] else 0
        if left.shape[1] and left[row, column] >= least:
            right[row] = True
            left[:, column] = -1.0
    return right
