"""How well does a ReID model tell the people of one video apart?

For every crop of the truth, the nearest crop of another moment (at least a second away) should
show the same person. Prints the share, in percent, for each sequence and model:

    python benchmarks/reid_on_tracks.py MODEL [MODEL ...]

Reads the sequences of ../shared/data; every fifth frame is used.
"""

import sys
from pathlib import Path

import numpy as np

from tracker.core.boxes import clip
from tracker.evaluation.box_table import BoxTable, join_people, read_mot, read_people
from tracker.models.locate import LocatedModel, find_model
from tracker.reid.embedder import Embedder, load_embedder
from tracker.video.cameras import CameraSpec, open_camera
from tracker.video.source import Sampling

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SEQUENCES = {
    "TUD-Stadtmitte": ("tud-stadtmitte/TUD-Stadtmitte.mp4", "tud-stadtmitte/gt.txt", None),
    "TUD-Campus": ("tud-campus/TUD-Campus.mp4", "tud-campus/gt.txt", None),
    "PETS09-S2L1": (
        "pets09-s2l1/vtest.avi",
        "pets09-s2l1/gt_frames_001-300.txt",
        "pets09-s2l1/people_001-300.csv",
    ),
}
EVERY = 5  # frames
APART_S = 1.0


def embed_truth(
    embedder: Embedder, video: Path, truth: BoxTable
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the embeddings (N, 512), people (N,) and times (N,) of every fifth frame's truth."""
    looks, people, times = [], [], []
    source = open_camera(CameraSpec("video", str(video)), Sampling(stride=EVERY))
    for frame in source.frames():
        rows = truth[truth.frame == frame.index + 1]
        height, width = frame.image.shape[:2]
        xyxy = clip(rows.xyxy, width, height).astype(np.float32)
        looks.append(embedder.embed(frame.image, xyxy))
        people += rows.identity.tolist()
        times += [frame.time_s] * len(rows.identity)
    return np.concatenate(looks), np.array(people), np.array(times)


def nearest_is_same(looks: np.ndarray, people: np.ndarray, times: np.ndarray) -> float:
    """Return the share of crops, in percent, whose nearest at another moment is the same person.

    A person whom the sequence shows for less than a second has no such crop and does not count.
    """
    similarity = looks @ looks.T
    similarity[np.abs(times[:, None] - times[None]) < APART_S] = -np.inf
    same = people[:, None] == people[None]
    counting = np.isfinite(np.where(same, similarity, -np.inf)).any(axis=1)
    nearest = similarity.argmax(axis=1)
    return float(100 * np.mean(people[nearest[counting]] == people[counting]))


def main() -> None:
    """Print a table of all sequences and models."""
    print("| model | " + " | ".join(SEQUENCES) + " |\n|---|" + "---|" * len(SEQUENCES))
    for wanted in sys.argv[1:]:
        model = find_model(wanted, "reid")
        assert isinstance(model, LocatedModel), f"{wanted} is not installed"
        embedder = load_embedder(model, device="cpu")
        cells = []
        for video, truth_file, people_file in SEQUENCES.values():
            truth = read_mot(DATA / truth_file, truth=True)
            if people_file:
                truth = join_people(truth, read_people(DATA / people_file))
            share = nearest_is_same(*embed_truth(embedder, DATA / video, truth))
            cells.append(f"{share:.1f}")
        print(f"| {model.name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
