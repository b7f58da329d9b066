"""OSNet: one definition of every published variant.

Source: Zhou, Yang, Cavallaro, Xiang, "Omni-Scale Feature Learning for Person
Re-Identification", ICCV 2019 (arXiv 1905.00953), figures 3 to 5 and table 1; the IBN and AIN
variants: "Learning Generalisable Omni-Scale Representations for Person Re-Identification",
TPAMI 2021. Module names give the state-dict keys of the published checkpoints.

Shapes are (batch, channels, height, width); the comments give them for x1.0 at 256x128.
"""

from typing import cast

from torch import Tensor, nn

from tracker.reid.osnet_blocks import ConvLayer, OSBlock
from tracker.reid.osnet_config import KNOWN, VARIANTS, Flavour, OSNetConfig

__all__ = ["EMBEDDING_SIZE", "VARIANTS", "OSNet", "OSNetConfig", "build_osnet"]

EMBEDDING_SIZE = 512

# Which blocks of conv2, conv3 and conv4 carry instance normalisation in the AIN variants.
_AIN_BLOCKS = ((True, True), (False, True), (True, False))


class OSNet(nn.Module):
    """The network of table 1; fully convolutional up to the global pooling.

    Args:
        config: See `osnet_config`.
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
        self.conv2 = _stage(stem, c2, config, instance[0], transition=flavour != "ain")
        if flavour == "ain":
            self.pool2 = _transition(c2)
        self.conv3 = _stage(c2, c3, config, instance[1], transition=flavour != "ain")
        if flavour == "ain":
            self.pool3 = _transition(c3)
        self.conv4 = _stage(c3, c4, config, instance[2], transition=False)
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
    c_in: int, c_out: int, config: OSNetConfig, instance: tuple[bool, bool], *, transition: bool
) -> nn.Sequential:
    blocks: list[nn.Module] = [
        OSBlock(c_in, c_out, config, instance=instance[0]),
        OSBlock(c_out, c_out, config, instance=instance[1]),
    ]
    return nn.Sequential(*blocks, *([_transition(c_out)] if transition else []))


def _transition(channels: int) -> nn.Sequential:
    return nn.Sequential(ConvLayer(channels, channels), nn.AvgPool2d(2, stride=2))


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
        KeyError: `variant` is not one of `osnet_config.KNOWN`.
    """
    return OSNet(KNOWN[variant], num_classes)
