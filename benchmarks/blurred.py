"""How many people of a truth can still be seen in a blurred video.

    reid-track vtest.avi --max-frames 300 --blur people --out blurred.mp4
    python -m benchmarks.blurred vtest.avi blurred.mp4 gt.txt

Somebody counts as seen where the fine structure of the upper third of their box, with the face,
correlates with the source's by more than one half. In clear it does by more than 0.8.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from tracker.evaluation.box_table import read_mot

UPPER = 0.35  # of a box's height
FEWEST_PX = 100
SEEN = 0.5


def likenesses(source: Path, written: Path, truth: Path) -> Iterator[float]:
    """Yield how like the source each person of the truth is in the written video."""
    table = read_mot(truth, truth=True)
    videos = [cv2.VideoCapture(str(path)) for path in (source, written)]
    for frame in range(1, int(table.frame.max()) + 1):
        pictures = [video.read()[1] for video in videos]
        if any(picture is None for picture in pictures):
            return
        for xyxy in table[table.frame == frame].xyxy:
            x1, y1, x2, y2 = (max(round(float(v)), 0) for v in xyxy)
            rows, columns = slice(y1, y1 + round(UPPER * (y2 - y1))), slice(x1, x2)
            upper = [_fine(picture)[rows, columns].ravel() for picture in pictures]
            if upper[0].size >= 3 * FEWEST_PX:
                yield float(np.corrcoef(*upper)[0, 1])


def _fine(picture: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(picture, (0, 0), 3)
    return picture.astype(np.float32) - smooth


if __name__ == "__main__":
    found = np.array(list(likenesses(*map(Path, sys.argv[1:4]))))
    seen = int((found > SEEN).sum())
    print(f"{seen} of {len(found)} people can be seen ({seen / len(found):.1%})")
