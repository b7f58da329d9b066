"""From the command to its first answer."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 3


def measure(video: Path, detector: str, reid: str) -> None:
    """Print the seconds of whole commands."""
    models = ["--detector", detector, "--reid", reid]
    commands = {
        "python -c pass": ["-c", "pass"],
        "--help": ["-m", "tracker", "--help"],
        "doctor": ["-m", "tracker", "doctor"],
        "first frame to JSON": [
            "-m", "tracker", str(video), "--max-frames", "1", "--json", "first.json",
            "--overwrite", "-q", *models,
        ],
    }  # fmt: skip
    print("| command | seconds |\n|---|---|")
    for name, words in commands.items():
        taken = [_seconds(words) for _ in range(ROUNDS)]
        print(f"| {name} | {statistics.median(taken):.1f} |", flush=True)
    Path("first.json").unlink(missing_ok=True)


def _seconds(words: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return time.perf_counter() - began
