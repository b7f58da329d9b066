"""Tracks that somebody else cut out: pictures of one person by one camera in one sequence."""

import re
import sys
import tarfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.identity.judge import Figures
from benchmarks.identity.observed import Models
from tracker.core.config import LinkConfig
from tracker.core.types import FloatArray
from tracker.runtime.link_cut_tracks import link_crops

MOST_VIEWS = 16  # of a track
Track = tuple[str, str, str]  # person, camera, sequence


@dataclass(frozen=True, slots=True)
class Crops:
    """Published pictures of people.

    Attributes:
        name: What it is.
        archive: A tar below the data folder.
        pattern: Finds person, camera and sequence in a picture's name.
        people: How many of them are taken, spread over all.
    """

    name: str
    archive: str
    pattern: str
    people: int


CROPS = (
    Crops(
        "Market-1501, 51 kept back",
        "market1501/bounding_box_train_651.tar",
        r"(?P<person>\d+)_c(?P<camera>\d+)s(?P<sequence>\d+)_",
        51,
    ),
    Crops(
        "CUHK03, every 6th",
        "reid-cuhk03/cuhk03_pair1.tar",
        r"(?P<person>[^/]+)/c(?P<camera>\d+)(?P<sequence>)_",
        113,
    ),
)


def link_people(crops: Crops, data: Path, cache: Path, models: Models) -> Figures:
    """Link the tracks as ``reid-track link`` does, and score all pairs of them."""
    looks = _looks(crops, data, cache, models)
    tracks = sorted(looks)
    shuffled = [tracks[i] for i in np.random.default_rng(0).permutation(len(tracks))]
    named = {(f"cam{t[1]}", f"{n:05d}"): looks[t] for n, t in enumerate(shuffled)}
    linked, names = link_crops(named, None, LinkConfig())
    person_of = {(v.camera, names[v.key]): p.global_id for p in linked.identities for v in p.visits}
    said = np.array([person_of[key] for key in named])
    true = np.unique([t[0] for t in shuffled], return_inverse=True)[1]
    return pairwise(true, said)


def pairwise(true: np.ndarray, said: np.ndarray) -> Figures:
    """Score the pairs of items that are said to be one."""
    pairs = np.triu_indices(len(true), k=1)
    same, together = (labels[pairs[0]] == labels[pairs[1]] for labels in (true, said))
    right = float((same & together).sum())
    return {
        "precision": right / max(together.sum(), 1),
        "recall": right / max(same.sum(), 1),
        "F1": 2 * right / max(together.sum() + same.sum(), 1),
        "people": len(set(said.tolist())),
        "there": len(set(true.tolist())),
    }


def _looks(crops: Crops, data: Path, cache: Path, models: Models) -> dict[Track, FloatArray]:
    """Embed the tracks' pictures, or read them from the cache."""
    file = cache / f"{models.reid.sha256[:8]}-{Path(crops.archive).stem}-{crops.people}.npz"
    if not file.is_file():
        print(f"looking at {crops.name} with {models.name} models", file=sys.stderr, flush=True)
        pictures = _pictures(data / crops.archive, crops)
        _, embedder = models.networks
        found = {"|".join(t): _embedded(embedder, p) for t, p in pictures.items()}
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, **found)
    with np.load(file) as kept:
        return {tuple(name.split("|")): kept[name] for name in kept.files}  # type: ignore[misc]


def _pictures(archive: Path, crops: Crops) -> dict[Track, list[np.ndarray]]:
    found: dict[Track, list[str]] = defaultdict(list)
    with tarfile.open(archive) as tar:
        for name in sorted(tar.getnames()):
            match = re.search(crops.pattern, name)
            if match:
                found[match["person"], match["camera"], match["sequence"]].append(name)
        everyone = sorted({t[0] for t in found})
        kept = {everyone[k * len(everyone) // crops.people] for k in range(crops.people)}
        return {
            track: [_read(tar, n) for n in names[:: -(-len(names) // MOST_VIEWS)]]
            for track, names in sorted(found.items())
            if track[0] in kept
        }


def _read(tar: tarfile.TarFile, name: str) -> np.ndarray:
    stream = tar.extractfile(name)
    assert stream is not None
    return cv2.imdecode(np.frombuffer(stream.read(), np.uint8), cv2.IMREAD_COLOR)


def _embedded(embedder: "object", pictures: Sequence[np.ndarray]) -> FloatArray:
    whole = [(p, np.array([[0, 0, p.shape[1], p.shape[0]]], np.float32)) for p in pictures]
    return np.concatenate(embedder.embed_all(whole))  # type: ignore[attr-defined]
