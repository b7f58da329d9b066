"""Crops -> unit-length appearance embeddings, by PyTorch, ONNX Runtime or OpenVINO."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from tracker.embed.crop import crop_people, croppable
from tracker.errors import ConfigError, WeightsError
from tracker.models.locate import LocatedModel
from tracker.models.manifest import Preprocessing
from tracker.types import EMBEDDING_SIZE, FloatArray, Image

BATCH = 32  # crops in one forward pass; bounds the memory of a crowded frame

Network = Callable[[FloatArray], FloatArray]  # (N, 3, H, W) normalised RGB -> (N, 512)


class Embedder(Protocol):
    """Tells what the people in a frame look like."""

    def embed(self, image: Image, xyxy: FloatArray) -> FloatArray:
        """Map an image and boxes (N, 4) to embeddings (N, 512) float32 of unit length.

        A box without any picture (off the image) gets a zero vector: no evidence.
        """
        ...


class OSNetEmbedder:
    """Runs a ReID network over the crops of one frame, in batches."""

    def __init__(self, network: Network, preprocessing: Preprocessing) -> None:
        self._network = network
        self._preprocessing = preprocessing

    def embed(self, image: Image, xyxy: FloatArray) -> FloatArray:
        """See `Embedder.embed`."""
        result = np.zeros((len(xyxy), EMBEDDING_SIZE), np.float32)
        visible = np.flatnonzero(croppable(xyxy, image))
        for start in range(0, len(visible), BATCH):
            chosen = visible[start : start + BATCH]
            crops = crop_people(image, xyxy[chosen], self._preprocessing)
            result[chosen] = unit_length(self._network(crops))
        return result


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


def needs_torch(model: LocatedModel) -> bool:
    """Tell whether a model runs in PyTorch, whose import takes half a GB, or in another runtime."""
    return model.path.suffix != ".onnx" and not model.path.is_dir()


def load_network(model: LocatedModel, *, device: str, half: bool = False) -> Network:
    """Load the bare network, which takes prepared crops; raises as `load_embedder`."""
    if model.path.suffix == ".onnx":
        return _onnx_network(model, half=half)
    if model.path.is_dir():
        return _openvino_network(model, half=half)
    return _torch_network(model, device=device, half=half)


def _torch_network(model: LocatedModel, *, device: str, half: bool) -> Network:
    import torch

    from tracker.embed.checkpoint import load_osnet

    dtype = torch.float16 if half else torch.float32
    osnet = load_osnet(model.path).to(device, dtype).to(memory_format=torch.channels_last)

    def run(crops: FloatArray) -> FloatArray:
        with torch.inference_mode():
            batch = torch.from_numpy(crops).to(device, dtype, memory_format=torch.channels_last)
            output: FloatArray = osnet(batch).float().cpu().numpy()
        return output

    return run


def _onnx_network(model: LocatedModel, *, half: bool) -> Network:
    import onnxruntime

    if half:
        raise ConfigError("--half does not apply to an .onnx ReID model; leave it out")
    try:
        session = onnxruntime.InferenceSession(
            str(model.path), providers=onnxruntime.get_available_providers()
        )
    except Exception as error:  # onnxruntime's own exceptions have no public base
        first_line = str(error).splitlines()[0]
        raise WeightsError(f"{model.path} is no readable ONNX model: {first_line}") from error
    entry = session.get_inputs()[0]
    size = session.get_outputs()[0].shape[-1]
    if size != EMBEDDING_SIZE:
        raise WeightsError(f"{model.path} gives {size} values a crop, OSNet {EMBEDDING_SIZE}")
    fixed_batch = entry.shape[0] if isinstance(entry.shape[0], int) else None

    def run(crops: FloatArray) -> FloatArray:
        step = fixed_batch or len(crops)
        parts = [
            session.run(None, {entry.name: _padded(crops[i : i + step], step)})[0]
            for i in range(0, len(crops), step)
        ]
        return np.concatenate(parts)[: len(crops)]

    return run


def _openvino_network(model: LocatedModel, *, half: bool) -> Network:
    import openvino

    if half:
        raise ConfigError("--half does not apply to an OpenVINO ReID model; leave it out")
    try:
        (graph,) = sorted(model.path.glob("*.xml"))
        compiled = openvino.Core().compile_model(str(graph), "CPU")
    except (ValueError, RuntimeError) as error:
        first_line = str(error).splitlines()[0]
        raise WeightsError(f"{model.path} is no readable OpenVINO model: {first_line}") from error

    def run(crops: FloatArray) -> FloatArray:
        return np.array(compiled(crops)[0], np.float32)

    return run


def _padded(crops: FloatArray, size: int) -> FloatArray:
    """Repeat the last crop up to `size`: an export with a fixed batch takes nothing else."""
    return np.concatenate([crops, np.repeat(crops[-1:], size - len(crops), axis=0)])
