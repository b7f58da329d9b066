"""Parts that tests build with: weights by recipe, people by script, a fake look at colours."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tracker.core.types import Detections, Visit
from tracker.reid.osnet import build_osnet


def parity_state(variant: str, num_classes: int = 10) -> dict[str, Tensor]:
    """Weights by a fixed recipe, for which the network's outputs are published."""
    state = build_osnet(variant, num_classes).state_dict()
    for i, (key, tensor) in enumerate(state.items()):
        noise = np.random.default_rng(1000 + i).standard_normal(tuple(tensor.shape))
        state[key] = torch.as_tensor(_recipe(key, noise)).to(tensor.dtype)
    return state


def _recipe(key: str, noise: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if key.endswith("num_batches_tracked"):
        return np.zeros(noise.shape)
    if key.endswith("running_var"):
        return 1 + 0.1 * np.abs(noise)
    if key.endswith(("running_mean", "bias")):
        return 0.1 * noise
    if noise.ndim >= 2:
        return noise / np.sqrt(np.prod(noise.shape[1:]))
    return 1 + 0.1 * noise


def parity_input() -> Tensor:
    """The batch of two that goes with the recipe."""
    random = np.random.default_rng(7)
    first = random.standard_normal((3, 256, 128))
    coarse = random.standard_normal((3, 16, 8)).repeat(16, axis=1).repeat(16, axis=2)
    return torch.tensor(np.stack([first, 2 * coarse]), dtype=torch.float32)


def look(person: int) -> npt.NDArray[np.float32]:
    """A made-up appearance: people of different numbers are at right angles."""
    return np.eye(512, dtype=np.float32)[person]


def detections(boxes: Sequence[Sequence[float]], score: float = 0.9) -> Detections:
    """Detections from corners."""
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(xyxy, np.full(len(xyxy), score, np.float32))


def visit(
    camera: str, track_id: int, times: tuple[float, float], person: int | None, x: float = 100.0
) -> Visit:
    """A visit at 10 frames/s of a person who stands at `x` and looks like `look(person)`."""
    frame = np.arange(round(times[0] * 10), round(times[1] * 10) + 1)
    views = np.zeros((0, 512), np.float32) if person is None else np.stack([look(person)] * 3)
    return Visit(
        camera=camera,
        track_id=track_id,
        frame=frame,
        time_s=frame / 10,
        xyxy=np.tile(np.array([x, 100, x + 40, 200], np.float32), (len(frame), 1)),
        score=np.full(len(frame), 0.9, np.float32),
        observed=np.ones(len(frame), bool),
        embeddings=views,
    )


class ColourStripes(nn.Module):
    """A fake ReID network: soft colour histograms of eight stripes, 8 x 4 x 4 x 4 = 512 values.

    Enough to tell the sample clips' people apart by their clothes, without any trained weights.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))
        self.register_buffer("levels", torch.tensor([0.0, 1 / 3, 2 / 3, 1.0]).view(1, 1, 4, 1, 1))

    def forward(self, crops: Tensor) -> Tensor:
        rgb = (crops * self.std + self.mean)[:, :, :, 40:88]  # the middle: little background
        near = torch.relu(1 - 3 * (rgb.unsqueeze(2) - self.levels).abs())  # (B, 3, 4, H, W)
        red, green, blue = near[:, 0], near[:, 1], near[:, 2]
        joint = (
            red[:, :, None, None] * green[:, None, :, None] * blue[:, None, None, :]
        )  # (B, 4, 4, 4, H, W)
        stripes = joint.reshape(-1, 64, 8, 32, 48).mean(dim=(3, 4))  # (B, 64, 8)
        return torch.sqrt(stripes + 1e-9).reshape(-1, 512)
