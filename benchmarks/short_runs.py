"""Many short runs with two workers each: do all of them end?

    python benchmarks/short_runs.py 1000

Each run is a process of its own, forked when the libraries are imported but nothing in them was
called yet, so that whatever they make at their first call is made anew, by threads that race for
it. Threads change at every chance, and several runs go on at once, as on a busy machine. A run
that is not over after five minutes hangs; its stacks are printed.
"""

import faulthandler
import importlib
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

MOST_S = 300.0
AT_ONCE = 4
SWITCH_S = 1e-5  # Python's own is 5e-3
IMPORTED = (
    "cv2", "openvino", "torch", "torchvision", "scipy.optimize", "tracker.cli.session",
    "tracker.detection.openvino", "tracker.reid.openvino_graph", "tracker.reid.runtimes",
)  # fmt: skip
CLIP = Path(__file__).resolve().parents[1] / "samples" / "cam1.mp4"


def short_run(folder: Path, number: int) -> None:
    """Follow four frames with the packaged models."""
    from tracker.cli import main

    faulthandler.register(signal.SIGUSR1, all_threads=True)
    sys.setswitchinterval(SWITCH_S)
    words = [str(CLIP), "--max-frames", "4", "--workers", "2", "--quiet", "--device", "cpu"]
    try:
        main([*words, "--json", str(folder / f"{number}.json")])
    except SystemExit as ended:
        code = int(ended.code or 0)
    else:
        code = 0
    os._exit(code)


def begin(folder: Path, number: int) -> int:
    """Start a run; return its process."""
    child = os.fork()
    if not child:
        short_run(folder, number)
    return child


def main() -> None:
    """Run as often as asked for and print how the runs ended."""
    for module in IMPORTED:
        importlib.import_module(module)
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seconds, bad, hung, begun = [], 0, 0, 0
    going: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as name:
        while begun < wanted or going:
            while begun < wanted and len(going) < AT_ONCE:
                going[begin(Path(name), begun)] = time.monotonic()
                begun += 1
            child, status = os.waitpid(-1, os.WNOHANG)
            if child:
                seconds.append(time.monotonic() - going.pop(child))
                bad += os.waitstatus_to_exitcode(status) != 0
            else:
                time.sleep(0.01)
            for late in [c for c, since in going.items() if time.monotonic() - since > MOST_S]:
                os.kill(late, signal.SIGUSR1)
                time.sleep(1)
                os.kill(late, signal.SIGKILL)
                os.waitpid(late, 0)
                del going[late]
                hung += 1
    told = f"median {np.median(seconds):.2f} s, longest {max(seconds):.2f} s" if seconds else ""
    print(f"{wanted} runs: {len(seconds) - bad} ended well, {bad} failed, {hung} hung; {told}")
    sys.exit(int(bool(bad or hung)))


if __name__ == "__main__":
    main()
