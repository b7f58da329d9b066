"""Several cameras at once: what each costs."""

from pathlib import Path

from benchmarks.performance.parts import Looped, load, whole_run
from tracker.video.cameras import CameraSpec

COUNTS = (1, 2, 4, 8)
ROUNDS = 2


def measure(video: Path, detector: str, reid: str, frames: int) -> None:
    """Print all cameras' frames/s together, and against those of one; the best of the rounds."""
    models, best = load(detector, reid), dict.fromkeys(COUNTS, 0.0)
    for _ in range(ROUNDS):
        for count in COUNTS:
            each = max(frames // count, 50)
            films = [Looped(CameraSpec(f"cam{i}", str(video)), each) for i in range(count)]
            best[count] = max(best[count], count * each / whole_run(films, models))
    print("| cameras | frames/s, all together | against one camera | ms a frame |")
    print("|---|---|---|---|")
    for count, rate in best.items():
        print(f"| {count} | {rate:.1f} | {rate / best[1]:.2f} | {1000 / rate:.1f} |", flush=True)
