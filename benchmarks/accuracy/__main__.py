"""Words to tables."""

import argparse
from pathlib import Path

from benchmarks.accuracy import ablation, comparison
from benchmarks.accuracy.cross_validation import cross_validate
from benchmarks.accuracy.recording import Observer
from benchmarks.accuracy.scoring import Judge
from benchmarks.accuracy.sequences import BOXES_ONLY, FILMED

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Print the tables that were asked for."""
    words = _parser().parse_args()
    observer = Observer(words.shared.resolve(), words.cache.resolve())
    films = {s.name: observer.film(s) for s in FILMED}
    boxes = {s.name: observer.boxes(s) for s in BOXES_ONLY}
    judge_films = Judge(words.shared / "data", FILMED)
    judge_boxes = Judge(words.shared / "data", BOXES_ONLY)
    tables = []
    if words.ablation:
        tables += ["### Each part off in turn", ablation.with_looks(judge_films, films)]
        tables += ["### The same by motion alone", ablation.by_motion(judge_boxes, boxes)]
    if words.cross_validate:
        tables += ["### One sequence left out", cross_validate(judge_films, films)]
    if not tables:
        cache, peers = words.cache.resolve(), not words.no_peers
        tables.append(comparison.films(judge_films, films, cache, peers=peers))
        tables.append(comparison.boxes_alone(judge_boxes, boxes, cache, peers=peers))
    text = "\n\n".join(tables) + "\n"
    print(text)
    if words.markdown:
        words.markdown.write_text(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "bench")
    parser.add_argument("--markdown", type=Path, help="also write the tables there")
    parser.add_argument("--no-peers", action="store_true", help="only our own tracker")
    parser.add_argument("--ablation", action="store_true", help="each part of ours off in turn")
    parser.add_argument("--cross-validate", action="store_true", help="leave one sequence out")
    return parser


if __name__ == "__main__":
    main()
