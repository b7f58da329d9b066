"""Run another tracker's whole pipeline over a video; executed by that package's own Python.

    python run_peer.py TRACKER VIDEO FRAMES DETECTOR REID.onnx

TRACKER is ``boxmot-NAME`` or ``ultralytics-NAME``. Decodes, detects with Ultralytics, embeds with
BoxMOT's encoder where the tracker takes looks, tracks. Prints the seconds, without loading. Knows
nothing of our package.
"""

import hashlib
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from ultralytics import YOLO

WARM_UP = 10  # frames before the clock starts


def boxmot(name: str, detector: str, reid: str) -> Callable[[int, np.ndarray], object]:
    """Return a step of BoxMOT's pipeline."""
    from boxmot import create_tracker
    from boxmot.reid.factory import create_reid_encoder
    from boxmot.reid.specs import ReIDEncoderSpec
    from boxmot.structures import Boxes, Detections, Frame
    from boxmot.trackers.registry import get_tracker_definition
    from boxmot.trackers.specs import TrackerSpec

    yolo, tracker = YOLO(detector, task="detect"), create_tracker(TrackerSpec(name))
    looks = get_tracker_definition(name).capabilities.accepts_embeddings
    digest = hashlib.sha256(Path(reid).read_bytes()).hexdigest()
    encoder = create_reid_encoder(ReIDEncoderSpec("onnx", reid, digest)) if looks else None

    def step(index: int, image: np.ndarray) -> object:
        boxes = yolo.predict(image, classes=[0], imgsz=640, device="cpu", verbose=False)[0].boxes
        found = {
            "geometry": Boxes(boxes.xyxy.cpu().float().contiguous()),
            "scores": boxes.conf.cpu().float().contiguous(),
            "class_ids": torch.zeros(len(boxes), dtype=torch.int64),
            "sample_id": str(index),
        }
        if encoder is None:
            return tracker.update(Detections(**found), image)
        rgb = np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1))
        frame = Frame(torch.from_numpy(rgb), str(index))
        (embeddings,) = encoder.encode([frame], [Detections(**found)])
        return tracker.update(Detections(**found, embeddings=embeddings), image)

    return step


def ultralytics(name: str, detector: str, _reid: str) -> Callable[[int, np.ndarray], object]:
    """Return a step of Ultralytics' pipeline."""
    yolo = YOLO(detector, task="detect")
    settings = {"classes": [0], "imgsz": 640, "device": "cpu", "verbose": False, "persist": True}
    return lambda _index, image: yolo.track(image, tracker=f"{name}.yaml", **settings)


def main() -> None:
    """Take the frames through the pipeline."""
    logging.disable(logging.INFO)
    tracker, video, frames, detector, reid = sys.argv[1:]
    package, name = tracker.split("-", 1)
    step = {"boxmot": boxmot, "ultralytics": ultralytics}[package](name, detector, reid)
    capture, began = cv2.VideoCapture(video), 0.0
    for index in range(int(frames)):
        if index == WARM_UP:
            began = time.perf_counter()
        read, image = capture.read()
        if not read:
            raise SystemExit(f"{video} has {index} frames only")
        step(index, image)
    print((time.perf_counter() - began) * int(frames) / (int(frames) - WARM_UP))


if __name__ == "__main__":
    main()
