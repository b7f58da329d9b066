"""OSNet as an OpenVINO graph, built from the PyTorch one: four times its speed on a CPU.

The network has a dozen kinds of operations, so that translating them takes a blink, where
OpenVINO's own converter, which traces with pictures, takes seconds at each start.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import openvino
import torch
from openvino import opset13 as ops
from torch import fx, nn

Value = Any  # openvino's nodes and outputs have no common type


def to_openvino(network: nn.Module) -> openvino.Model:
    """Translate a network in evaluation mode: (N, 3, H, W) float32 to what it returns.

    Raises:
        ValueError: It has an operation that OSNet has not.
    """
    given = ops.parameter(openvino.PartialShape([-1, 3, -1, -1]), np.float32)
    parts = dict(network.named_modules())
    values: dict[fx.Node, Value] = {}
    with torch.no_grad():
        for node in fx.symbolic_trace(network).graph.nodes:
            arguments = [values.get(a, a) if isinstance(a, fx.Node) else a for a in node.args]
            if node.op == "placeholder":
                values[node] = given
            elif node.op == "get_attr":
                values[node] = _constant(network.get_parameter(node.target))
            elif node.op == "call_module":
                values[node] = _of_module(parts[node.target], arguments[0])
            elif node.op == "output":
                return openvino.Model([arguments[0]], [given], "osnet")
            else:
                values[node] = _of_call(node, arguments, values)
    raise ValueError("a network without an output")


def _of_module(part: nn.Module, x: Value) -> Value:
    for kind, translate in _MODULES.items():
        if isinstance(part, kind):
            return translate(part, x)
    raise ValueError(f"no translation of {type(part).__name__}")


def _of_call(node: fx.Node, arguments: list[Any], values: dict[fx.Node, Value]) -> Value:
    if node.target == "mean":
        axes = np.array(node.kwargs["dim"], np.int64)
        return ops.reduce_mean(arguments[0], axes, bool(node.kwargs.get("keepdim", False)))
    if node.target is torch.cat:
        return ops.concat([values[part] for part in arguments[0]], axis=int(node.kwargs["dim"]))  # type: ignore[arg-type]
    if node.target in _FUNCTIONS:
        return _FUNCTIONS[node.target](*arguments)
    raise ValueError(f"no translation of {node.target}")


def _constant(tensor: torch.Tensor) -> Value:
    return ops.constant(tensor.detach().cpu().numpy().astype(np.float32))


def _across(tensor: torch.Tensor, dimensions: int) -> Value:
    """Return one value per channel so that it goes with (N, C) or (N, C, H, W)."""
    return _constant(tensor.reshape(1, -1, *[1] * (dimensions - 2)))


def _convolution(part: nn.Conv2d, x: Value) -> Value:
    pads = [int(p) for p in part.padding]
    strides, dilations = list(part.stride), list(part.dilation)
    weight = part.weight
    if part.groups > 1:
        shape = part.groups, weight.shape[0] // part.groups, *weight.shape[1:]
        kernel = _constant(weight.reshape(shape))
        y = ops.group_convolution(x, kernel, strides, pads, pads, dilations)
    else:
        y = ops.convolution(x, _constant(weight), strides, pads, pads, dilations)
    return y if part.bias is None else ops.add(y, _across(part.bias, 4))


def _batch_norm(part: nn.BatchNorm1d | nn.BatchNorm2d, x: Value) -> Value:
    assert part.running_mean is not None
    assert part.running_var is not None
    dimensions = 4 if isinstance(part, nn.BatchNorm2d) else 2
    scale = part.weight / torch.sqrt(part.running_var + part.eps)
    shift = part.bias - part.running_mean * scale
    return ops.add(ops.multiply(x, _across(scale, dimensions)), _across(shift, dimensions))


def _instance_norm(part: nn.InstanceNorm2d, x: Value) -> Value:
    axes = np.array([2, 3], np.int64)
    y = ops.mvn(x, axes, True, part.eps, "INSIDE_SQRT")
    return ops.add(ops.multiply(y, _across(part.weight, 4)), _across(part.bias, 4))


def _linear(part: nn.Linear, x: Value) -> Value:
    y = ops.matmul(x, _constant(part.weight), False, True)
    return y if part.bias is None else ops.add(y, _across(part.bias, 2))


def _max_pool(part: nn.MaxPool2d, x: Value) -> Value:
    sides: Any = part.stride, part.padding, part.kernel_size
    strides, pads, kernel = ([int(side)] * 2 for side in sides)
    return ops.max_pool(x, strides, [1, 1], pads, pads, kernel).output(0)


def _average_pool(part: nn.AvgPool2d, x: Value) -> Value:
    sides: Any = part.stride, part.kernel_size
    strides, kernel = ([int(side)] * 2 for side in sides)
    return ops.avg_pool(x, strides, [0, 0], [0, 0], kernel, False)


_MODULES: dict[Any, Callable[[Any, Value], Value]] = {
    nn.Conv2d: _convolution,
    nn.BatchNorm2d: _batch_norm,
    nn.BatchNorm1d: _batch_norm,
    nn.InstanceNorm2d: _instance_norm,
    nn.ReLU: lambda _part, x: ops.relu(x),
    nn.Identity: lambda _part, x: x,
    nn.Linear: _linear,
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _average_pool,
}
_FUNCTIONS: dict[Any, Callable[..., Value]] = {
    operator.add: ops.add,
    operator.mul: ops.multiply,
    torch.relu: ops.relu,
    torch.sigmoid: ops.sigmoid,
}
