"""How long does linking take, and how much memory, for 100 to 200,000 visits?

    python -m benchmarks.link_scale [COUNT ...]
    python -m benchmarks.link_scale --people FOLDER --reid MODEL [COUNT ...]

The visits are made up: people seen about seven times by one of six cameras (50 for more than
10,000 visits), each time in five views. Without FOLDER a look is the person's own direction,
another one that all people share, one of the camera, one of the visit, and noise in every view,
mixed so that strangers are about as alike as OSNet finds them. With it a look is that of somebody
in FOLDER (`<person>/*.jpg`, as `training_people.py boxes` writes them), changed as the looks of
somebody in ../shared/data/market1501 who was kept back change from one camera to another. This is
`link()` alone, the embeddings lying in memory. Each count runs in a process of its own, whose peak
is printed with and without what lay there before.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.link_market import MARKET, write_crops
from tracker.core.config import LinkConfig
from tracker.core.types import Visit
from tracker.identity.offline import link
from tracker.runtime.loading import load_reid

COUNTS = (100, 1_000, 10_000, 200_000)
VISITS_EACH = 20 / 3  # 10,000 visits are of 1,500 people
CAMERAS, MANY_CAMERAS, MANY = 6, 50, 10_000
VIEWS, WIDTH = 5, 512
VISIT_S, PERIOD_S = 8.0, 4.0  # how long a visit lasts, and how often one begins in each camera
SHARED, CAMERA, VISIT, VIEW = 0.9, 0.35, 0.9, 0.5  # lengths beside the person's own of 1


Looks = Callable[[np.random.Generator, int, int], Callable[[int, int], np.ndarray]]


def make_visits(count: int, looks_of: Looks, seed: int = 0) -> tuple[list[Visit], list[int]]:
    """Return so many visits, and whose each is."""
    random = np.random.default_rng(seed)
    places = CAMERAS if count <= MANY else MANY_CAMERAS
    people = max(round(count / VISITS_EACH), 1)
    look_of = looks_of(random, people, places)
    owners = random.integers(0, people, count)
    visits = []
    for number, owner in enumerate(owners.tolist()):
        camera = number % places
        views = look_of(owner, camera) + _directions(random, VIEWS, VIEW)
        views /= np.linalg.norm(views, axis=1, keepdims=True)
        start_s = PERIOD_S * (number // places)
        visits.append(_visit(f"cam{camera + 1}", number, start_s, views.astype(np.float32)))
    return visits, owners.tolist()


def _directions(random: np.random.Generator, number: int, length: float) -> np.ndarray:
    found = random.normal(size=(number, WIDTH))
    return length * found / np.linalg.norm(found, axis=1, keepdims=True)


def drawn_looks(
    random: np.random.Generator, people: int, places: int
) -> Callable[[int, int], np.ndarray]:
    """Return what draws the look of a person in a camera."""
    own, shared = _directions(random, people, 1.0), _directions(random, 1, SHARED)
    cameras = _directions(random, places, CAMERA)
    return lambda person, camera: (
        own[person] + shared[0] + cameras[camera] + _directions(random, 1, VISIT)[0]
    )


def real_looks(folder: Path, reid: str) -> Looks:
    """Return what draws looks of the people in a folder, changed as real ones change."""
    own = _embedded(folder, reid)
    with tempfile.TemporaryDirectory() as name:
        owner = write_crops(MARKET, Path(name))
        changed = [np.zeros((0, WIDTH))]
        for person in sorted(set(owner.values())):
            seen = np.array([_embedded(Path(name, *track), reid, depth="").mean(axis=0)
                             for track, who in sorted(owner.items()) if who == person])  # fmt: skip
            changed.append(seen - seen.mean(axis=0))
    deviations = np.concatenate(changed)

    def looks_of(
        random: np.random.Generator, people: int, _: int
    ) -> Callable[[int, int], np.ndarray]:
        assert people <= len(own), f"{folder} has {len(own)} people, {people} are needed"
        chosen = own[random.permutation(len(own))[:people]]
        return lambda person, _: chosen[person] + deviations[random.integers(len(deviations))]

    return looks_of


def _embedded(folder: Path, reid: str, depth: str = "*/") -> np.ndarray:
    """Return the looks (P, 512) of all pictures, read again where they were kept."""
    kept = folder / f"looks-{Path(reid).name}.npy"
    if kept.is_file():
        return np.load(kept)
    network = load_reid(reid, "cpu", half=False)
    assert network is not None
    looks = []
    for block in _blocks(sorted(folder.glob(f"{depth}*.jpg"))):
        seen = [(image, np.array([[0, 0, image.shape[1], image.shape[0]]], np.float32))
                for image in map(cv2.imread, map(str, block))]  # fmt: skip
        looks += [embedding[0] for embedding in network.embedder.embed_all(seen)]
    np.save(kept, np.array(looks))
    return np.array(looks)


def _blocks(files: list[Path]) -> Iterable[list[Path]]:
    return (files[first : first + 64] for first in range(0, len(files), 64))


def _visit(camera: str, number: int, start_s: float, views: np.ndarray) -> Visit:
    return Visit(
        camera=camera,
        track_id=number + 1,
        frame=np.arange(2),
        time_s=np.array([start_s, start_s + VISIT_S]),
        xyxy=np.tile(np.array([0, 0, 40, 100], np.float32), (2, 1)),
        score=np.ones(2, np.float32),
        observed=np.ones(2, bool),
        embeddings=views,
    )


def pair_scores(truth: list[int], found: list[int]) -> tuple[float, float]:
    """Return precision and recall of the pairs of visits that are called one person."""

    def pairs(labels: np.ndarray) -> float:
        sizes = np.unique(labels, return_counts=True)[1].astype(float)
        return float((sizes * (sizes - 1) / 2).sum())

    both = np.array(truth) * (max(found) + 1) + np.array(found)
    right = pairs(both)
    return right / max(pairs(np.array(found)), 1), right / max(pairs(np.array(truth)), 1)


def measure(count: int, looks_of: Looks) -> None:
    """Link so many visits and print one row."""
    visits, owners = make_visits(count, looks_of)
    link(make_visits(30, drawn_looks, seed=1)[0], LinkConfig())  # loads the libraries
    before_mb = _peak_mb()
    began = time.perf_counter()
    people = link(visits, LinkConfig()).identities
    seconds = time.perf_counter() - began
    number_of = {t.key: p.global_id for p in people for t in p.visits}
    precision, recall = pair_scores(owners, [number_of[v.key] for v in visits])
    print(
        f"| {count:,} | {seconds:.2f} | {_peak_mb():.0f} | {before_mb:.0f} | {len(set(owners)):,} "
        f"| {len(people):,} | {precision:.2f} | {recall:.2f} |",
        flush=True,
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description="How long does linking take?")
    parser.add_argument("counts", nargs="*", type=int, default=COUNTS)
    parser.add_argument("--people", type=Path)
    parser.add_argument("--reid", default="osnet_x0_25_mixed")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.one:
        real = words.people and real_looks(words.people, words.reid)
        measure(words.counts[0], real or drawn_looks)
        return
    print("| visits | s | peak MiB | of that before | people | found | precision | recall |")
    print("|---" * 8 + "|", flush=True)
    options = ["--people", str(words.people)] if words.people else []
    for count in words.counts:
        command = [sys.executable, "-m", "benchmarks.link_scale", str(count), "--one"]
        subprocess.run([*command, "--reid", words.reid, *options], check=True)


if __name__ == "__main__":
    main()
