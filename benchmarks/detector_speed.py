"""How many frames a second detectors take in, side by side on the same frames.

    python benchmarks/detector_speed.py VIDEO DETECTOR DETECTOR… [--frames 100] [--rounds 5]

The detectors take turns, so that other work on the machine hits them alike; told is the median
over the rounds, decoding left out, each at its own input size.
"""

import argparse
import statistics
import time
from contextlib import closing
from pathlib import Path

from tracker.core.types import Frame
from tracker.detection.detector import Detector, YoloOptions
from tracker.runtime.loading import load_detector
from tracker.video.cameras import camera_from_source, open_camera
from tracker.video.source import Sampling


def seconds(detector: Detector, frames: list[Frame]) -> float:
    """Time for all frames, one by one."""
    began = time.perf_counter()
    for frame in frames:
        detector.detect(frame)
    return time.perf_counter() - began


def main() -> None:
    """Print a line for each detector."""
    parser = argparse.ArgumentParser(description="Frames a second of detectors.")
    parser.add_argument("video", type=Path)
    parser.add_argument("detectors", nargs="+")
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    camera = camera_from_source(str(options.video))
    with closing(open_camera(camera, Sampling(max_frames=options.frames), None)) as source:
        frames = list(source.frames())
    detectors = [load_detector(name, YoloOptions())[0] for name in options.detectors]
    for detector in detectors:
        seconds(detector, frames[:5])
    taken: list[list[float]] = [[] for _ in detectors]
    for _ in range(options.rounds):
        for times, detector in zip(taken, detectors, strict=True):
            times.append(seconds(detector, frames))
    for name, times in zip(options.detectors, taken, strict=True):
        print(f"{len(frames) / statistics.median(times):6.1f} frames/s  {name}")


if __name__ == "__main__":
    main()
