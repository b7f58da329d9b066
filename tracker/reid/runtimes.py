"""ReID networks by what runs them fastest: OpenVINO on a CPU, PyTorch or ONNX Runtime on a GPU."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tracker.core.errors import ConfigError, WeightsError
from tracker.core.types import EMBEDDING_SIZE, FloatArray
from tracker.models.device import compile_for_cpu
from tracker.models.locate import LocatedModel

if TYPE_CHECKING:
    from tracker.reid.osnet import OSNet

PIECES = (4, 2, 1)  # crops that one core takes at a time; larger pieces are no faster
GPU_SIZES = (8, 32)  # crops at once: each new number costs a search for the fastest kernels

Network = Callable[[FloatArray], FloatArray]  # (N, 3, H, W) normalised RGB -> (N, 512)


def needs_torch(model: LocatedModel) -> bool:
    """Tell whether a model needs PyTorch, whose import takes half a GB, to be read."""
    return model.path.suffix != ".onnx" and not model.path.is_dir()


def load_network(model: LocatedModel, *, device: str, half: bool = False) -> Network:
    """Load a network, which takes prepared crops.

    Raises:
        WeightsError: The file is no usable ReID model.
        ConfigError: The device cannot run it.
    """
    if needs_torch(model):
        return _of_checkpoint(model, device=device, half=half)
    if half:
        raise ConfigError("--half does not apply to an .onnx or OpenVINO ReID model; leave it out")
    if model.path.is_dir():
        return _openvino_network(*_read(model, _graph_of(model), "OpenVINO"))
    if device == "cpu":
        return _openvino_network(*_read(model, str(model.path), "ONNX"))
    return _onnx_network(model)


def _of_checkpoint(model: LocatedModel, *, device: str, half: bool) -> Network:
    from tracker.reid.checkpoint import load_osnet

    osnet = load_osnet(model.path)
    if device == "cpu":
        from tracker.reid.openvino_graph import to_openvino

        return _openvino_network(to_openvino(osnet), None)
    return torch_network(osnet, device, half=half)


def torch_network(osnet: "OSNet", device: str, *, half: bool) -> Network:
    """Run a network by PyTorch, on a stream of its own beside the detector's on a GPU."""
    import torch

    dtype = torch.float16 if half else torch.float32
    osnet = osnet.to(device, dtype).to(memory_format=torch.channels_last)
    is_cuda = torch.device(device).type == "cuda"
    # PyTorch leaves this constructor without types.
    stream = torch.cuda.Stream(device) if is_cuda else None  # type: ignore[no-untyped-call]

    def run(crops: FloatArray) -> FloatArray:
        size = next((size for size in GPU_SIZES if len(crops) <= size), len(crops))
        with torch.inference_mode(), torch.cuda.stream(stream):
            pictures = torch.from_numpy(_padded(crops, size))
            there = (pictures.pin_memory() if is_cuda else pictures).to(device, non_blocking=True)
            batch = there.to(dtype, memory_format=torch.channels_last)
            output: FloatArray = osnet(batch).float().cpu().numpy()
        return output[: len(crops)]

    return run


def _graph_of(model: LocatedModel) -> str:
    graphs = sorted(model.path.glob("*.xml"))
    if len(graphs) != 1:
        raise WeightsError(
            f"{model.path} is no readable OpenVINO model: it holds {len(graphs)} .xml files"
        )
    return str(graphs[0])


def _read(model: LocatedModel, graph: str, kind: str) -> tuple[Any, int | None]:
    """Read a graph and check it: the model, and the size of its batch if that is fixed."""
    import openvino

    try:
        read = openvino.Core().read_model(graph)
        batch, size = read.inputs[0].partial_shape[0], read.outputs[0].partial_shape[-1]
    except RuntimeError as error:
        first_line = str(error).strip().splitlines()[0]
        raise WeightsError(f"{model.path} is no readable {kind} model: {first_line}") from error
    _require_embeddings(model, size.get_length() if size.is_static else None)
    return read, batch.get_length() if batch.is_static else None


def _require_embeddings(model: LocatedModel, size: object) -> None:
    if isinstance(size, int) and size != EMBEDDING_SIZE:
        raise WeightsError(f"{model.path} gives {size} values a crop, OSNet {EMBEDDING_SIZE}")


def _openvino_network(graph: Any, batch: int | None) -> Network:
    """Run pieces of the crops side by side, each on a core of its own.

    Floats stay 32 bits long: 16 would be a third faster, but the embeddings' cosine to the exact
    ones was 0.992 only.
    """
    import openvino

    cores = os.cpu_count() or 1
    settings = {
        "NUM_STREAMS": cores, "INFERENCE_NUM_THREADS": cores, "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": "f32",
    }  # fmt: skip
    queues: dict[int, Any] = {}

    def queue_of(size: int, shape: tuple[int, ...]) -> Any:
        """Compile for that many crops: of known size a network is a quarter faster."""
        if size not in queues:
            if batch is None:
                graph.reshape([size, *shape[1:]])
            compiled = compile_for_cpu(graph, settings)
            queues[size] = openvino.AsyncInferQueue(compiled, cores)
            queues[size].set_callback(_keep)
        return queues[size]

    def run(crops: FloatArray) -> FloatArray:
        result = np.zeros((len(crops), EMBEDDING_SIZE), np.float32)
        start, used = 0, set()
        while start < len(crops):
            size = batch or next(p for p in PIECES if p <= len(crops) - start)
            piece, place = _padded(crops[start : start + size], size), result[start : start + size]
            queue_of(size, crops.shape).start_async([piece], place)
            start += size
            used.add(size)
        for size in used:
            queues[size].wait_all()
        return result

    return run


def _keep(request: Any, place: FloatArray) -> None:
    place[:] = request.get_output_tensor(0).data[: len(place)]


def _onnx_network(model: LocatedModel) -> Network:
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(
            str(model.path), providers=onnxruntime.get_available_providers()
        )
    except Exception as error:  # onnxruntime's own exceptions have no public base
        first_line = str(error).splitlines()[0]
        raise WeightsError(f"{model.path} is no readable ONNX model: {first_line}") from error
    entry = session.get_inputs()[0]
    _require_embeddings(model, session.get_outputs()[0].shape[-1])
    fixed_batch = entry.shape[0] if isinstance(entry.shape[0], int) else None

    def run(crops: FloatArray) -> FloatArray:
        step = fixed_batch or len(crops)
        parts = [
            session.run(None, {entry.name: _padded(crops[i : i + step], step)})[0]
            for i in range(0, len(crops), step)
        ]
        return np.concatenate(parts)[: len(crops)]

    return run


def _padded(crops: FloatArray, size: int) -> FloatArray:
    """Repeat the last crop up to `size`, for what takes a fixed number of them."""
    lacking = max(size - len(crops), 0) if len(crops) else 0
    return np.concatenate([crops, np.repeat(crops[-1:], lacking, axis=0)]) if lacking else crops
