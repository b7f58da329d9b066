"""Are the probabilities of links honest, and does one threshold fit any number of people?

    python benchmarks/link_reliability.py MODEL [MODEL ...]

Made-up recordings of 2 to 51 people of Market-1501 who are kept back by `train reid --val-ids 51`:
all pictures of one person in one camera and sequence are a visit, no two at once. Prints pairwise
F1 and people found against people there, and how often links of a stated probability were right.
"""

import re
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from tracker.core.config import LinkConfig
from tracker.core.types import Visit
from tracker.identity.offline import Linked, link
from tracker.models.locate import LocatedModel, find_model
from tracker.reid.embedder import load_embedder

MARKET = Path(__file__).resolve().parents[2] / "shared/data/market1501/bounding_box_train_651.tar"
PEOPLE = 51
RECORDINGS = ((2, 9), (5, 2), (5, 9), (10, 2), (10, 9), (20, 2), (20, 9), (51, 9))  # people, visits
REPEATS = 5
BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
_NAME = re.compile(r"(\d+)_c(\d+)s(\d+)_")


@dataclass(frozen=True, slots=True)
class Crops:
    """All pictures of one person in one camera and sequence, embedded: (K, 512)."""

    person: str
    camera: str
    embeddings: np.ndarray


def embedded(model: LocatedModel) -> list[Crops]:
    """Embed the pictures of the people who are kept back."""
    embedder = load_embedder(model, device="cpu")
    looks = defaultdict(list)
    with tarfile.open(MARKET) as tar:
        names = sorted(m.name for m in tar if _NAME.search(m.name))
        people = sorted({Path(n).name.split("_")[0] for n in names})
        kept = {people[k * len(people) // PEOPLE] for k in range(PEOPLE)}
        for name in names:
            found = _NAME.search(name)
            if found and found[1] in kept:
                stream = tar.extractfile(name)
                assert stream is not None
                image = cv2.imdecode(np.frombuffer(stream.read(), np.uint8), cv2.IMREAD_COLOR)
                whole = np.array([[0, 0, image.shape[1], image.shape[0]]], np.float32)
                looks[found.groups()].append(embedder.embed(image, whole)[0])
    return [Crops(p, c, np.array(v, np.float32)) for (p, c, _), v in sorted(looks.items())]


def recordings(
    crops: list[Crops], people: int, visits: int, seed: int
) -> Iterator[tuple[list[Visit], np.ndarray]]:
    """Yield visits one after the other, in no order, of so many people; and who it is."""
    random = np.random.default_rng(seed)
    everyone = sorted({c.person for c in crops})
    for _ in range(REPEATS if people < len(everyone) else 1):
        chosen = []
        for person in random.choice(everyone, people, replace=False):
            own = [c for c in crops if c.person == person]
            chosen += [own[i] for i in random.permutation(len(own))[:visits]]
        chosen = [chosen[i] for i in random.permutation(len(chosen))]
        yield [visit(n, c) for n, c in enumerate(chosen, 1)], np.array([c.person for c in chosen])


def visit(number: int, crops: Crops) -> Visit:
    """Return a visit at a time of its own."""
    frame = 1000 * number + np.arange(len(crops.embeddings))
    count = len(frame)
    box = np.tile(np.array([0, 0, 50, 120], np.float32), (count, 1))
    score, observed = np.ones(count, np.float32), np.ones(count, bool)
    return Visit(crops.camera, number, frame, frame / 10, box, score, observed, crops.embeddings)


def pairwise_f1(linked: Linked, visits: list[Visit], owner: np.ndarray) -> float:
    """Return the F1 of the pairs of visits that are said to be one person."""
    person_of = {t.key: p.global_id for p in linked.identities for t in p.visits}
    said = np.array([person_of[v.key] for v in visits])
    pairs = np.triu_indices(len(visits), k=1)
    same, together = (who[pairs[0]] == who[pairs[1]] for who in (owner, said))
    return float(2 * (same & together).sum() / max(same.sum() + together.sum(), 1))


def main() -> None:
    """Print both tables for each model."""
    for name in sys.argv[1:]:
        model = find_model(name, "reid")
        assert isinstance(model, LocatedModel), f"{name} is not installed"
        crops = embedded(model)
        print(f"\n{model.name}\n\n| people x visits | F1 | people found / there |\n|---|---|---|")
        stated: list[tuple[float, bool]] = []
        for people, each in RECORDINGS:
            scores, found = [], []
            for visits, owner in recordings(crops, people, each, seed=people + each):
                linked = link(visits, LinkConfig())
                owner_of = {v.key: who for v, who in zip(visits, owner, strict=True)}
                stated += [
                    (x.probability, owner_of[x.first] == owner_of[x.second]) for x in linked.links
                ]
                scores.append(pairwise_f1(linked, visits, owner))
                found.append(len(linked.identities) / people)
            print(
                f"| {people} x {each} | {np.mean(scores):.2f} | {np.mean(found):.2f} |", flush=True
            )
        print("\n| stated | links | right |\n|---|---|---|")
        probability, right = (np.array(column) for column in zip(*stated, strict=True))
        for low, high in pairwise(BINS):
            chosen = (probability >= low) & (probability <= high)
            if chosen.any():
                share = right[chosen].mean()
                print(f"| {low:.2f} to {high:.2f} | {chosen.sum()} | {share:.2f} |")


if __name__ == "__main__":
    main()
