"""Boxes from a file instead of a detector: to compare trackers on the same boxes."""

import logging
from pathlib import Path

import numpy as np

from tracker.core import boxes
from tracker.core.mot_text import UNKNOWN, read_rows
from tracker.core.types import Detections, Frame
from tracker.detection.detector import OneByOne

logger = logging.getLogger(__name__)

MIN_COLUMNS = 7


class ReplayDetector(OneByOne):
    """Replays a MOTChallenge text file: ``frame,id,left,top,width,height,score[,…]``.

    Frames count from 1 in the file; the id is not used. Scores below `conf` are left out; a
    file whose scores are all -1 has no scores, and every box counts as sure.

    Raises:
        SourceError: Missing, or not in that format; the message names the line.
    """

    def __init__(self, path: Path, conf: float = 0.0) -> None:
        found = [row[:MIN_COLUMNS] for row in read_rows(path, identified=False, least=MIN_COLUMNS)]
        rows = np.array(found, np.float64).reshape(-1, MIN_COLUMNS)
        if len(rows) and (rows[:, 6] == UNKNOWN).all():
            rows[:, 6] = 1.0
        flat = (rows[:, 4:6] <= 0).any(axis=1)
        if flat.any():
            logger.warning("%s: left out %d boxes without width or height", path, flat.sum())
        if rows[:, 6].max(initial=0) > 1:
            most = rows[:, 6].max()
            logger.warning("%s has scores up to %g; 1 is sure, and all above is too", path, most)
        self._rows = rows[(rows[:, 6] >= conf) & ~flat]
        self.last_frame = int(rows[:, 0].max()) - 1 if len(rows) else -1  # from 0

    def detect(self, frame: Frame) -> Detections:
        """See `Detector.detect`."""
        rows = self._rows[self._rows[:, 0] == frame.index + 1]
        xyxy = boxes.xywh_to_xyxy(rows[:, 2:6]).astype(np.float32)
        return Detections(xyxy, rows[:, 6].astype(np.float32))
