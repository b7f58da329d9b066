"""Crops -> unit-length appearance embeddings."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from tracker.core.types import EMBEDDING_SIZE, FloatArray, Image, IntArray
from tracker.models.locate import LocatedModel
from tracker.models.registry import Preprocessing
from tracker.reid.crop import crop_people, croppable
from tracker.reid.runtimes import Network, load_network

BATCH = 32  # crops in one forward pass; bounds the memory of a crowded frame


class Embedder(Protocol):
    """Tells what the people in a frame look like."""

    def embed(self, image: Image, xyxy: FloatArray) -> FloatArray:
        """Map an image and boxes (N, 4) to embeddings (N, 512) float32 of unit length.

        A box without any picture (off the image) gets a zero vector: no evidence.
        """
        ...

    def embed_all(self, seen: Sequence[tuple[Image, FloatArray]]) -> list[FloatArray]:
        """Do so for several frames, of one or more cameras, in common batches."""
        ...


class OSNetEmbedder:
    """Runs a ReID network over crops, in batches."""

    def __init__(self, network: Network, preprocessing: Preprocessing) -> None:
        self._network = network
        self._preprocessing = preprocessing

    def embed(self, image: Image, xyxy: FloatArray) -> FloatArray:
        """See `Embedder.embed`."""
        return self.embed_all([(image, xyxy)])[0]

    def embed_all(self, seen: Sequence[tuple[Image, FloatArray]]) -> list[FloatArray]:
        """See `Embedder.embed_all`."""
        if not seen:
            return []
        crops = [self._crops(image, xyxy) for image, xyxy in seen]
        results = [np.zeros((len(xyxy), EMBEDDING_SIZE), np.float32) for _, xyxy in seen]
        every = np.concatenate([pictures for pictures, _ in crops])
        looks = [unit_length(self._network(every[i : i + BATCH])) for i in _starts(len(every))]
        done = 0
        for result, (pictures, visible) in zip(results, crops, strict=True):
            if len(visible):
                result[visible] = np.concatenate(looks)[done : done + len(pictures)]
                done += len(pictures)
        return results

    def _crops(self, image: Image, xyxy: FloatArray) -> tuple[FloatArray, IntArray]:
        """Return the crops of the boxes that have any, and which these are."""
        visible = np.flatnonzero(croppable(xyxy, image))
        return crop_people(image, xyxy[visible], self._preprocessing), visible


def _starts(count: int) -> range:
    return range(0, count, BATCH)


def unit_length(vectors: FloatArray) -> FloatArray:
    """Scale each row of (N, D) to length 1; a zero row stays zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), np.float32)


def load_embedder(model: LocatedModel, *, device: str, half: bool = False) -> Embedder:
    """Load a ReID model: an OSNet checkpoint, an ``.onnx`` file or an OpenVINO folder.

    Raises:
        WeightsError: The file is no usable ReID model.
        ConfigError: The device cannot run it.
    """
    return OSNetEmbedder(load_network(model, device=device, half=half), model.preprocessing)
