"""Looks on disk: files of faiss's exact flat index, mapped into memory and never changed."""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from tracker.core.atomic import replacing
from tracker.core.errors import SourceError
from tracker.core.extras import require
from tracker.core.types import EMBEDDING_SIZE, FloatArray, IntArray

_BLOCK_BYTES = 1 << 22


class FlatFiles:
    """Reads and writes such files in one folder.

    Raises:
        ConfigError: faiss is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._faiss = _faiss()
        self._mapped: dict[str, Any] = {}
        self._fetched: set[str] = set()

    def write(self, name: str, looks: FloatArray) -> None:
        """Write rows (N, 512); they are on the disk itself when this returns.

        Raises:
            OutputError: The file cannot be written.
        """
        flat = self._faiss.IndexFlatIP(EMBEDDING_SIZE)
        flat.add(np.ascontiguousarray(looks))
        with replacing(self._folder / name) as temporary, temporary.open("wb") as out:
            out.write(self._faiss.serialize_index(flat))
            out.flush()
            os.fsync(out.fileno())

    def read(self, name: str, places: IntArray, count: int) -> FloatArray:
        """Return rows (len(places), 512) of a file that has `count`."""
        if not len(places):
            return np.zeros((0, EMBEDDING_SIZE), np.float32)
        return np.asarray(self._open(name, count).reconstruct_batch(places), np.float32)

    def nearest(
        self, name: str, query: FloatArray, most: int, count: int
    ) -> list[tuple[float, int]]:
        """Return similarity and place of up to `most` rows of a file that has `count`.

        Raises:
            SourceError: The file is missing or damaged.
        """
        looks = self._open(name, count)
        self._fetch(name)
        similarity, place = looks.search(query[None], min(most, count))
        return list(zip(similarity[0].tolist(), place[0].tolist(), strict=True))

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._mapped.pop(name, None)
        self._fetched.discard(name)
        (self._folder / name).unlink(missing_ok=True)

    def _fetch(self, name: str) -> None:
        """Read a file through once: from a disk, mapped pages come five times as slowly."""
        if name in self._fetched:
            return
        buffer = bytearray(_BLOCK_BYTES)
        with (self._folder / name).open("rb", buffering=0) as stream:
            while stream.readinto(buffer):
                pass
        self._fetched.add(name)

    def _open(self, name: str, count: int) -> Any:
        if name not in self._mapped:
            path = str(self._folder / name)
            try:
                self._mapped[name] = self._faiss.read_index(path, self._faiss.IO_FLAG_MMAP_IFC)
            except RuntimeError as error:
                raise SourceError(
                    f"the index '{self._folder}' lacks {name}, or it is damaged; make it again "
                    "with 'reid-track search add'"
                ) from error
        looks = self._mapped[name]
        if (looks.ntotal, looks.d) != (count, EMBEDDING_SIZE):
            raise SourceError(
                f"the index '{self._folder}' is damaged: {name} has {looks.ntotal} rows, not "
                f"{count}; make it again with 'reid-track search add'"
            )
        return looks


def _faiss() -> Any:
    """Import faiss, whose bindings warn of themselves on some versions of Python."""
    require("faiss")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import faiss
    # Reading memory is what takes time, and waiting threads cost more than they bring on a machine
    # that has other work.
    faiss.omp_set_num_threads(1)
    return faiss
