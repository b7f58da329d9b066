"""The same work on a GPU, in half precision: networks alone, and whole runs of 1 and 8 cameras."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import torch

from benchmarks.performance.parts import Looped, Models, whole_run
from tracker.detection.detector import YoloOptions
from tracker.detection.yolo import quiet_ultralytics
from tracker.models.locate import LocatedModel, find_model
from tracker.reid.osnet import build_osnet
from tracker.reid.runtimes import load_network
from tracker.runtime.loading import load_detector, load_reid
from tracker.video.cameras import CameraSpec

DEVICE = "cuda:0"
SIZES = ("n", "s", "m")
REID = ("osnet_x0_25", "osnet_x1_0")
CAMERAS = (1, 8)
CROPS = (8, 32, 128)  # in a batch
LEAST_S = 1.0  # spent on each figure
LOOK_EVERY_S = 0.02


def measure(video: Path, detector: str, frames: int) -> None:
    """Print all tables.

    Args:
        video: Is looped.
        detector: YOLO11n as .pt; the larger ones have random weights, as OSNet has, so that only
            their speed means anything.
        frames: Of each camera.
    """
    print(torch.cuda.get_device_name(), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        detectors = {size: _yolo(size, folder) for size in SIZES[1:]} | {"n": detector}
        reid = {arch: _osnet(arch, folder) for arch in REID}
        _print_detectors({size: detectors[size] for size in SIZES}, video)
        _print_embedding(reid)
        _print_runs(video, detector, reid, frames)


def _print_detectors(models: dict[str, str], video: Path) -> None:
    print("\n| detector, half precision | frames/s | GPU busy |\n|---|---|---|")
    with closing(Looped(CameraSpec("cam", str(video)), 64)) as source:
        films = list(source.frames())
    for size, path in models.items():
        detector, _ = load_detector(path, YoloOptions(device=DEVICE, half=True))
        chunk = films[: detector.batch]
        with busy() as share:
            rate = len(chunk) / _seconds(lambda d=detector, c=chunk: d.detect_all(c))
        print(f"| YOLO11{size}, {len(chunk)} at once | {rate:.0f} | {share():.0%} |", flush=True)


def _print_embedding(models: dict[str, str]) -> None:
    print("\n| crops/s, half precision | " + " | ".join(f"{n} at once" for n in CROPS) + " |")
    print("|---|" + "---|" * len(CROPS))
    for arch, path in models.items():
        found = find_model(path, "reid")
        assert isinstance(found, LocatedModel)
        network = load_network(found, device=DEVICE, half=True)
        sides = found.preprocessing.height, found.preprocessing.width
        rates = []
        for count in CROPS:
            crops = np.random.default_rng(0).normal(size=(count, 3, *sides)).astype(np.float32)
            rates.append(count / _seconds(lambda n=network, c=crops: n(c)))
        print(f"| {arch} | " + " | ".join(f"{rate:.0f}" for rate in rates) + " |", flush=True)


def _print_runs(video: Path, detector: str, reid: dict[str, str], frames: int) -> None:
    print("\n| whole run, YOLO11n | cameras | frames/s, all together | GPU busy |")
    print("|---|---|---|---|")
    found, used = load_detector(detector, YoloOptions(device=DEVICE, half=True))
    for arch, path in reid.items():
        appearance = load_reid(path, DEVICE, half=True)
        assert appearance is not None
        models = Models(found, used, appearance)
        for count in CAMERAS:
            films = [Looped(CameraSpec(f"cam{i}", str(video)), frames) for i in range(count)]
            with busy() as share:
                rate = count * frames / whole_run(films, models)
            print(f"| {arch} | {count} | {rate:.1f} | {share():.0%} |", flush=True)


def _yolo(size: str, folder: Path) -> str:
    yolo = quiet_ultralytics()
    network = yolo(f"yolo11{size}.yaml", task="detect")
    network.model.names = {0: "person"} | {i: f"thing {i}" for i in range(1, 80)}
    path = folder / f"yolo11{size}.pt"
    network.save(str(path))
    return str(path)


def _osnet(arch: str, folder: Path) -> str:
    path = folder / f"{arch}.pth"
    torch.manual_seed(0)
    torch.save(build_osnet(arch).state_dict(), path)
    return str(path)


def _seconds(run: Callable[[], object]) -> float:
    """Return the mean time of a call, which ends when its results are here."""
    run()
    began, rounds = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < LEAST_S:
        run()
        rounds += 1
    return spent / rounds


@contextmanager
def busy() -> Iterator[Callable[[], float]]:
    """Ask the driver meanwhile whether any kernel runs; gives the mean share of the time."""
    seen: list[int] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY_S):
            seen.append(torch.cuda.utilization())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield lambda: float(np.mean(seen or [0])) / 100
    finally:
        over.set()
        looking.join()
