"""Words to a table."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.link_recordings.calibrated import CALIBRATED
from benchmarks.link_recordings.cuts import CUTS
from benchmarks.link_recordings.scene import Scene
from tracker.evaluation.box_table import table_of
from tracker.evaluation.tracks import score_cameras
from tracker.results.tracks_file import read_tracks

SHARED = Path(__file__).resolve().parents[3] / "shared"
MakeScene = Callable[[Path, Path], Scene]
RECORDINGS: dict[str, MakeScene] = {**{n: c.scene for n, c in CUTS.items()}, **CALIBRATED}
ROWS = ("JOINT", "bound: perfect ids", "bound: no link", "mean of cameras")


def main() -> None:
    """Print a row for each recording."""
    words = _parser().parse_args()
    print("| recording | IDF1 | perfect ids | no link | mean of cameras | people |")
    print("|---" * 6 + "|")
    for name in words.recordings or RECORDINGS:
        with tempfile.TemporaryDirectory() as folder:
            scene = RECORDINGS[name](words.shared / "data", Path(folder))
            out = Path(folder) / "tracks.json"
            _run(scene, words, out)
            print(f"| {name} | {_cells(scene, out)} |", flush=True)


def _run(scene: Scene, words: argparse.Namespace, out: Path) -> None:
    models = ["--reid", words.reid if scene.looks else "none"]
    if scene.looks:
        models += ["--detector", words.detector]
    how = ["--online"] if words.online else []
    command = [sys.executable, "-m", "tracker", *scene.words, *models, *how, "--json", str(out)]
    subprocess.run([*command, "--quiet"], check=True, stdout=subprocess.DEVNULL)


def _cells(scene: Scene, out: Path) -> str:
    found = {n: table_of(read_tracks(out), person=True, camera=n) for n in scene.truth}
    scores = score_cameras({name: (t, found[name]) for name, t in scene.truth.items()})
    counted = [t[~t.ignored].identity.tolist() for t in scene.truth.values()]
    there = len({person for camera in counted for person in camera})
    people = len(json.loads(out.read_text())["identities"])
    idf1 = " | ".join(f"{scores[row]['IDF1']:.1f}" for row in ROWS)
    return f"{idf1} | {people} of {there}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.link_recordings")
    parser.add_argument("recordings", nargs="*", choices=[[], *RECORDINGS], metavar="RECORDING")
    parser.add_argument("--shared", type=Path, default=SHARED)
    weights = SHARED / "weights"
    parser.add_argument("--detector", default=str(weights / "yolo11n_int8_openvino_model"))
    parser.add_argument("--reid", default=str(weights / "osnet_x0_25_msmt17.onnx"))
    parser.add_argument("--online", action="store_true", help="decide as people appear")
    return parser


if __name__ == "__main__":
    main()
