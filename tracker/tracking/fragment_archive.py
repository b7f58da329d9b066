"""Fragments of visits that are over, kept out of memory: people come and go for hours."""

import tempfile
import weakref

import numpy as np

from tracker.core.types import Visit

IN_MEMORY = 8 << 20  # bytes; a short recording needs no file
_ARRAYS = ("frame", "time_s", "xyxy", "score", "observed", "embeddings")


class Archive:
    """Tracklets in the order in which they were added, in a file that goes with the object."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed below
        weakref.finalize(self, self._file.close)
        self._places: list[tuple[str, int, int]] = []  # camera, track_id, first byte

    def append(self, fragment: Visit) -> None:
        """Add a visit."""
        place = self._file.seek(0, 2)
        self._places.append((fragment.camera, fragment.track_id, place))
        for name in _ARRAYS:
            np.save(self._file, getattr(fragment, name), allow_pickle=False)

    def __len__(self) -> int:
        return len(self._places)

    def read(self, first: int = 0, end: int | None = None) -> list[Visit]:
        """Return the visits at these places, all by default."""
        return [self._read(place) for place in self._places[first:end]]

    def _read(self, place: tuple[str, int, int]) -> Visit:
        camera, track_id, first = place
        self._file.seek(first)
        arrays = {name: np.load(self._file, allow_pickle=False) for name in _ARRAYS}
        return Visit(camera, track_id, **arrays)
