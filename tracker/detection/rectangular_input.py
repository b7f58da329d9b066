"""Let an OpenVINO detector that was exported for squares take pictures as wide as they are.

A YOLO is made of convolutions, which fit any size; only what an export wrote down as numbers ties
it to one: the grid of places where people are looked for, their strides, and the shapes between
which values are rearranged. A picture of 4:3 in a square is one quarter border, and computing
the border takes a quarter of the time. Ultralytics gives its own networks such rectangles too.
"""

from typing import Any

import numpy as np

from tracker.core.types import FloatArray, IntArray

STRIDES = (8, 16, 32)  # pixels between the places of YOLO's three grids
COARSEST = STRIDES[-1]

Sides = tuple[int, int]  # height, width in pixels


def fitting(width: int, height: int, longest: int) -> Sides:
    """Return the smallest input (height, width) that holds a picture scaled to `longest` pixels.

    >>> fitting(768, 576, 640), fitting(1920, 1080, 640)
    ((480, 640), (384, 640))
    """
    scale = longest / max(width, height)
    sides = (max(round(side * scale), 1) for side in (height, width))
    high, wide = (-(-side // COARSEST) * COARSEST for side in sides)
    return high, wide


def reshape(model: Any, sides: Sides) -> bool:
    """Change an OpenVINO model to other sides, in place.

    Args:
        model: ``openvino.Model`` with an input (1, 3, H, W) and Ultralytics' head.
        sides: Height and width, multiples of 32.

    Returns:
        False if the model is built otherwise; it is of no use then.
    """
    import openvino

    given = model.inputs[0].partial_shape
    if given.is_static:
        _rewrite(model, _Numbers((given[2].get_length(), given[3].get_length())), _Numbers(sides))
    try:
        model.get_parameters()[0].set_partial_shape(openvino.PartialShape([1, 3, *sides]))
        model.validate_nodes_and_infer_types()
    except RuntimeError:
        return False
    shape = model.outputs[0].partial_shape
    return bool(shape.is_static and shape[2].get_length() == _Numbers(sides).places)


class _Numbers:
    """What an export writes down for one input size."""

    def __init__(self, sides: Sides) -> None:
        grids = [(sides[0] // stride, sides[1] // stride) for stride in STRIDES]
        self.last = list(grids[-1])
        self.last_places = grids[-1][0] * grids[-1][1]
        self.places = sum(high * wide for high, wide in grids)
        centres = [np.indices(grid)[::-1].reshape(2, -1) + 0.5 for grid in grids]
        self.centres = np.concatenate(centres, axis=1, dtype=np.float32)[None]  # (1, 2, places)
        counts = [high * wide for high, wide in grids]
        self.strides = np.repeat(STRIDES, counts).astype(np.float32)[None, None]


def _rewrite(model: Any, old: _Numbers, new: _Numbers) -> None:
    import openvino

    for node in model.get_ops():
        if node.get_type_name() == "Constant":
            value = _translated(node, old, new)
            if value is not None:
                constant = openvino.op.Constant(value)
                for user in node.output(0).get_target_inputs():
                    user.replace_source_output(constant.output(0))


def _translated(node: Any, old: _Numbers, new: _Numbers) -> FloatArray | IntArray | None:
    """Return what a constant is for the new size; None where it stays the same."""
    shape = list(node.output(0).shape)
    if shape == [1, 1, old.places]:
        return new.strides
    if shape == [1, 2, old.places]:
        return new.centres
    users = {user.get_node().get_type_name() for user in node.output(0).get_target_inputs()}
    if users != {"Reshape"} or len(shape) != 1 or shape[0] < len(old.last):
        return None
    wanted = np.array(node.data, np.int64)
    if wanted[-2:].tolist() == old.last:
        wanted[-2:] = new.last
    elif wanted[-1] == old.last_places:
        wanted[-1] = new.last_places
    elif wanted[-1] == old.places:
        wanted[-1] = new.places
    else:
        return None
    return wanted
