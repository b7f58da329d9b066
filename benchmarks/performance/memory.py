"""Resident memory while a video is looped to an hour."""

from pathlib import Path

from benchmarks.performance.parts import Looped, load, whole_run
from tracker.core.types import Step
from tracker.runtime.observer import Observer
from tracker.video.cameras import CameraSpec

MINUTES, EVERY, FROM = 60, 5, 5
PAGE_MB = 4096 / 1e6


class MemoryObserver(Observer):
    """Notes the resident size every few minutes of the recording."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[float, float]] = []  # minutes, MB
        self._visits = 0

    def step(self, step: Step) -> None:
        """See `Observer.step`."""
        self._visits = max([self._visits, *(box.track_id for box in step.boxes)])
        if step.frame.time_s >= 60 * EVERY * (len(self.rows) + 1) - 1:
            minute, size = step.frame.time_s / 60, resident_mb()
            self.rows.append((minute, size))
            print(f"| {minute:.0f} | {size:.0f} | {self._visits} |", flush=True)


def resident_mb() -> float:
    """Return the resident size of this process; Linux only."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_MB


def measure(video: Path, detector: str, reid: str) -> None:
    """Print a row every five minutes, and the growth between minutes 5 and 60."""
    source = Looped(CameraSpec("cam", str(video)), 0)
    source = Looped(CameraSpec("cam", str(video)), round(60 * MINUTES * source.info.fps))
    observer = MemoryObserver()
    print("| minute | resident, MB | visits so far |\n|---|---|---|")
    whole_run([source], load(detector, reid), observer=observer)
    sizes = [size for minute, size in observer.rows if minute > FROM - 1]
    print(f"\ngrowth from minute {FROM} to {MINUTES}: {sizes[-1] - sizes[0]:.0f} MB")
