"""EfficientNet-Lite2 as a ReID teacher: ImageNet weights, a finer last map, a norm neck.

Sources: Tan and Le, "EfficientNet" (arXiv 1905.11946), in its variant without squeeze-excitation
and with ReLU6; last stride and neck as in Luo et al., "Bag of Tricks and a Strong Baseline for
Deep Person Re-Identification" (arXiv 1903.07071). Names are those of the published checkpoint.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH = 1280  # of the embedding
STEM, LAST = 32, 352
# kernel, stride, channels, how often; the last stride is 1 here, where ImageNet's is 2
STAGES = (
    (3, 1, 16, 1), (3, 2, 24, 3), (5, 2, 48, 3), (3, 2, 88, 4), (5, 1, 120, 4), (5, 1, 208, 5),
    (3, 1, LAST, 1),
)  # fmt: skip
EXPANSION = 6


class SameConv(nn.Conv2d):
    """Convolution without bias that pads as TensorFlow does: more at the end than in front."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to ceil(H / stride), ceil(W / stride)."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        down, right = (max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[2:])
        padded = functional.pad(x, (right // 2, -(-right // 2), down // 2, -(-down // 2)))
        return functional.conv2d(padded, self.weight, None, stride, 0, 1, self.groups)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.05)


def _conv(c_in: int, c_out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> SameConv:
    return SameConv(c_in, c_out, kernel, stride, groups=groups, bias=False)


class Block(nn.Module):
    """Inverted bottleneck: widen, filter each channel, narrow."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = c_in * expansion
        self.widens, self.adds = expansion > 1, c_in == c_out and stride == 1
        if self.widens:
            self._expand_conv, self._bn0 = _conv(c_in, wide), _norm(wide)
        self._depthwise_conv, self._bn1 = _conv(wide, wide, kernel, stride, wide), _norm(wide)
        self._project_conv, self._bn2 = _conv(wide, c_out), _norm(c_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, c_in, H, W) to (B, c_out, H / stride, W / stride)."""
        y = functional.relu6(self._bn0(self._expand_conv(x))) if self.widens else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.adds else y


class Lite2(nn.Module):
    """The network with a classifier of people."""

    def __init__(self, people: int) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = _conv(3, STEM, 3, 2), _norm(STEM)
        blocks, c_in = [], STEM
        for kernel, stride, c_out, count in STAGES:
            for number in range(count):
                expansion = EXPANSION if blocks else 1
                blocks.append(Block(c_in, c_out, kernel, 1 if number else stride, expansion))
                c_in = c_out
        self._blocks = nn.Sequential(*blocks)
        self._conv_head, self._bn1 = _conv(LAST, WIDTH), _norm(WIDTH)
        self.neck = nn.BatchNorm1d(WIDTH)
        self.head = nn.Linear(WIDTH, people, bias=False)
        nn.init.normal_(self.head.weight, 0, 0.005)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, 3, H, W) RGB, normalised, to logits (B, people) and embeddings (B, 1280)."""
        x = self._blocks(functional.relu6(self._bn0(self._conv_stem(x))))
        x = functional.relu6(self._bn1(self._conv_head(x)))
        embedding = self.neck(x.float().mean(dim=(2, 3)))
        return self.head(embedding), embedding


def from_imagenet(path: Path, people: int) -> Lite2:
    """Load the published weights; neck and classifier of people are new."""
    network, state = Lite2(people), torch.load(path, weights_only=True)
    new = {k: v for k, v in network.state_dict().items() if k.startswith(("neck.", "head."))}
    network.load_state_dict({k: v for k, v in state.items() if not k.startswith("_fc.")} | new)
    return network
