"""Words to sections."""

import argparse
from pathlib import Path

from benchmarks.performance import cameras, embedding, gpu, memory, peers, pipeline, startup

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = ("pipeline", "peers", "cameras", "embedding", "startup", "memory", "gpu")
NOT_USUAL = ("memory", "gpu")  # an hour; a machine that not everybody has


def main() -> None:
    """Print the sections that were asked for."""
    words = _parser().parse_args()
    data, weights = words.shared.resolve() / "data", words.shared.resolve() / "weights"
    detector = words.detector or str(weights / "yolo11n_int8_openvino_model")
    reid = words.reid or str(weights / "osnet_x0_25_msmt17.pth")
    video, crowd = data / "pets09-s2l1" / "vtest.avi", data / "videos" / "people-street.mp4"
    for section in words.sections or [s for s in SECTIONS if s not in NOT_USUAL]:
        print(f"\n### {section}\n", flush=True)
        if section == "pipeline":
            for film in (video, crowd):
                pipeline.measure(film, detector, reid, words.frames, words.rounds)
        elif section == "peers":
            peers.measure(video, detector, reid, words.cache.resolve())
        elif section == "cameras":
            cameras.measure(video, detector, reid, words.frames)
        elif section == "embedding":
            embedding.measure(reid)
        elif section == "gpu":
            network = words.detector or str(weights / "yolo11n_from_int8.pt")
            gpu.measure(video, network, words.frames)
        elif section == "startup":
            startup.measure(video, detector, reid)
        else:
            memory.measure(video, detector, reid)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.performance")
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], metavar="SECTION")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "bench")
    parser.add_argument("--detector", help="instead of YOLO11n INT8")
    parser.add_argument("--reid", help="instead of OSNet x0.25 MSMT17")
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    return parser


if __name__ == "__main__":
    main()
