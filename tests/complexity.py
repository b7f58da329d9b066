"""Count what a network costs, as OSNet's paper counts: weights and mult-adds."""

import math
from typing import Any

import torch
from torch import Tensor, nn


def count_weights(model: nn.Module) -> int:
    """Return the number of learned values."""
    return sum(p.numel() for p in model.parameters())


def count_mult_adds(model: nn.Module, size: tuple[int, int]) -> int:
    """Return the multiplications of one picture's convolutions and linear layers.

    Each call of a layer counts, so that a gate shared by four streams counts four times; biases,
    norms and pooling do not count.

    Args:
        model: Takes (1, 3, height, width).
        size: (height, width).
    """
    total = 0

    def count(layer: Any, _inputs: Any, output: Tensor) -> None:
        nonlocal total
        per_value = math.prod(layer.weight.shape[1:])
        total += per_value * output.numel()

    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    was_training = model.training
    try:
        with torch.inference_mode():
            model.eval()(torch.zeros(1, 3, *size))
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
    return total
