"""The parts of OSNet: layers, streams, gates and the omni-scale block.

Source: see `osnet`. Module names give the state-dict keys of the published checkpoints.
Shapes are (batch, channels, height, width).
"""

from typing import cast

import torch
from torch import Tensor, nn

from tracker.reid.osnet_config import Convolution, OSNetConfig

GATE_REDUCTION = 16
_STREAM_NAMES = ("conv2a", "conv2b", "conv2c", "conv2d")


def instance_norm(channels: int) -> nn.InstanceNorm2d:
    """Make one with learned scale and shift and, as published, without running statistics."""
    return nn.InstanceNorm2d(channels, affine=True)


class ConvLayer(nn.Module):
    """Convolution without bias, normalisation, ReLU."""

    def __init__(
        self, c_in: int, c_out: int, kernel: int = 1, *, stride: int = 1, instance: bool = False
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, bias=False)
        self.bn = instance_norm(c_out) if instance else nn.BatchNorm2d(c_out)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, c_in, H, W) to (B, c_out, H / stride, W / stride)."""
        return cast(Tensor, self.relu(self.bn(self.conv(x))))


class Linear1x1(nn.Module):
    """1x1 convolution and batch normalisation without activation; `norm=False` drops the norm."""

    def __init__(self, c_in: int, c_out: int, *, norm: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 1, bias=False)
        if norm:
            self.bn = nn.BatchNorm2d(c_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, c_in, H, W) to (B, c_out, H, W)."""
        x = self.conv(x)
        return self.bn(x) if hasattr(self, "bn") else x


class LiteLayer(nn.Module):
    """Lite 3x3 (figure 3b): pointwise, then depthwise convolution, one norm and ReLU after both."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.bn = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        return cast(Tensor, self.relu(self.bn(self.conv2(self.conv1(x)))))


class LiteStack(nn.Module):
    """One stream of an AIN block; the extra level of names is in the published keys."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(LiteLayer(channels) for _ in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        return cast(Tensor, self.layers(x))


def _stream(channels: int, depth: int, convolution: Convolution) -> nn.Module:
    """Stack 3x3 layers; a single one stands alone, as in the published keys."""
    layers: list[nn.Module] = [
        LiteLayer(channels) if convolution == "lite" else ConvLayer(channels, channels, 3)
        for _ in range(depth)
    ]
    return layers[0] if depth == 1 else nn.Sequential(*layers)


class Gate(nn.Module):
    """Unified aggregation gate (section 3.2): weights in (0, 1) computed from the stream itself.

    Args:
        channels: Of the stream.
        outputs: Weights to give: one per channel, or a single one for the whole stream.
    """

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        hidden = channels // GATE_REDUCTION
        self.fc1 = nn.Conv2d(channels, hidden, 1)
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv2d(hidden, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Scale (B, C, H, W) by its weights (B, outputs, 1, 1)."""
        pooled = x.mean(dim=(2, 3), keepdim=True)  # (B, C, 1, 1)
        return x * torch.sigmoid(self.fc2(self.relu(self.fc1(pooled))))


class FixedGate(nn.Module):
    """One learned weight per channel, whatever the picture shows."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Scale (B, C, H, W)."""
        return x * self.weight


def _make_gates(channels: int, config: OSNetConfig) -> nn.Module:
    """Make what `OSBlock` calls ``gate``: one for all streams, or a list with one for each."""
    streams = len(config.depths)
    if config.gate == "channel":
        return Gate(channels, channels)
    if config.gate == "stream":
        return Gate(channels, 1)
    if config.gate == "separate":
        return nn.ModuleList(Gate(channels, channels) for _ in range(streams))
    if config.gate == "fixed":
        return nn.ModuleList(FixedGate(channels) for _ in range(streams))
    return nn.Identity()


class OSBlock(nn.Module):
    """Omni-scale residual block (figure 4): streams of several depths, gated, merged."""

    def __init__(self, c_in: int, c_out: int, config: OSNetConfig, *, instance: bool) -> None:
        super().__init__()
        mid = c_out // 4
        ain = config.flavour == "ain"
        self.conv1 = ConvLayer(c_in, mid)
        if ain:
            self.conv2 = nn.ModuleList(LiteStack(mid, depth) for depth in config.depths)
        else:
            for name, depth in zip(_STREAM_NAMES, config.depths, strict=False):
                self.add_module(name, _stream(mid, depth, config.convolution))
        self.gate = _make_gates(mid, config)
        merged = mid * len(config.depths) if config.merge == "concat" else mid
        self.conv3 = Linear1x1(merged, c_out, norm=not (ain and instance))
        if c_in != c_out:
            self.downsample = Linear1x1(c_in, c_out)
        if instance:
            self.IN = instance_norm(c_out)
        self.norm_before_add = ain
        self.concatenates = config.merge == "concat"

    def streams(self) -> list[nn.Module]:
        """Return the streams, those with small receptive fields first."""
        if hasattr(self, "conv2"):
            return list(self.conv2)
        return [getattr(self, name) for name in _STREAM_NAMES if hasattr(self, name)]

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, c_in, H, W) to (B, c_out, H, W)."""
        identity = self.downsample(x) if hasattr(self, "downsample") else x
        squeezed = self.conv1(x)  # (B, c_out / 4, H, W)
        residual = self.conv3(self._merged(squeezed))
        if not hasattr(self, "IN"):
            return torch.relu(residual + identity)
        if self.norm_before_add:
            return torch.relu(self.IN(residual) + identity)
        return torch.relu(self.IN(residual + identity))

    def _merged(self, squeezed: Tensor) -> Tensor:
        streams = self.streams()
        gates = self.gate if isinstance(self.gate, nn.ModuleList) else [self.gate] * len(streams)
        gated = [gate(stream(squeezed)) for gate, stream in zip(gates, streams, strict=True)]
        if self.concatenates:
            return torch.cat(gated, dim=1)
        total = gated[0]
        for stream in gated[1:]:
            total = total + stream
        return cast(Tensor, total)
