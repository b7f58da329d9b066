"""Which processor runs the networks."""

from tracker.errors import ConfigError


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
