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

from tracker.apps.search.index import PeopleIndex
from tracker.apps.search.ranking import rank_people
from tracker.apps.search.visits import Run, RunVisits, SeenVisit
from tracker.core.types import FloatArray
from tracker.results.result import ModelUse

VISITS, A_RUN, VISITS_EACH, TOP = 1_000_000, 50_000, 3, 10
Person = tuple[int, int]  # the run's number and a global_id
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


def exact(queries: FloatArray, visits: int) -> list[list[Person]]:
    """Return run and person of the best for each query, by plain NumPy."""
    best: list[dict[Person, float]] = [{} for _ in queries]
    for number, count in sizes(visits):
        for known, similarity in zip(best, queries @ looks_of(number, count).T, strict=True):
            for place in np.argsort(-similarity)[: TOP * VISITS_EACH].tolist():
                person = number, place // VISITS_EACH + 1
                known[person] = max(known.get(person, -1.0), float(similarity[place]))
    return [sorted(known, key=lambda person: -known[person])[:TOP] for known in best]


def search(index: PeopleIndex, query: FloatArray) -> tuple[list[Person], float, float]:
    """Return who was found, the seconds that passed and those of a processor."""
    began, used = time.monotonic(), time.process_time()
    found = rank_people([index], query, TOP)
    times = time.monotonic() - began, time.process_time() - used
    return [(int(path.parent.name), who) for path, who in (f.person for f in found)], *times


def main() -> None:
    """Build, search, compare and print."""
    visits = int(sys.argv[1]) if len(sys.argv) > 1 else VISITS
    queries = np.stack([looks_of(0, min(A_RUN, visits))[7], *looks_of(1_000_000, 6)])
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
            people, seconds, used = zip(*(search(index, query) for query in queries), strict=True)
            assert list(people) == exact(queries, visits), "not what NumPy finds"
            began = time.monotonic()
            index.add(made_up(10_000_000, 100))
            added = time.monotonic() - began
    print(f"first search {seconds[0]:.2f} s ({used[0]:.2f} s of one processor),", end=" ")
    print(f"then median {np.median(seconds[1:]):.2f} s ({np.median(used[1:]):.2f} s)")
    print(f"one more run of 100 visits added in {added:.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory of building and searching {peak:.2f} GB, mapped files included")


if __name__ == "__main__":
    main()
