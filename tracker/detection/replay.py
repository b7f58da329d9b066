"""Boxes from a file instead of a detector: to compare trackers on the same boxes."""

from pathlib import Path

import numpy as np

from tracker.core import boxes
from tracker.core.errors import SourceError
from tracker.core.types import Detections, Frame
from tracker.detection.detector import OneByOne

MIN_COLUMNS = 7
_NO_SCORE = -1.0  # MOTChallenge files without scores say -1


class ReplayDetector(OneByOne):
    """Replays a MOTChallenge text file: ``frame,id,left,top,width,height,score[,…]``.

    Frames count from 1 in the file; the id is not used. Scores below `conf` are left out; a
    file whose scores are all -1 has no scores, and every box counts as sure.

    Raises:
        SourceError: Missing, or not in that format; the message names the line.
    """

    def __init__(self, path: Path, conf: float = 0.0) -> None:
        rows = _read_rows(path)
        if len(rows) and (rows[:, 6] == _NO_SCORE).all():
            rows[:, 6] = 1.0
        usable = (rows[:, 6] >= conf) & (rows[:, 4] > 0) & (rows[:, 5] > 0)
        self._rows = rows[usable]
        self.last_frame = int(rows[:, 0].max()) - 1 if len(rows) else -1  # from 0

    def detect(self, frame: Frame) -> Detections:
        """See `Detector.detect`."""
        rows = self._rows[self._rows[:, 0] == frame.index + 1]
        xyxy = boxes.xywh_to_xyxy(rows[:, 2:6]).astype(np.float32)
        return Detections(xyxy, rows[:, 6].astype(np.float32))


def _read_rows(path: Path) -> np.ndarray:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"--detections {path} cannot be read: {error}") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        fields = line.replace(",", " ").split()
        if not fields:
            continue
        try:
            rows.append([float(field) for field in fields[:MIN_COLUMNS]])
        except ValueError:
            rows.append([])
        if len(rows[-1]) < MIN_COLUMNS or not np.isfinite(rows[-1]).all() or rows[-1][0] < 1:
            raise SourceError(
                f"--detections {path}, line {number}: '{line[:60]}' is not "
                "frame,id,left,top,width,height,score with frames from 1"
            )
    return np.array(rows, np.float64).reshape(-1, MIN_COLUMNS)
