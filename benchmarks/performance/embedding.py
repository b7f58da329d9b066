"""OSNet by back end, precision and batch."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import openvino
import torch

from tracker.core.types import FloatArray
from tracker.models.locate import LocatedModel, find_model
from tracker.reid.checkpoint import load_osnet
from tracker.reid.openvino_graph import to_openvino
from tracker.reid.runtimes import load_network

BATCHES = (1, 4, 16, 64)
LEAST_S = 1.0  # spent on each figure

Run = Callable[[FloatArray], object]


def measure(reid: str) -> None:
    """Print milliseconds a crop for each way to run the network."""
    model = find_model(reid, "reid")
    assert isinstance(model, LocatedModel)
    height, width = model.preprocessing.height, model.preprocessing.width
    print(f"{model.name} at {height}x{width}, milliseconds a crop, all cores\n")
    print("| batch | " + " | ".join(map(str, BATCHES)) + " |\n|---|" + "---|" * len(BATCHES))
    for name, run in _ways(model):
        cells = [f"{_ms(run, (batch, 3, height, width)):.2f}" for batch in BATCHES]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def _ways(model: LocatedModel) -> Iterator[tuple[str, Run]]:
    yield "as reid-track runs it", load_network(model, device="cpu")
    osnet = load_osnet(Path(model.path)).to(memory_format=torch.channels_last)
    yield "PyTorch, float32", _in_torch(osnet, torch.float32)
    yield "PyTorch, bfloat16", _in_torch(osnet, torch.bfloat16)
    for precision in ("f32", "bf16"):
        compiled = openvino.Core().compile_model(
            to_openvino(osnet), "CPU", {"INFERENCE_PRECISION_HINT": precision}
        )
        yield f"OpenVINO, one request, {precision}", compiled
    onnx = model.path.with_suffix(".onnx")
    if onnx.is_file():
        yield "ONNX Runtime, float32", _in_onnxruntime(onnx)


def _in_torch(osnet: torch.nn.Module, dtype: torch.dtype) -> Run:
    def run(crops: FloatArray) -> object:
        with torch.inference_mode(), torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            return osnet(torch.from_numpy(crops).to(memory_format=torch.channels_last))

    return run


def _in_onnxruntime(path: Path) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda crops: session.run(None, {name: crops})


def _ms(run: Run, shape: tuple[int, int, int, int]) -> float:
    crops = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    run(crops)
    began, rounds = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < LEAST_S:
        run(crops)
        rounds += 1
    return 1000 * spent / rounds / shape[0]
