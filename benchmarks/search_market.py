"""Should a visit be known by the mean of its crops, or by each of them?

    python -m benchmarks.search_market MODEL [MODEL ...]

The tracks of link_market.py, up to six pictures of each as a gallery keeps them. Every track is
searched for in those of other cameras, once by each of its pictures and once by all. Prints rank-1
and mAP in percent, for tracks as similar as their mean and as their most similar picture.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.link_market import MARKET, write_crops
from tracker.core.types import FloatArray
from tracker.datasets.cut_tracks import TrackName, list_tracks
from tracker.gallery.layout import MOST_CROPS
from tracker.models.fetch import find_or_fetch
from tracker.reid.cut_tracks import embed_tracks
from tracker.reid.embedder import unit_length
from tracker.reid.runtimes import load_network

Looks = dict[TrackName, FloatArray]


def embedded(model_name: str, folder: Path) -> Looks:
    """Embed up to six pictures of each track, evenly spread."""
    tracks = list_tracks(folder)
    for name, pictures in tracks.items():
        count = min(len(pictures), MOST_CROPS)
        tracks[name] = [pictures[i * len(pictures) // count] for i in range(count)]
    model = find_or_fetch(model_name, "reid")
    return embed_tracks(load_network(model, device="cpu"), tracks, model.preprocessing)


def queries(looks: FloatArray, *, together: bool) -> Iterator[FloatArray]:
    """Yield what is searched for: (512,) of unit length."""
    for group in [looks] if together else [look[None] for look in looks]:
        yield unit_length(group.mean(axis=0, keepdims=True))[0]


def scores(looks: Looks, owner: dict[TrackName, str], *, together: bool, mean: bool) -> str:
    """Return rank-1 and mAP in percent."""
    camera = np.array([name[0] for name in looks])
    person = np.array([owner[name] for name in looks])
    means = np.concatenate([unit_length(v.mean(axis=0, keepdims=True)) for v in looks.values()])
    first, precision = [], []
    for place, (name, own) in enumerate(looks.items()):
        others = np.flatnonzero(camera != name[0])
        if not (person[others] == person[place]).any():
            continue
        for query in queries(own, together=together):
            best = means @ query if mean else np.array([(v @ query).max() for v in looks.values()])
            right = person[others[np.argsort(-best[others])]] == person[place]
            first.append(right[0])
            precision.append((np.cumsum(right)[right] / (np.flatnonzero(right) + 1)).mean())
    return f"{100 * np.mean(first):.1f} | {100 * np.mean(precision):.1f}"


def main() -> None:
    """Print a row for each model, kind of query and kind of similarity."""
    with tempfile.TemporaryDirectory() as temporary:
        owner = write_crops(MARKET, Path(temporary))
        print("| model | query | a track is as similar as | rank-1 | mAP |\n|---|---|---|---|---|")
        for model in sys.argv[1:]:
            looks = embedded(model, Path(temporary))
            for together in (False, True):
                for mean in (True, False):
                    words = "all pictures" if together else "one picture"
                    kind = "its mean" if mean else "its most similar picture"
                    figures = scores(looks, owner, together=together, mean=mean)
                    print(f"| {Path(model).stem} | {words} | {kind} | {figures} |")


if __name__ == "__main__":
    main()
