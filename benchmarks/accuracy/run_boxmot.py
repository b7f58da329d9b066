"""Run BoxMOT's trackers on a recording's boxes; executed by BoxMOT's own Python.

    python run_boxmot.py RECORDING.npz VIDEO|none OUT TRACKER...

Writes OUT/TRACKER.txt in MOTChallenge format. A tracker has the options of BoxMOT's own
configuration files, which its command line takes too; ``TRACKER+class`` has those of its Python
class, which are others. Knows nothing of our package.
"""

import logging
import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from boxmot import create_tracker
from boxmot.structures import Boxes, Detections
from boxmot.trackers.registry import get_tracker_class, get_tracker_definition
from boxmot.trackers.specs import TrackerSpec

BY_CLASS = "+class"


def load(name: str) -> object:
    """Return a tracker with its default options."""
    if name.endswith(BY_CLASS):
        return get_tracker_class(name.removesuffix(BY_CLASS))()
    return create_tracker(TrackerSpec(name))


def takes_looks(name: str) -> bool:
    """Tell whether a tracker uses appearance."""
    return get_tracker_definition(name.removesuffix(BY_CLASS)).capabilities.accepts_embeddings


def detections(content: dict[str, np.ndarray], index: int, *, looks: bool) -> Detections:
    """Return the boxes of one frame, with looks where the tracker takes them."""
    now = content["frame"] == index
    return Detections(
        geometry=Boxes(torch.from_numpy(content["xyxy"][now])),
        scores=torch.from_numpy(content["score"][now]),
        class_ids=torch.zeros(int(now.sum()), dtype=torch.int64),
        sample_id=str(index),
        embeddings=torch.from_numpy(content["looks"][now]) if looks else None,
    )


def main() -> None:
    """Take all trackers through the frames together."""
    logging.disable(logging.INFO)
    torch.set_num_threads(1)
    recording, video, out, *names = sys.argv[1:]
    content = dict(np.load(recording))
    width, height = content["size"].tolist()
    black = np.zeros((height, width, 3), np.uint8)  # SFSORT asks its size
    capture = None if video == "none" else cv2.VideoCapture(video)
    trackers = {name: load(name) for name in names}
    rows: dict[str, list[str]] = {name: [] for name in names}
    for index in range(int(content["frames"])):
        image = black if capture is None else capture.read()[1]
        for name, tracker in trackers.items():
            found = tracker.update(detections(content, index, looks=takes_looks(name)), image)
            for number, box in zip(found.track_ids, found.geometry.values, strict=True):
                left, top, right, bottom = box.tolist()
                place = f"{left:.2f},{top:.2f},{right - left:.2f},{bottom - top:.2f}"
                rows[name].append(f"{index + 1},{int(number)},{place},1,-1,-1,-1\n")
    for name, lines in rows.items():
        (Path(out) / f"{name}.txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
