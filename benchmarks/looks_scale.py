"""What do cosine similarities of a ReID model mean? The `looks` of its card, from footage.

    python benchmarks/looks_scale.py MODEL [MODEL ...]

Follows people in videos of ../shared/data without truth. Two people in one frame are strangers,
the two halves of a piece of a track are one person; see `tracker.associate.likeness`. Every video
counts alike, however many people it shows.
"""

import sys
from pathlib import Path

import numpy as np

from tracker.assemble import load_detector, load_reid
from tracker.associate.likeness import stranger_pairs, with_itself
from tracker.boxes import FloatArray
from tracker.config import TrackerConfig
from tracker.detect.base import YoloOptions
from tracker.embed.embedder import Embedder
from tracker.pipeline import CameraPipeline
from tracker.source.base import Sampling
from tracker.source.cameras import CameraSpec, open_camera
from tracker.types import Detections, Frame, Tracklet

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
VIDEOS = (
    "videos/people-street.mp4", "videos/one-by-one-person-detection.mp4",
    "videos/people-detection.264", "videos/laboratory/Double1.mp4",
    *(f"videos/crowd-drone/cam{n}-source.webm" for n in (1, 2, 3, 4)),
)  # fmt: skip
FRAMES = 600


def main() -> None:
    """Print the four numbers for each model."""
    films = [_detected(DATA / video) for video in VIDEOS]
    print("| model | same_mean | same_std | other_mean | other_std |\n|---|---|---|---|---|")
    for wanted in sys.argv[1:]:
        reid = load_reid(wanted, "cpu", half=False)
        assert reid is not None
        pieces = [_pieces(video, found, reid.embedder) for video, found in films]
        same = [values for values in map(with_itself, pieces) if len(values)]
        other = [values for values in map(stranger_pairs, pieces) if len(values)]
        cells = [f"{value:.3f}" for group in (same, other) for value in _mean_and_std(group)]
        print(f"| {reid.use.name} | " + " | ".join(cells) + " |", flush=True)


def _detected(video: Path) -> tuple[Path, list[tuple[Frame, Detections]]]:
    detector, _ = load_detector("auto", YoloOptions())
    source = open_camera(CameraSpec("cam", str(video)), Sampling(max_frames=FRAMES))
    return video, [(frame, detector.detect(frame)) for frame in source.frames()]


def _pieces(
    video: Path, found: list[tuple[Frame, Detections]], embedder: Embedder
) -> list[Tracklet]:
    source = open_camera(CameraSpec("cam", str(video)), Sampling(max_frames=FRAMES))
    camera = CameraPipeline(source, TrackerConfig(), appearance=True)
    for frame, detections in found:
        needed = camera.needed(frame, detections)
        looks = np.zeros((len(detections), 512), np.float32)
        if needed.any():
            looks[needed] = embedder.embed(frame.image, detections.xyxy[needed])
        camera.take(frame, detections, looks)
    source.close()
    return camera.tracker.pieces()


def _mean_and_std(groups: list[FloatArray]) -> tuple[float, float]:
    mean = float(np.mean([values.mean() for values in groups]))
    return mean, float(np.sqrt(np.mean([((values - mean) ** 2).mean() for values in groups])))


if __name__ == "__main__":
    main()
