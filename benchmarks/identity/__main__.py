"""Words to tables."""

import argparse
import sys
import time
from pathlib import Path

from benchmarks.identity.crops import CROPS, link_people
from benchmarks.identity.follow import follow
from benchmarks.identity.judge import Figures, judge
from benchmarks.identity.observed import Models, Observer
from benchmarks.identity.recordings import RECORDINGS

ROOT = Path(__file__).resolve().parents[2]
PAIRS = {
    "packaged": ("person_yolo11n", "osnet_x0_25_mixed"),
    "msmt17": ("yolo11n_int8_openvino_model", "osnet_x0_25_msmt17.pth"),
}
LEVELS = ("v", "p")


def main() -> None:
    """Print a table for each pair of models."""
    words = _parser().parse_args()
    observer = Observer(words.shared / "data", words.cache)
    for name in words.models:
        models = _models(name, words.shared / "weights")
        print(f"\n{models.detector.name} + {models.reid.name}\n")
        if not words.only_crops:
            _print_recordings(words, observer, models)
        if words.only_crops or not words.recordings:
            _print_crops(words, models)


def _print_recordings(words: argparse.Namespace, observer: Observer, models: Models) -> None:
    chosen = [r for r in RECORDINGS if not words.recordings or r.name in words.recordings]
    print("| recording | " + " | ".join(
        f"{mode}: visits | people | found of there" for mode in _modes(words)) + " |")  # fmt: skip
    print("|---" + "|---:|---:|---:" * len(_modes(words)) + "|")
    rows: dict[str, list[Figures]] = {mode: [] for mode in _modes(words)}
    for recording in chosen:
        cells = [recording.name]
        seen, began = observer.recording(recording, models), time.monotonic()
        grounds = recording.grounds(words.shared / "data")
        for mode in _modes(words):
            answer = follow(recording, seen, models, grounds, online=mode == "online")
            figures = judge(recording, answer, words.shared / "data")
            rows[mode].append(figures)
            cells += [*(_pair(figures, level) for level in LEVELS), _count(figures)]
        print(f"| {' | '.join(cells)} |", flush=True)
        print(f"{recording.name}: {time.monotonic() - began:.1f} s", file=sys.stderr)
    means = [cell for mode in _modes(words) for cell in _means(rows[mode])]
    print(f"| mean | {' | '.join(means)} |", flush=True)


def _print_crops(words: argparse.Namespace, models: Models) -> None:
    print("\n| crops | F1 | precision | recall | found of there |\n|---|---:|---:|---:|---:|")
    for crops in CROPS:
        found = link_people(crops, words.shared / "data", words.cache, models)
        cells = " | ".join(f"{100 * found[k]:.1f}" for k in ("F1", "precision", "recall"))
        print(f"| {crops.name} | {cells} | {_count(found)} |", flush=True)


def _modes(words: argparse.Namespace) -> list[str]:
    return [m for m in ("offline", "online") if getattr(words, m) or words.offline == words.online]


def _pair(figures: Figures, level: str) -> str:
    if f"{level} HOTA" not in figures:
        return ""
    return f"{figures[f'{level} HOTA']:.1f} / {figures[f'{level} IDF1']:.1f}"


def _count(figures: Figures) -> str:
    return f"{figures['people']:.0f} of {figures['there']:.0f}"


def _means(rows: list[Figures]) -> list[str]:
    scored = [r for r in rows if "p HOTA" in r]
    if not scored:
        return ["", "", ""]
    mean = {k: sum(r[k] for r in scored) / len(scored) for k in scored[0]}
    return [*(_pair(mean, level) for level in LEVELS), ""]


def _models(name: str, weights: Path) -> Models:
    paths = [str(weights / n) if (weights / n).exists() else n for n in PAIRS[name]]
    return Models(name, *paths)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity")
    names = [r.name for r in RECORDINGS]
    parser.add_argument("recordings", nargs="*", choices=[[], *names], metavar="RECORDING")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "identity")
    parser.add_argument("--models", nargs="+", choices=list(PAIRS), default=list(PAIRS))
    parser.add_argument("--offline", action="store_true", help="only with the second pass")
    parser.add_argument("--online", action="store_true", help="only as people appear")
    parser.add_argument("--only-crops", action="store_true", help="only `reid-track link`")
    return parser


if __name__ == "__main__":
    main()
