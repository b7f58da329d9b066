"""How long does the association of one frame take, without detection and ReID?

Made-up people walk about; boxes tremble, looks vary, one box in twenty is missing. Prints the
milliseconds per frame on one core, once the galleries are full, and the second pass at the end.
It is the processor's time, which other work on the machine lengthens little:

    OMP_NUM_THREADS=1 python benchmarks/association_speed.py [--profile]
"""

import argparse
import cProfile
import math
import pstats
import time
from collections.abc import Iterator

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.config import TrackerConfig
from tracker.core.types import EMBEDDING_SIZE, Detections
from tracker.tracking.appearance_odds import learn_appearance_odds
from tracker.tracking.deepsort import DeepSort
from tracker.tracking.second_pass import polish, settle

SIZE = (3840, 2160)  # pixels
FPS = 25.0
HEIGHT, WIDTH = 120.0, 45.0  # pixels of a person
WALK = 4.0  # pixels a frame
TREMBLE = 2.0  # pixels
VARIETY = 0.5  # length of what changes in a look from frame to frame
MISSING = 0.05  # share of boxes
WARM_UP, MEASURED = 120, 40  # frames; a gallery holds 100 looks
CROWDS = {10: math.inf, 20: 2.0, 50: math.inf, 200: 25.0, 500: math.inf}  # ms they may take

Input = tuple[int, Detections, Floats]


def crowd(people: int, frames: int) -> Iterator[Input]:
    """Yield the boxes and looks of each frame."""
    random = np.random.default_rng(0)
    place = random.uniform(0, 1, (people, 2)) * SIZE
    step = random.normal(0, WALK, (people, 2))
    own = _unit(random.normal(size=(people, EMBEDDING_SIZE)))
    for frame in range(frames):
        place += step
        step = np.where((place < 0) | (place > SIZE), -step, step)
        seen = random.uniform(size=people) >= MISSING
        centre = (place + random.normal(0, TREMBLE, place.shape))[seen]
        half = np.array([WIDTH, HEIGHT]) / 2
        xyxy = np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)
        score = random.uniform(0.5, 0.9, len(xyxy)).astype(np.float32)
        change = VARIETY * _unit(random.normal(size=(people, EMBEDDING_SIZE)))
        yield frame, Detections(xyxy, score), _unit(own + change)[seen].astype(np.float32)


def measure(people: int, *, appearance: bool) -> tuple[Floats, DeepSort, float]:
    """Return the milliseconds of each measured frame, the tracker, and those of its last step."""
    tracker = DeepSort("crowd", TrackerConfig(), appearance=appearance)
    spent = []
    for frame, found, looks in crowd(people, WARM_UP + MEASURED):
        begun = time.process_time()
        tracker.update(frame, frame / FPS, found, looks)
        spent.append(1000 * (time.process_time() - begun))
    begun = time.process_time()
    pieces = tracker.fragments() if appearance else tracker.visits()
    likeness = learn_appearance_odds(pieces) if appearance else None
    polish(settle(pieces, SIZE, likeness, TrackerConfig()), SIZE, TrackerConfig())
    second_pass = 1000 * (time.process_time() - begun) / (WARM_UP + MEASURED)
    return np.array(spent[WARM_UP:], np.float32), tracker, second_pass


def main() -> None:
    """Print a table, or where the time of the largest crowd goes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    if parser.parse_args().profile:
        profiler = cProfile.Profile()
        profiler.runcall(measure, max(CROWDS), appearance=True)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(20)
        return
    print("| people | looks | median ms | slowest ms | target ms | second pass, ms a frame |")
    print("|---:|---|---:|---:|---:|---:|")
    for people, target in CROWDS.items():
        for appearance in (True, False):
            spent, _, second = measure(people, appearance=appearance)
            looks = "yes" if appearance else "no"
            figures = f"{np.median(spent):.1f} | {spent.max():.1f} | {target:g} | {second:.1f}"
            print(f"| {people} | {looks} | {figures} |", flush=True)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


if __name__ == "__main__":
    main()
