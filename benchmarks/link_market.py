"""How well does `reid-track link` find the people of Market-1501 who were kept back?

    python benchmarks/link_market.py MODEL [MODEL ...]

Of the 651 people in ../shared/data/market1501, those 51 whom `train reid --val-ids 51` keeps back,
seen by six cameras. All pictures of one person in one camera and sequence are a track, under a
number that tells nothing. Prints precision, recall and F1 over pairs of tracks, and how many
people were found.
"""

import json
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

MARKET = Path(__file__).resolve().parents[2] / "shared/data/market1501/bounding_box_train_651.tar"
PEOPLE = 51
_NAME = re.compile(r"(\d+)_c(\d+)s(\d+)_(\d+)_(\d+)")

Track = tuple[str, str]  # camera, number


def write_crops(archive: Path, folder: Path, seed: int = 0) -> dict[Track, str]:
    """Write <camera>/<track>/*.jpg and return who is on each track."""
    pictures = defaultdict(list)
    with tarfile.open(archive) as tar:
        for member in tar:
            found = _NAME.search(member.name)
            if found:
                person, camera, sequence, frame, box = found.groups()
                pictures[person, camera, sequence].append((int(frame), int(box), member.name))
        everyone = sorted({person for person, _, _ in pictures})
        kept = {everyone[k * len(everyone) // PEOPLE] for k in range(PEOPLE)}
        chosen = sorted(key for key in pictures if key[0] in kept)
        numbers = np.random.default_rng(seed).permutation(len(chosen)) + 1
        owner = {}
        for number, (person, camera, sequence) in zip(numbers, chosen, strict=True):
            track = folder / f"cam{camera}" / str(number)
            track.mkdir(parents=True)
            for place, (*_, name) in enumerate(sorted(pictures[person, camera, sequence])):
                stream = tar.extractfile(name)
                assert stream is not None
                (track / f"{place:04d}.jpg").write_bytes(stream.read())
            owner[track.parent.name, track.name] = person
    return owner


def score(owner: dict[Track, str], identities: list[dict]) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the pairs of tracks that are said to be one person."""
    person_of = {
        (t["camera"], str(t["track_id"])): i["global_id"] for i in identities for t in i["tracks"]
    }
    assert person_of.keys() == owner.keys(), "not every track has one person"
    tracks = sorted(owner)
    true, said = (np.array([of[t] for t in tracks]) for of in (owner, person_of))
    pairs = np.triu_indices(len(tracks), k=1)
    same, together = (labels[pairs[0]] == labels[pairs[1]] for labels in (true, said))
    right = float((same & together).sum())
    precision, recall = right / max(together.sum(), 1), right / max(same.sum(), 1)
    return precision, recall, 2 * right / max(together.sum() + same.sum(), 1)


def main() -> None:
    """Print a row for each model."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "crops"
        owner = write_crops(MARKET, folder)
        print(f"{len(set(owner.values()))} people, {len(owner)} tracks")
        print("| model | precision | recall | F1 | people found | s |\n|---|---|---|---|---|---|")
        for model in sys.argv[1:]:
            out = Path(temporary) / "identities.json"
            words = ["link", folder, "--reid", model, "--out", out, "--overwrite", "--quiet"]
            began = time.monotonic()
            subprocess.run([sys.executable, "-m", "tracker", *words], check=True)
            seconds = time.monotonic() - began
            identities = json.loads(out.read_text())["identities"]
            cells = " | ".join(f"{value:.3f}" for value in score(owner, identities))
            print(
                f"| {Path(model).name} | {cells} | {len(identities)} | {seconds:.0f} |", flush=True
            )


if __name__ == "__main__":
    main()
