"""OSNet: one definition of every published variant.

Source: Zhou, Yang, Cavallaro, Xiang, "Omni-Scale Feature Learning for Person
Re-Identification", ICCV 2019 (arXiv 1905.00953), figures 3 to 5 and table 1; the IBN and AIN
variants: "Learning Generalisable Omni-Scale Representations for Person Re-Identification",
TPAMI 2021. Module names give the state-dict keys of the published checkpoints.

Shapes are (batch, channels, height, width); the comments give them for x1.0 at 256x128.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor, nn

EMBEDDING_SIZE = 512
GATE_REDUCTION = 16
STREAMS = 4  # T in the paper: streams of 1 to 4 Lite layers, receptive fields 3 to 9

Flavour = Literal["plain", "ibn", "ain"]


@dataclass(frozen=True, slots=True)
class OSNetConfig:
    """What distinguishes one OSNet from another.

    Attributes:
        channels: Width of the stem and of the stages conv2, conv3 and conv4.
        flavour: Where instance normalisation stands: nowhere ("plain"), in the stem and after
            the additions of conv2 ("ibn"), or in the stem and inside chosen blocks ("ain").
    """

    channels: tuple[int, int, int, int]
    flavour: Flavour = "plain"


_WIDTHS: dict[str, tuple[int, int, int, int]] = {
    "x1_0": (64, 256, 384, 512),
    "x0_75": (48, 192, 288, 384),
    "x0_5": (32, 128, 192, 256),
    "x0_25": (16, 64, 96, 128),
}
VARIANTS: dict[str, OSNetConfig] = {
    **{f"osnet_{width}": OSNetConfig(c) for width, c in _WIDTHS.items()},
    "osnet_ibn_x1_0": OSNetConfig(_WIDTHS["x1_0"], "ibn"),
    **{f"osnet_ain_{width}": OSNetConfig(c, "ain") for width, c in _WIDTHS.items()},
}

# Which blocks of conv2, conv3 and conv4 carry instance normalisation in the AIN variants.
_AIN_BLOCKS = ((True, True), (False, True), (True, False))


def _instance_norm(channels: int) -> nn.InstanceNorm2d:
    return nn.InstanceNorm2d(channels, affine=True)


class ConvLayer(nn.Module):
    """Convolution without bias, normalisation, ReLU."""

    def __init__(
        self, c_in: int, c_out: int, kernel: int = 1, *, stride: int = 1, instance: bool = False
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, bias=False)
        self.bn = _instance_norm(c_out) if instance else nn.BatchNorm2d(c_out)
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
        self.layers = _lite_stream(channels, depth)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        return cast(Tensor, self.layers(x))


def _lite_stream(channels: int, depth: int) -> nn.Sequential:
    return nn.Sequential(*(LiteLayer(channels) for _ in range(depth)))


class ChannelGate(nn.Module):
    """Unified aggregation gate (section 3.2): one weight per channel, shared by all streams."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels // GATE_REDUCTION
        self.fc1 = nn.Conv2d(channels, hidden, 1)
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Scale each channel of (B, C, H, W) by a gate in (0, 1) computed from `x` itself."""
        pooled = x.mean(dim=(2, 3), keepdim=True)  # (B, C, 1, 1)
        return x * torch.sigmoid(self.fc2(self.relu(self.fc1(pooled))))


class OSBlock(nn.Module):
    """Omni-scale residual block (figure 4): streams of growing depth, gated, added."""

    def __init__(self, c_in: int, c_out: int, *, flavour: Flavour, instance: bool) -> None:
        super().__init__()
        mid = c_out // 4
        self.conv1 = ConvLayer(c_in, mid)
        if flavour == "ain":
            self.conv2 = nn.ModuleList(LiteStack(mid, t + 1) for t in range(STREAMS))
        else:
            self.conv2a: nn.Module = LiteLayer(mid)
            self.conv2b = _lite_stream(mid, 2)
            self.conv2c = _lite_stream(mid, 3)
            self.conv2d = _lite_stream(mid, 4)
        self.gate = ChannelGate(mid)
        self.conv3 = Linear1x1(mid, c_out, norm=not (flavour == "ain" and instance))
        if c_in != c_out:
            self.downsample = Linear1x1(c_in, c_out)
        if instance:
            self.IN = _instance_norm(c_out)
        self.norm_before_add = flavour == "ain"

    def _streams(self) -> list[nn.Module]:
        if hasattr(self, "conv2"):
            return list(self.conv2)
        return [self.conv2a, self.conv2b, self.conv2c, self.conv2d]

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, c_in, H, W) to (B, c_out, H, W)."""
        identity = self.downsample(x) if hasattr(self, "downsample") else x
        squeezed = self.conv1(x)  # (B, c_out / 4, H, W)
        gated = [self.gate(stream(squeezed)) for stream in self._streams()]
        residual = self.conv3(gated[0] + gated[1] + gated[2] + gated[3])
        if not hasattr(self, "IN"):
            return torch.relu(residual + identity)
        if self.norm_before_add:
            return torch.relu(self.IN(residual) + identity)
        return torch.relu(self.IN(residual + identity))


