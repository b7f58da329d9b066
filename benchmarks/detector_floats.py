"""Turn an 8-bit OpenVINO model of ours back into a checkpoint that a training can begin with.

The repository holds only the 8-bit form of the packaged detector. Its weights are integers times
a scale for each channel, with the batch normalisations folded in; here they become 32-bit floats
again, and each normalisation is set up anew from the statistics of its inputs on some pictures, so
that it changes nothing when the network looks, and normalises as usual when it learns:

    python benchmarks/detector_floats.py weights/person_yolo11n_int8_openvino_model \
        --pictures persondet --out person_yolo11n.pt
    reid-track train detector DATA... --weights person_yolo11n.pt --out run
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tracker.datasets.person_boxes import boxed_pictures
from tracker.datasets.pictures import read_picture
from tracker.detection.yolo import quiet_ultralytics

PICTURES = 160  # whose statistics the normalisations get
LARGEST_GAIN = 100.0  # of a channel's weights; one that is nearly silent stays so
Folded = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


def folded_weights(folder: Path) -> Folded:
    """Read weights and bias of each convolution, by the module's name in PyTorch."""
    import openvino

    model = openvino.Core().read_model(next(folder.glob("*.xml")))
    found: Folded = {}
    for operation in model.get_ordered_ops():
        name = operation.get_friendly_name().removeprefix("__module.").split("/")[0]
        if "Convolution" not in operation.get_type_name() or name.endswith("dfl.conv"):
            continue
        after = next(iter(operation.output(0).get_target_inputs())).get_node()
        bias = constant(after.input_value(1).get_node())
        found[name] = (constant(operation.input_value(1).get_node()), bias.reshape(-1))
    return found


def constant(node: Any) -> NDArray[np.float32]:
    """Compute a constant, or what is converted and scaled from constants."""
    if node.get_type_name() == "Constant":
        return np.array(node.data, np.float32)
    inputs = [constant(value.get_node()) for value in node.input_values()]
    if node.get_type_name() == "Multiply":
        return np.asarray(inputs[0] * inputs[1], np.float32)
    if node.get_type_name() in ("Convert", "Reshape"):
        return inputs[0]
    raise SystemExit(f"{node.get_friendly_name()}: a {node.get_type_name()} is no weight")


def unfolded(folded: Folded, arch: str) -> nn.Module:
    """Build the network in eval mode; its normalisations only add the folded bias."""
    quiet_ultralytics()
    from ultralytics.nn.tasks import DetectionModel

    network = DetectionModel(f"{arch}.yaml", nc=1, verbose=False).eval()
    network.names = {0: "person"}
    modules = dict(network.named_modules())
    with torch.no_grad():
        for name, (weight, bias) in folded.items():
            convolution = modules[name]
            convolution.weight.copy_(torch.from_numpy(weight).reshape(convolution.weight.shape))
            if convolution.bias is not None:
                convolution.bias.copy_(torch.from_numpy(bias))
                continue
            norm = modules[name.removesuffix(".conv") + ".bn"]
            norm.running_mean.zero_()
            norm.running_var.fill_(1 - norm.eps)
            norm.weight.fill_(1)
            norm.bias.copy_(torch.from_numpy(bias))
    return network


def pictures(source: Path, side: int) -> Tensor:
    """Read evenly spread pictures, padded to squares: (N, 3, side, side) RGB 0..1."""
    found = boxed_pictures(source)
    batch = torch.full((min(len(found), PICTURES), 3, side, side), 114 / 255)
    for number in range(len(batch)):
        image = read_picture(found[number * len(found) // len(batch)].picture)
        ratio = side / max(image.shape[:2])
        image = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        high, wide = min(image.shape[0], side), min(image.shape[1], side)
        values = torch.from_numpy(image[:high, :wide]).permute(2, 0, 1) / 255
        batch[number, :, :high, :wide] = values
    return batch


def set_up_norms(network: nn.Module, seen: Tensor) -> None:
    """Give each normalisation its inputs' statistics; the network's outputs stay as they are."""
    sums: dict[nn.Module, list[Tensor]] = {}

    def note(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        values = inputs[0].double()
        each = torch.stack([values.mean((0, 2, 3)), values.square().mean((0, 2, 3))])
        sums.setdefault(norm, []).append(each)

    modules = dict(network.named_modules())
    norms = {name: m for name, m in modules.items() if isinstance(m, nn.BatchNorm2d)}
    hooks = [norm.register_forward_pre_hook(note) for norm in norms.values()]
    with torch.no_grad():
        for batch in seen.split(8):
            network(batch)
        for hook in hooks:
            hook.remove()
        for name, norm in norms.items():
            mean, square = torch.stack(sums[norm]).mean(0)
            convolution = modules[name.removesuffix(".bn") + ".conv"]
            _normalise(convolution, norm, mean, (square - mean * mean).clamp(min=0))


def _normalise(convolution: nn.Module, norm: nn.BatchNorm2d, mean: Tensor, var: Tensor) -> None:
    """Rescale the weights to those of a fresh network, and undo that in the normalisation."""
    weight = convolution.weight
    size = weight.flatten(1).double().norm(dim=1).clamp(min=1e-12)
    usual = math.sqrt(1 / 3)  # expected norm with PyTorch's first weights: variance 1 / (3 fan-in)
    gain = (usual / size).clamp(max=LARGEST_GAIN)
    weight.mul_(gain.to(weight.dtype).view(-1, 1, 1, 1))
    spread = (var * gain**2 + norm.eps).sqrt()
    norm.running_mean.copy_(mean * gain)
    norm.running_var.copy_(var * gain**2)
    norm.bias.copy_(norm.bias.double() + mean)
    norm.weight.copy_(spread / gain)


def save(network: nn.Module, path: Path) -> None:
    """Write a checkpoint as Ultralytics reads it."""
    network.args = {}
    torch.save({"model": network, "train_args": {}, "epoch": -1}, path)


def main() -> None:
    """Read the model, set it up and write the checkpoint."""
    parser = argparse.ArgumentParser(description="Make a checkpoint of an 8-bit OpenVINO model.")
    parser.add_argument("model", type=Path, metavar="DIR")
    parser.add_argument("--pictures", type=Path, required=True, metavar="DIR|TAR")
    parser.add_argument("--arch", default="yolo11n")
    parser.add_argument("--imgsz", type=int, default=448)
    parser.add_argument("--out", type=Path, required=True, metavar="PATH")
    options = parser.parse_args()
    network = unfolded(folded_weights(options.model), options.arch)
    seen = pictures(options.pictures, options.imgsz)
    with torch.no_grad():
        before = network(seen[:8])[0]
        set_up_norms(network, seen)
        after = network(seen[:8])[0]
    print(f"largest change by the normalisations: {float((after - before).abs().max()):.2g}")
    save(network, options.out)


if __name__ == "__main__":
    main()
