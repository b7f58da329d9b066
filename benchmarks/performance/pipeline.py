"""The whole pipeline beside its own detector alone."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from benchmarks.performance.parts import CORES, Looped, Models, load, whole_run
from tracker.core.types import Frame
from tracker.detection.detector import Detector, YoloOptions
from tracker.runtime.loading import load_detector
from tracker.video.cameras import CameraSpec

CEILING = "detector alone, square input"
WAYS = (
    CEILING,
    "detector alone, rectangle",
    "whole pipeline, JSON alone",
    "whole pipeline, annotated video too",
    "one thing after another (--workers 0)",
)


def detector_alone(detector: Detector, frames: list[Frame]) -> float:
    """Keep the detector busy with frames that are decoded already; return the seconds."""
    with ThreadPoolExecutor(CORES) as pool:
        began = time.perf_counter()
        list(pool.map(detector.detect, frames))
        return time.perf_counter() - began


def measure(video: Path, detector: str, reid: str, count: int, rounds: int) -> None:
    """Print frames/s and ratios; the ways take turns, told is the median of the rounds."""
    models, camera = load(detector, reid), CameraSpec("cam", str(video))
    square, _ = load_detector(detector, YoloOptions(imgsz=(640, 640)))
    with closing(Looped(camera, count)) as source:
        frames = list(source.frames())
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds + 1):
        for way in WAYS:
            taken[way].append(_seconds(way, models, square, camera, frames))
    rates = {way: count / statistics.median(times[1:]) for way, times in taken.items()}
    print(f"{video.name}, {count} frames\n\n| | frames/s | of the ceiling |\n|---|---|---|")
    for way, rate in rates.items():
        print(f"| {way} | {rate:.1f} | {rate / rates[CEILING]:.2f} |", flush=True)
    print()


def _seconds(
    way: str, models: Models, square: Detector, camera: CameraSpec, frames: list[Frame]
) -> float:
    if way == CEILING:
        return detector_alone(square, frames)
    if way.startswith("detector"):
        return detector_alone(models.detector, frames)
    source = Looped(camera, len(frames))
    return whole_run([source], models, video="video" in way, threads="another" not in way)
