"""Which kind of floats the forward pass computes with."""

from dataclasses import dataclass
from typing import Any

import torch

from tracker.core.errors import ConfigError

NAMES = ("auto", "fp32", "bf16", "fp16")


@dataclass(frozen=True, slots=True)
class Precision:
    """16-bit floats under autocast, or none.

    Attributes:
        dtype: Of the convolutions; float32 is no autocast.
    """

    dtype: torch.dtype

    @property
    def scaled(self) -> bool:
        """Whether small gradients would vanish without scaling the loss."""
        return self.dtype == torch.float16

    def autocast(self, device: torch.device) -> torch.autocast:
        """Return the context for the forward pass."""
        return torch.autocast(device.type, self.dtype, enabled=self.dtype != torch.float32)


def choose_precision(name: str, device: torch.device) -> Precision:
    """Translate ``--precision``; ``auto`` takes the fastest that the processor knows.

    Raises:
        ConfigError: No such name, or float16 on a CPU.
    """
    if name not in NAMES:
        raise ConfigError(f"--precision is '{name}'; allowed are: {', '.join(NAMES)}")
    if name == "fp16" and device.type != "cuda":
        raise ConfigError(f"--precision fp16 needs a GPU, not {device}; use bf16 or fp32")
    kinds = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    return Precision(kinds[name] if name != "auto" else _fastest(device))


def _fastest(device: torch.device) -> torch.dtype:
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    capabilities: Any = getattr(torch.cpu, "get_capabilities", dict)()
    known = device.type == "cpu" and capabilities.get("avx512_bf16")
    return torch.bfloat16 if known else torch.float32
