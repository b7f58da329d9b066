"""Crops -> unit-length appearance embeddings."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from tracker.core.errors import ConfigError
from tracker.core.types import EMBEDDING_SIZE, FloatArray, Image, IntArray
from tracker.models.locate import LocatedModel
from tracker.models.registry import Preprocessing
from tracker.reid.crop import crop_people, croppable, cut_out
from tracker.reid.runtimes import Network, load_network

BATCH = 32  # crops in one forward pass; bounds the memory of a crowded frame


@runtime_checkable
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
        starts = range(0, len(every), BATCH)
        looks = [unit_length(self._network(every[i : i + BATCH])) for i in starts]
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


class FunctionEmbedder:
    """A user's own ReID network, given as a function.

    Args:
        look: From N crops (h, w, 3) uint8 BGR, as large as the boxes, to embeddings (N, D), D at
            most 512; they are scaled to length 1, and 0 follows to the right of them.
    """

    def __init__(self, look: Callable[[list[Image]], FloatArray]) -> None:
        self._look = look

    def embed(self, image: Image, xyxy: FloatArray) -> FloatArray:
        """See `Embedder.embed`.

        Raises:
            ConfigError: The function returns anything else than (N, D).
        """
        visible = np.flatnonzero(croppable(xyxy, image))
        result = np.zeros((len(xyxy), EMBEDDING_SIZE), np.float32)
        if not len(visible):
            return result
        looks = np.asarray(self._look(list(cut_out(image, xyxy[visible]))), np.float32)
        if looks.shape[:-1] != visible.shape or looks.shape[-1] > EMBEDDING_SIZE:
            raise ConfigError(
                f"the function for reid returned {looks.shape} for {len(visible)} crops; "
                f"({len(visible)}, D) with D up to {EMBEDDING_SIZE} is allowed"
            )
        result[visible, : looks.shape[1]] = unit_length(looks)
        return result

    def embed_all(self, seen: Sequence[tuple[Image, FloatArray]]) -> list[FloatArray]:
        """See `Embedder.embed_all`."""
        return [self.embed(image, xyxy) for image, xyxy in seen]


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
