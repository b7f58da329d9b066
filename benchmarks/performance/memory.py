"""Resident memory while a video is looped to an hour."""

from pathlib import Path

from benchmarks.performance.parts import Looped, load, whole_run
from tracker.output.draw import Label
from tracker.pipeline import Step
from tracker.run import Watcher
from tracker.source.cameras import CameraSpec

MINUTES, EVERY, FROM = 60, 5, 5
PAGE_MB = 4096 / 1e6


class MemoryWatcher(Watcher):
    """Notes the resident size every few minutes of the recording."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, float, int]] = []  # minutes, MB, people so far

    def frame(self, step: Step, labels: list[Label], people: int) -> bool:
        """See `Watcher.frame`."""
        if step.frame.time_s >= 60 * EVERY * (len(self.rows) + 1) - 1:
            self.rows.append((step.frame.time_s / 60, resident_mb(), people))
            print(f"| {self.rows[-1][0]:.0f} | {self.rows[-1][1]:.0f} | {people} |", flush=True)
        return True


def resident_mb() -> float:
    """Return the resident size of this process; Linux only."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_MB


def measure(video: Path, detector: str, reid: str) -> None:
    """Print a row every five minutes, and the growth between minutes 5 and 60."""
    source = Looped(CameraSpec("cam", str(video)), 0)
    source = Looped(CameraSpec("cam", str(video)), round(60 * MINUTES * source.info.fps))
    watcher = MemoryWatcher()
    print("| minute | resident, MB | people so far |\n|---|---|---|")
    whole_run([source], load(detector, reid), watcher=watcher)
    sizes = [size for minute, size, _ in watcher.rows if minute > FROM - 1]
    print(f"\ngrowth from minute {FROM} to {MINUTES}: {sizes[-1] - sizes[0]:.0f} MB")
