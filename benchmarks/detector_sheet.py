"""A sheet of frames with what a detector finds in them, for looking at it by eye.

python benchmarks/detector_sheet.py DETECTOR VIDEO… --out sheet.jpg [--frames 4] [--conf 0.25]
"""

import argparse
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from tracker.core.types import Detections, Image
from tracker.detection.detector import YoloOptions
from tracker.runtime.loading import load_detector
from tracker.video.cameras import camera_from_source, open_camera
from tracker.video.source import Sampling

WIDTH = 320  # pixels of one frame on the sheet
GREEN = (60, 220, 60)


def drawn(image: Image, found: Detections) -> Image:
    """Return the frame, small, with boxes and scores."""
    ratio = WIDTH / image.shape[1]
    size = (WIDTH, round(image.shape[0] * ratio))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    for (left, top, right, bottom), score in zip(found.xyxy * ratio, found.score, strict=True):
        corner, other = (round(left), round(top)), (round(right), round(bottom))
        cv2.rectangle(small, corner, other, GREEN, 1, cv2.LINE_AA)
        place = (corner[0] + 1, max(corner[1] - 3, 9))
        cv2.putText(small, f"{score:.2f}", place, cv2.FONT_HERSHEY_SIMPLEX, 0.32, GREEN, 1)
    return np.asarray(small, np.uint8)


def main() -> None:
    """Write the sheet, a row for each video."""
    parser = argparse.ArgumentParser(description="A sheet of frames with detections.")
    parser.add_argument("detector")
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=4)
    parser.add_argument("--conf", type=float, default=0.25)
    options = parser.parse_args()
    detector, _ = load_detector(options.detector, YoloOptions(conf=options.conf))
    rows = []
    for video in options.videos:
        with closing(open_camera(camera_from_source(str(video)), Sampling(), None)) as source:
            frames = list(source.frames())
        chosen = [
            frames[(2 * i + 1) * len(frames) // (2 * options.frames)] for i in range(options.frames)
        ]
        rows.append(np.hstack([drawn(f.image, detector.detect(f)) for f in chosen]))
    cv2.imwrite(str(options.out), np.vstack(rows))


if __name__ == "__main__":
    main()
