"""Whole pipelines of other trackers beside ours: same models, same video, no video written."""

import os
import statistics
import subprocess
from pathlib import Path

from benchmarks.accuracy.peers import BOXMOT
from benchmarks.performance.parts import Looped, load, whole_run
from tracker.video.cameras import CameraSpec

SCRIPT = Path(__file__).with_name("run_peer.py")
TRACKERS = ("boxmot-botsort", "boxmot-strongsort", "boxmot-bytetrack", "ultralytics-botsort")
OURS = "reid-track"
FRAMES, ROUNDS = 300, 2


def measure(video: Path, detector: str, reid: str, cache: Path) -> None:
    """Print frames/s and how much faster ours is; all take turns, told is the median."""
    python = BOXMOT.environment(cache)
    models = load(detector, reid)
    whole_run([Looped(CameraSpec("cam", str(video)), 20)], models)  # compiles
    taken: dict[str, list[float]] = {name: [] for name in (OURS, *TRACKERS)}
    for _ in range(ROUNDS):
        taken[OURS].append(whole_run([Looped(CameraSpec("cam", str(video)), FRAMES)], models))
        for name in TRACKERS:
            onnx = str(Path(reid).with_suffix(".onnx"))
            taken[name].append(_seconds(python, [name, str(video), str(FRAMES), detector, onnx]))
    rates = {name: FRAMES / statistics.median(times) for name, times in taken.items()}
    print(f"{video.name}, {FRAMES} frames\n\n| pipeline | frames/s | ours against it |")
    print("|---|---|---|")
    for name, rate in rates.items():
        print(f"| {name} | {rate:.1f} | {rates[OURS] / rate:.2f} |", flush=True)


def _seconds(python: Path, words: list[str]) -> float:
    quiet = {"YOLO_OFFLINE": "True", "YOLO_AUTOINSTALL": "False", "YOLO_VERBOSE": "False"}
    done = subprocess.run(
        [python, SCRIPT, *words], check=True, env=os.environ | quiet, capture_output=True, text=True
    )
    return float(done.stdout.strip().splitlines()[-1])
