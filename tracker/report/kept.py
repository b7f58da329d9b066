"""The pictures that a run kept beside its tracks.json: crops of visits, a poster per camera."""

from dataclasses import dataclass, field
from pathlib import Path

from tracker.output.saved import Content, Key


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a run's pictures lie.

    Attributes:
        crops: By visit, then by frame, in order of time.
        posters: By camera.
    """

    crops: dict[Key, dict[int, Path]] = field(default_factory=dict)
    posters: dict[str, Path] = field(default_factory=dict)

    @property
    def shots(self) -> dict[Key, list[int]]:
        """The frames of which there are crops."""
        return {key: list(paths) for key, paths in self.crops.items()}


def find_kept(folder: Path, content: Content) -> Kept:
    """Look for the pictures of a tracks.json in the folder where it lies; maybe there are none."""
    crops: dict[Key, dict[int, Path]] = {}
    for track in content["tracks"]:
        key = track["camera"], int(track["track_id"])
        place = folder / "gallery" / "crops" / key[0] / str(key[1])
        found = {int(p.stem): p for p in sorted(place.glob("*.jpg")) if p.stem.isdecimal()}
        if found:
            crops[key] = found
    posters = {
        c["name"]: folder / "gallery" / "posters" / f"{c['name']}.jpg" for c in content["cameras"]
    }
    return Kept(crops, {name: path for name, path in posters.items() if path.is_file()})
