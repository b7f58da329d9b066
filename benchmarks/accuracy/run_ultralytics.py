"""Run Ultralytics' trackers on a recording's boxes; executed by Ultralytics' own Python.

    python run_ultralytics.py RECORDING.npz VIDEO|none OUT TRACKER...

Writes OUT/TRACKER.txt in MOTChallenge format. ``botsort+reid`` is BoT-SORT with its option
with_reid and the recording's looks. Knows nothing of our package.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from ultralytics.engine.results import Boxes
from ultralytics.trackers.track import TRACKER_MAP
from ultralytics.utils import YAML, IterableSimpleNamespace
from ultralytics.utils.checks import check_yaml

WITH_REID = "+reid"


def load(name: str) -> object:
    """Return a tracker with its default options."""
    kind = name.removesuffix(WITH_REID)
    options = YAML.load(check_yaml(f"{kind}.yaml"))
    if name.endswith(WITH_REID):
        options |= {"with_reid": True, "model": "auto"}
    return TRACKER_MAP[kind](args=IterableSimpleNamespace(**options, device="cpu"))


def main() -> None:
    """Take all trackers through the frames together."""
    recording, video, out, *names = sys.argv[1:]
    content = dict(np.load(recording))
    width, height = content["size"].tolist()
    capture = None if video == "none" else cv2.VideoCapture(video)
    trackers = {name: load(name) for name in names}
    rows: dict[str, list[str]] = {name: [] for name in names}
    for index in range(int(content["frames"])):
        now = content["frame"] == index
        score = content["score"][now, None]
        table = np.concatenate([content["xyxy"][now], score, np.zeros_like(score)], axis=1)
        image = None if capture is None else capture.read()[1]
        for name, tracker in trackers.items():
            looks = content["looks"][now] if name.endswith(WITH_REID) else None
            found = tracker.update(Boxes(table, (height, width)), image, feats=looks)
            for left, top, right, bottom, number, *_ in np.asarray(found).tolist():
                place = f"{left:.2f},{top:.2f},{right - left:.2f},{bottom - top:.2f}"
                rows[name].append(f"{index + 1},{int(number)},{place},1,-1,-1,-1\n")
    for name, lines in rows.items():
        (Path(out) / f"{name}.txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
