"""How fast is a search in a million embeddings, and what does the index cost?

    python benchmarks/search_scale.py [VISITS]

Puts random looks of unit length into an index in a temporary folder, 50,000 visits a run and three
visits a person, and searches it for looks that are in it and for random ones. Each answer is
compared with plain NumPy's over all rows. The first search maps the files; the others find them in
memory, if there is room.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tracker.result import ModelUse
from tracker.search.index import PeopleIndex
from tracker.search.ranking import rank_people
from tracker.search.seen import Run, RunVisits, SeenVisit
from tracker.types import FloatArray

VISITS, A_RUN, VISITS_EACH, TOP = 1_000_000, 50_000, 3, 10
REID = ModelUse("random", "0" * 64)


def looks_of(run: int, count: int) -> FloatArray:
    """Return random looks (count, 512) of unit length, the same for each run."""
    looks = np.random.default_rng(run).standard_normal((count, 512), np.float32)
    return np.asarray(looks / np.linalg.norm(looks, axis=1, keepdims=True))


def made_up(number: int, count: int) -> RunVisits:
    """Return a run of so many visits."""
    run = Run(Path(f"/runs/{number}/tracks.json"))
    visits = [
        SeenVisit(run, f"cam{n % 4}", n // 4 + 1, n // VISITS_EACH + 1, n * 1.0, n + 5.0,
                  Path(f"/runs/{number}/gallery/crops/cam{n % 4}/{n // 4 + 1}/000001.jpg"))
        for n in range(count)
    ]  # fmt: skip
    return RunVisits(run, REID, visits, looks_of(number, count))


def sizes(visits: int) -> Iterator[tuple[int, int]]:
    """Yield the number and size of each run."""
    for number, start in enumerate(range(0, visits, A_RUN)):
        yield number, min(A_RUN, visits - start)


def exact(query: FloatArray, visits: int) -> list[tuple[int, int]]:
    """Return run and person of the best by plain NumPy."""
    best: dict[tuple[int, int], float] = {}
    for number, count in sizes(visits):
        similarity = looks_of(number, count) @ query
        for place in np.argsort(-similarity)[: TOP * VISITS_EACH].tolist():
            person = number, place // VISITS_EACH + 1
            best[person] = max(best.get(person, -1.0), float(similarity[place]))
    return sorted(best, key=lambda person: -best[person])[:TOP]


def main() -> None:
    """Build, search, compare and print."""
    visits = int(sys.argv[1]) if len(sys.argv) > 1 else VISITS
    queries = [looks_of(0, A_RUN)[7], *looks_of(1_000_000, 6)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "people.idx"
        began = time.monotonic()
        with PeopleIndex(folder, create=True) as index:
            for number, count in sizes(visits):
                index.add(made_up(number, count))
        disk = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{visits} visits, index of {disk / 1e9:.2f} GB", end=", ")
        print(f"built in {time.monotonic() - began:.0f} s; {len(os.sched_getaffinity(0))} cores")
        with PeopleIndex(folder) as index:
            seconds = []
            for query in queries:
                began = time.monotonic()
                found = rank_people([index], query, TOP)
                seconds.append(time.monotonic() - began)
                people = [(int(run.parent.name), who) for run, who in (f.person for f in found)]
                assert people == exact(query, visits), "not what NumPy finds"
            began = time.monotonic()
            index.add(made_up(10_000_000, 100))
            added = time.monotonic() - began
    print(f"first search {seconds[0]:.2f} s, then median {np.median(seconds[1:]):.2f} s")
    print(f"one more run of 100 visits added in {added:.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory of building and searching {peak:.2f} GB, mapped files included")


if __name__ == "__main__":
    main()