class OSNet(nn.Module):
    """The network of table 1; fully convolutional up to the global pooling.

    Args:
        config: Width and flavour, see `VARIANTS`.
        num_classes: Training identities; 0 leaves the classifier out.
    """

    def __init__(self, config: OSNetConfig, num_classes: int = 0) -> None:
        super().__init__()
        stem, c2, c3, c4 = config.channels
        flavour = config.flavour
        self.config = config
        self.conv1 = ConvLayer(3, stem, 7, stride=2, instance=flavour != "plain")
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        instance = _instance_blocks(flavour)
        self.conv2 = _stage(stem, c2, flavour, instance[0], transition=flavour != "ain")
        if flavour == "ain":
            self.pool2 = _transition(c2)
        self.conv3 = _stage(c2, c3, flavour, instance[1], transition=flavour != "ain")
        if flavour == "ain":
            self.pool3 = _transition(c3)
        self.conv4 = _stage(c3, c4, flavour, instance[2], transition=False)
        self.conv5 = ConvLayer(c4, c4)
        self.fc = nn.Sequential(
            nn.Linear(c4, EMBEDDING_SIZE), nn.BatchNorm1d(EMBEDDING_SIZE), nn.ReLU()
        )
        if num_classes:
            self.classifier = nn.Linear(EMBEDDING_SIZE, num_classes)
        _initialise(self)

    def features(self, x: Tensor) -> Tensor:
        """Map (B, 3, 256, 128) to the last feature map (B, 512, 16, 8) for x1.0."""
        x = self.maxpool(self.conv1(x))  # (B, 64, 64, 32)
        x = self.conv2(x)  # (B, 256, 32, 16), for AIN before pool2 (B, 256, 64, 32)
        if hasattr(self, "pool2"):
            x = self.pool2(x)
        x = self.conv3(x)  # (B, 384, 16, 8), for AIN before pool3 (B, 384, 32, 16)
        if hasattr(self, "pool3"):
            x = self.pool3(x)
        return cast(Tensor, self.conv5(self.conv4(x)))  # (B, 512, 16, 8)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, 3, H, W) RGB, normalised, to (B, 512) embeddings, not yet of unit length.

        In training mode with a classifier: to logits (B, num_classes).
        """
        embedding = self.fc(self.features(x).mean(dim=(2, 3)))  # (B, 512), >= 0
        if self.training and hasattr(self, "classifier"):
            return cast(Tensor, self.classifier(embedding))
        return cast(Tensor, embedding)


def _instance_blocks(flavour: Flavour) -> tuple[tuple[bool, bool], ...]:
    if flavour == "ain":
        return _AIN_BLOCKS
    in_conv2 = flavour == "ibn"
    return ((in_conv2, in_conv2), (False, False), (False, False))


def _stage(
    c_in: int, c_out: int, flavour: Flavour, instance: tuple[bool, bool], *, transition: bool
) -> nn.Sequential:
    blocks: list[nn.Module] = [
        OSBlock(c_in, c_out, flavour=flavour, instance=instance[0]),
        OSBlock(c_out, c_out, flavour=flavour, instance=instance[1]),
    ]
    return nn.Sequential(*blocks, *([_transition(c_out)] if transition else []))


def _transition(channels: int) -> nn.Sequential:
    return nn.Sequential(OrderedDict([("0", ConvLayer(channels, channels)), ("1", _halve())]))


def _halve() -> nn.AvgPool2d:
    return nn.AvgPool2d(2, stride=2)


def _initialise(model: nn.Module) -> None:
    """Draw the initial weights as the reference does: Kaiming fan-out, linear N(0, 0.01)."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, 0, 0.01)
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)


def build_osnet(variant: str, num_classes: int = 0) -> OSNet:
    """Build a variant by name with fresh weights.

    Raises:
        KeyError: `variant` is not one of `VARIANTS`.
    """
    return OSNet(VARIANTS[variant], num_classes)
