"""A run over the sample clips by the real command line, with all that a page shows.

Stand-ins as in `tests.test_samples`: boxes are the truth's, ReID looks at colours alone.
"""

from pathlib import Path

import numpy as np

from tests.media import reid_track
from tests.test_samples import BOTH, CAMERAS, COLOUR_LIMITS, LEAST_VISIBLE, SAMPLES


def track_samples(out: Path, colours: Path, *words: object) -> Path:
    """Follow the people of both clips into a folder."""
    boxes = out.parent / f"{out.name}-boxes"
    boxes.mkdir()
    for camera in CAMERAS:
        rows = np.loadtxt(SAMPLES / f"{camera}.gt.txt", delimiter=",")
        rows = rows[rows[:, 8] >= LEAST_VISIBLE]
        rows[:, 1] = -1
        np.savetxt(boxes / f"{camera}.txt", rows[:, :7], delimiter=",", fmt="%.2f")
    code = reid_track(
        *("--cams", BOTH, "--detections", boxes, "--reid", colours, *COLOUR_LIMITS),
        *("--out", out, "-q", *words),
    )
    assert code == 0
    return out
