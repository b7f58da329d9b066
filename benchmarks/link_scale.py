"""How long does linking take, and how much memory, for 100 to 200,000 visits?

    python benchmarks/link_scale.py [COUNT ...]

The visits are made up: people seen about seven times by one of six cameras (50 for more than
10,000 visits), each time in five views. A look is the person's own direction, another one that all
people share, one of the camera, one of the visit, and noise in every view, mixed so that strangers
are about as alike as OSNet finds them and that some people look like others. No pictures are read:
this is `link()` alone, the embeddings lying in memory. Each count runs in a process of its own,
whose peak is printed with and without what lay there before.
"""

import resource
import subprocess
import sys
import time

import numpy as np

from tracker.core.config import LinkConfig
from tracker.core.types import Visit
from tracker.identity.offline import link

COUNTS = (100, 1_000, 10_000, 200_000)
VISITS_EACH = 20 / 3  # 10,000 visits are of 1,500 people
CAMERAS, MANY_CAMERAS, MANY = 6, 50, 10_000
VIEWS, WIDTH = 5, 512
VISIT_S, PERIOD_S = 8.0, 4.0  # how long a visit lasts, and how often one begins in each camera
SHARED, CAMERA, VISIT, VIEW = 0.9, 0.35, 0.9, 0.5  # lengths beside the person's own of 1


def make_visits(count: int, seed: int = 0) -> tuple[list[Visit], list[int]]:
    """Return so many visits, and whose each is."""
    random = np.random.default_rng(seed)

    def directions(number: int, length: float) -> np.ndarray:
        found = random.normal(size=(number, WIDTH))
        return length * found / np.linalg.norm(found, axis=1, keepdims=True)

    places = CAMERAS if count <= MANY else MANY_CAMERAS
    people = directions(max(round(count / VISITS_EACH), 1), 1.0)
    shared, cameras = directions(1, SHARED), directions(places, CAMERA)
    owners = random.integers(0, len(people), count)
    visits = []
    for number, owner in enumerate(owners.tolist()):
        camera = number % places
        look = people[owner] + shared[0] + cameras[camera] + directions(1, VISIT)[0]
        views = look + directions(VIEWS, VIEW)
        views /= np.linalg.norm(views, axis=1, keepdims=True)
        visits.append(
            _visit(
                f"cam{camera + 1}", number, PERIOD_S * (number // places), views.astype(np.float32)
            )
        )
    return visits, owners.tolist()


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


def measure(count: int) -> None:
    """Link so many visits and print one row."""
    visits, owners = make_visits(count)
    link(make_visits(30, seed=1)[0], LinkConfig())  # loads the libraries
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
    counts = [int(word) for word in sys.argv[1:]]
    if len(counts) == 1:
        measure(counts[0])
        return
    print("| visits | s | peak MiB | of that before | people | found | precision | recall |")
    print("|---" * 8 + "|", flush=True)
    for count in counts or COUNTS:
        subprocess.run([sys.executable, __file__, str(count)], check=True)


if __name__ == "__main__":
    main()
