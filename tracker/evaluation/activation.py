"""What an OSNet looks at: activation maps of its last layer, and the gates of its streams."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from tracker.core.atomic import replacing
from tracker.core.types import FloatArray, Image
from tracker.models.registry import Preprocessing
from tracker.reid.crop import normalise
from tracker.reid.osnet import OSNet
from tracker.reid.osnet_blocks import Gate, OSBlock

OPACITY = 0.5  # of the map over the picture
GAP = 4  # pixels between pictures


@dataclass(frozen=True, slots=True)
class BlockGates:
    """How much each stream of a block passes on."""

    block: str  # name in the network, such as ``conv2.0``
    # (pictures, streams) float32 in (0, 1), averaged over the channels; streams in the order of
    # their receptive fields
    means: FloatArray


def activation_maps(osnet: OSNet, rgb: Image, size: Preprocessing) -> FloatArray:
    """Show where the last feature map is strong.

    Args:
        osnet: In evaluation mode.
        rgb: (N, height, width, 3) uint8 RGB at the network's input size.
        size: Normalisation of the input.

    Returns:
        (N, height, width) float32 in [0, 1]: the channels' squared sum, stretched per picture.
    """
    with torch.inference_mode():
        features = osnet.features(torch.from_numpy(normalise(rgb, size)))
    strength = features.square().sum(dim=1).sqrt().numpy()  # (N, height / 16, width / 16)
    low = strength.min(axis=(1, 2), keepdims=True)
    span = np.maximum(strength.max(axis=(1, 2), keepdims=True) - low, 1e-12)
    height, width = rgb.shape[1:3]
    stretched = [cv2.resize(m, (width, height)) for m in (strength - low) / span]
    return np.asarray(np.clip(stretched, 0, 1), np.float32)


def gate_values(osnet: OSNet, rgb: Image, size: Preprocessing) -> list[BlockGates]:
    """Read the gates of all blocks while the network looks at pictures (as `activation_maps`).

    Blocks without gates that depend on the picture give nothing.
    """
    seen: dict[str, list[FloatArray]] = {}
    hooks = []
    for name, block in osnet.named_modules():
        if isinstance(block, OSBlock):
            for gate in (m for m in block.gate.modules() if isinstance(m, Gate)):
                hooks.append(gate.fc2.register_forward_hook(_Note(seen.setdefault(name, []))))
    try:
        with torch.inference_mode():
            osnet.features(torch.from_numpy(normalise(rgb, size)))
    finally:
        for hook in hooks:
            hook.remove()
    return [BlockGates(name, np.stack(means, axis=1)) for name, means in seen.items()]


def draw_activations(rgb: Image, maps: FloatArray, path: Path) -> None:
    """Write the pictures with their maps laid over them, above the pictures as they are.

    Raises:
        OutputError: The file cannot be written.
    """
    columns = [_column(picture, strength) for picture, strength in zip(rgb, maps, strict=True)]
    with replacing(path) as temporary:
        if not cv2.imwrite(str(temporary), np.concatenate(columns, axis=1)):
            raise OSError(f"no picture format is called '{path.suffix}'")


@dataclass(frozen=True, slots=True)
class _Note:
    """Notes the mean gate of each picture whenever the gate is asked, once per stream."""

    means: list[FloatArray]

    def __call__(self, _gate: object, _inputs: Sequence[object], output: torch.Tensor) -> None:
        self.means.append(torch.sigmoid(output).mean(dim=(1, 2, 3)).numpy())


def _column(rgb: Image, strength: FloatArray) -> Image:
    """Stack overlay and picture: BGR, with a white border on the right."""
    bgr = np.ascontiguousarray(rgb[:, :, ::-1])
    heat = cv2.applyColorMap((strength * 255).astype(np.uint8), cv2.COLORMAP_JET)
    overlay = cv2.addWeighted(bgr, 1 - OPACITY, heat, OPACITY, 0)
    stacked = np.concatenate([overlay, bgr])
    return cv2.copyMakeBorder(
        stacked, 0, 0, 0, GAP, cv2.BORDER_CONSTANT, value=(255, 255, 255)
    ).astype(np.uint8)
