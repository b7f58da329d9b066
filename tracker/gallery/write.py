"""Finish a gallery: embed its crops, write the tables, give it its name."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import to_builtins

from tracker.core.atomic import replacing
from tracker.core.errors import OutputError
from tracker.core.pictures import read_image
from tracker.core.types import FloatArray, Image, IntArray, VisitKey, no_embeddings
from tracker.datasets.cut_tracks import COLUMNS
from tracker.formats.people import write_table
from tracker.gallery.crop_store import CropStore
from tracker.gallery.layout import ABOUT, CROPS, EMBEDDINGS, FORMAT, POSTERS, crop_path, times_path
from tracker.reid.embedder import BATCH, Embedder
from tracker.results.result import Result
from tracker.results.tracks_json import model_record

_Named = tuple[VisitKey, int]  # the visit and frame of a crop


def write_gallery(
    store: CropStore, result: Result, embedder: Embedder | None, tracks_json: str
) -> None:
    """Turn what the store holds into a gallery.

    Args:
        store: Has the crops.
        result: Whose visits they show.
        embedder: The run's own; without one the embeddings are zero: no evidence.
        tracks_json: Name of the result's file, which lies beside the gallery.

    Raises:
        OutputError: It cannot be written.
    """
    order = {camera.name: number for number, camera in enumerate(result.cameras)}
    named = sorted(
        ((key, kept.frame) for key, parts in store.visits.items() for kept in parts.values()),
        key=lambda item: (order[item[0][0]], item[0][1], item[1]),
    )
    rows = np.array([(order[camera], t, frame) for (camera, t), frame in named], np.int64)
    about = {
        "format": FORMAT,
        "reid": to_builtins(model_record(result.reid)) if result.reid else None,
        "cameras": list(order),
        "tracks": tracks_json,
    }
    for name in (CROPS, POSTERS):
        (store.folder / name).mkdir(exist_ok=True)
    _write_times(times_path(store.folder), result, {key for key, _ in named})
    looks = _embedded(store, named, embedder)
    _write_embeddings(store.folder / EMBEDDINGS, looks, rows.reshape(-1, 3), about)
    store.put_in_place()


def _write_times(path: Path, result: Result, kept: set[VisitKey]) -> None:
    visits = (visit for visit in result.visits() if visit.key in kept)
    rows = ([*v.key, round(v.start_s, 6), round(v.end_s, 6)] for v in visits)
    write_table(path, COLUMNS, rows)


def _write_embeddings(path: Path, looks: FloatArray, rows: IntArray, about: dict[str, Any]) -> None:
    from safetensors.numpy import save

    with replacing(path) as temporary:
        temporary.write_bytes(
            save({"embedding": looks, "row": rows}, metadata={ABOUT: json.dumps(about)})
        )


def _embedded(store: CropStore, named: Sequence[_Named], embedder: Embedder | None) -> FloatArray:
    """Embed the crops as they lie on disk, so that whoever embeds them again gets the same."""
    if embedder is None or not named:
        return np.zeros((len(named), no_embeddings().shape[1]), np.float32)
    looks = []
    for start in range(0, len(named), BATCH):
        crops = [
            _read(crop_path(store.folder, *key, frame))
            for key, frame in named[start : start + BATCH]
        ]
        whole = [np.array([[0, 0, crop.shape[1], crop.shape[0]]], np.float32) for crop in crops]
        looks += embedder.embed_all(list(zip(crops, whole, strict=True)))
    return np.concatenate(looks)


def _read(path: Path) -> Image:
    image = read_image(path)
    if image is None:
        raise OutputError(f"the crop '{path}' was written but cannot be read; is the disk full?")
    return np.asarray(image, np.uint8)
