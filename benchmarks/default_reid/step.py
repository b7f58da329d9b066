"""One training step, on a GPU as one CUDA graph: small networks wait for their kernels' starts."""

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

Loss = Callable[[Tensor], Tensor]  # pictures (B, 3, H, W) to the weighted terms (T,)
WARM_UPS = 3  # steps before a capture, in which libraries choose their kernels
AHEAD = 12  # steps that the host may be in front of a GPU
WEIGHT_DECAY = 5e-4


class Step:
    """Adam with a running average of weights and norms; shapes and losses never change.

    Args:
        network: What learns, on its device.
        terms: Gives the loss; may read only tensors that stay where they are.
        keep: Share of the average kept in each step.
    """

    def __init__(self, network: nn.Module, terms: Loss, keep: float) -> None:
        self._terms, self._keep = terms, keep
        self._device = next(network.parameters()).device
        self._gpu = self._device.type == "cuda"
        rate = torch.tensor(1e-5, device=self._device)
        self._optimizer = torch.optim.Adam(
            network.parameters(), rate, weight_decay=WEIGHT_DECAY, fused=True, capturable=self._gpu
        )
        self._network = network
        state = network.state_dict()
        self._names = [name for name, value in state.items() if value.is_floating_point()]
        self._moving = [state[name] for name in self._names]
        self._average = [value.detach().clone() for value in self._moving]
        self._images: Tensor | None = None
        self._graph: torch.cuda.CUDAGraph | None = None
        self._behind: list[torch.cuda.Event] = []

    @property
    def average(self) -> dict[str, Tensor]:
        """Return the averaged state."""
        state = dict(self._network.state_dict())
        return state | dict(zip(self._names, self._average, strict=True))

    def __call__(self, images: Tensor, rate: float) -> Tensor:
        """Learn from (B, 3, H, W) float32; return the terms (T,), on a GPU soon."""
        for group in self._optimizer.param_groups:
            group["lr"].fill_(rate)
        if self._images is None or self._images.shape != images.shape:
            self._prepare(images)
        assert self._images is not None
        self._images.copy_(images)
        if self._graph:
            self._graph.replay()
            self._wait()
        else:
            self._work()
        return self._told

    def _prepare(self, images: Tensor) -> None:
        self._images = torch.empty_like(images, memory_format=torch.channels_last)
        self._images.copy_(images)
        if not self._gpu:
            return
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(WARM_UPS):
                self._work()
        torch.cuda.current_stream().wait_stream(beside)
        torch.cuda.synchronize()
        self._optimizer.zero_grad(set_to_none=True)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._work()

    def _work(self) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        terms = self._terms(self._images)
        terms.sum().backward()
        self._optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(self._average, self._moving, 1 - self._keep)
        self._told = terms.detach()

    def _wait(self) -> None:
        event = torch.cuda.Event()
        event.record()
        self._behind.append(event)
        if len(self._behind) > AHEAD:
            self._behind.pop(0).synchronize()


class Clock:
    """How much of a training is done, by the clock, from the first question on."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._began = seconds, 0.0

    def share(self) -> float:
        """Return 0 to 1 and beyond."""
        self._began = self._began or time.monotonic()
        return (time.monotonic() - self._began) / self._seconds


def rate_at(share: float, highest: float, warm_up: float) -> float:
    """Rise linearly, then fall as a cosine to 0."""
    if share < warm_up:
        return highest * (0.02 + 0.98 * share / warm_up)
    return 0.5 * highest * (1 + math.cos(math.pi * (share - warm_up) / (1 - warm_up)))
