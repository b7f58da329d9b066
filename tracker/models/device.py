"""Which processor runs the networks."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tracker.core.errors import ConfigError


def resolve_device(wanted: str, *, half: bool) -> str:
    """Translate ``--device`` to PyTorch's name.

    Args:
        wanted: ``auto``, ``cpu``, ``mps``, ``cuda``, ``cuda:1`` or just ``1``.
        half: Whether 16-bit floats are asked for.

    Raises:
        ConfigError: Not on this machine, or half precision on a CPU.
    """
    import torch

    gpus = torch.cuda.device_count()
    available = ["cpu", *(f"cuda:{i}" for i in range(gpus))]
    if torch.backends.mps.is_available():
        available.append("mps")
    if wanted == "auto":
        device = "cuda:0" if gpus else available[-1]
    elif wanted.isdecimal():
        device = f"cuda:{wanted}"
    else:
        device = "cuda:0" if wanted == "cuda" else wanted
    if device not in available:
        raise ConfigError(f"--device {wanted} is not here; available: {', '.join(available)}, auto")
    if half and device == "cpu":
        raise ConfigError("--half needs a GPU; on the CPU leave it out")
    return device


def compile_for_cpu(model: Any, settings: Mapping[str, Any]) -> Any:
    """Compile an ``openvino.Model`` for the CPU, in a thread of its own.

    OpenVINO leaves the compiling thread an alternative signal stack that it takes away with the
    model. In the main thread the next Ctrl-C would then crash the process.
    """
    import openvino

    openvino.Type.u8.to_dtype()  # makes a table under a lock: two threads' first calls deadlock
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(openvino.Core().compile_model, model, "CPU", dict(settings)).result()
