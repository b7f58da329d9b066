"""Which kind of floats the forward pass computes with."""

from typing import Any

import torch

from tracker.core.errors import ConfigError

KINDS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
NAMES = ("auto", *KINDS)


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """Translate ``--precision``; ``auto`` takes the fastest that the processor knows.

    Raises:
        ConfigError: No such name, or float16 on a CPU.
    """
    if name not in NAMES:
        raise ConfigError(f"--precision is '{name}'; allowed are: {', '.join(NAMES)}")
    if name == "fp16" and device.type != "cuda":
        raise ConfigError(f"--precision fp16 needs a GPU, not {device}; use bf16 or fp32")
    return KINDS[name] if name != "auto" else _fastest(device)


def _fastest(device: torch.device) -> torch.dtype:
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    capabilities: Any = getattr(torch.cpu, "get_capabilities", dict)()
    known = device.type == "cpu" and capabilities.get("avx512_bf16")
    return torch.bfloat16 if known else torch.float32
