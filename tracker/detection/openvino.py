"""YOLO detectors as OpenVINO models, several frames at a time, without PyTorch."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tracker.core.errors import SourceError, WeightsError
from tracker.core.types import Detections, FloatArray, Frame, Image
from tracker.core.yaml_file import read_yaml
from tracker.detection.detector import (
    USUAL_CONF,
    USUAL_IOU,
    OneByOne,
    YoloOptions,
    class_numbers,
    first_of,
)
from tracker.detection.head import select
from tracker.detection.letterbox import Letterbox
from tracker.detection.rectangular_input import Sides, fitting, reshape
from tracker.models.device import compile_for_cpu
from tracker.models.locate import LocatedModel

HEAD_DIMENSIONS = 3  # (1, 4 + classes, places); exports with other heads are Ultralytics' work


class OpenVinoYolo(OneByOne):
    """Runs a YOLO export of Ultralytics on the CPU; `detect` may be called by several threads.

    Each call has one core to itself: frames side by side keep all cores busier than one frame
    spread over them. Pictures are given as rectangles where the network can be reshaped.

    Args:
        model: The folder.
        options: Thresholds, classes and input size.
        workers: Calls at once.

    Raises:
        WeightsError: The folder holds no such model.
        ConfigError: A class that the model does not know.
    """

    def __init__(self, model: LocatedModel, options: YoloOptions, workers: int) -> None:
        self._graph, facts = _graph_of(model.path), _facts_of(model.path)
        own = model.detecting
        self._conf = first_of(options.conf, own.conf, USUAL_CONF)
        self._iou = first_of(options.iou, own.iou, USUAL_IOU)
        self._most = options.max_det
        names = {int(number): str(name) for number, name in facts["names"].items()}
        self._classes = class_numbers(options.classes, names)
        self._exported: Sides = tuple(facts["imgsz"])
        self._size = first_of(options.imgsz, own.imgsz, max(self._exported))
        self.workers = workers
        self._networks: dict[Sides, _Network] = {}
        self._compiling = threading.Lock()

    def detect(self, frame: Frame) -> Detections:
        """See `Detector.detect`."""
        height, width = frame.image.shape[:2]
        network = self._network(width, height)
        letterbox = Letterbox(width, height, network.sides)
        with network.looking_at(letterbox.put(frame.image)) as head:
            xyxy, score = select(
                head, self._classes, conf=self._conf, iou=self._iou, most=self._most
            )
        return Detections(letterbox.back(xyxy), score)

    def _network(self, width: int, height: int) -> "_Network":
        """Return the network for pictures of that size, compiled at the first of them."""
        sides = self._sides(width, height)
        with self._compiling:
            if sides not in self._networks:
                self._networks[sides] = self._compile(sides)
        return self._networks[sides]

    def _sides(self, width: int, height: int) -> Sides:
        size = self._size
        return size if isinstance(size, tuple) else fitting(width, height, size)

    def _compile(self, sides: Sides) -> "_Network":
        model = _read(self._graph)
        if not reshape(model, sides):
            model, sides = _read(self._graph), self._exported
        return _Network(model, sides, self.workers)


class _Network:
    """A compiled network for one input size, with a request for each caller at once."""

    def __init__(self, model: Any, sides: Sides, workers: int) -> None:
        self.sides = sides
        compiled = compile_for_cpu(
            _taking_pictures(model),
            {"NUM_STREAMS": workers, "INFERENCE_NUM_THREADS": workers, "ENABLE_CPU_PINNING": False},
        )
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(workers):
            self._idle.put(compiled.create_infer_request())

    @contextmanager
    def looking_at(self, picture: Image) -> Iterator[FloatArray]:
        """Map (H, W, 3) uint8 BGR to the head's (4 + C, P) float32, which is valid meanwhile."""
        request = self._idle.get()
        try:
            request.infer(picture[None], share_inputs=True)
            yield request.get_output_tensor(0).data[0]
        finally:
            self._idle.put(request)


def can_run(path: Path) -> bool:
    """Tell whether this is an export that this module knows: one head of plain boxes and scores.

    Raises:
        WeightsError: By its own word it does something else than to detect.
    """
    try:
        facts = _facts_of(path)
        names = len(facts["names"])
        task = facts.get("task", "detect")
        shape = _read(_graph_of(path)).outputs[0].partial_shape if task == "detect" else []
    except (WeightsError, KeyError, TypeError):
        return False
    if task != "detect":
        raise WeightsError(f"{path} is a YOLO model for '{task}', not for 'detect'")
    known = len(shape) == HEAD_DIMENSIONS and shape[1].is_static
    return bool(known and shape[1].get_length() == 4 + names)


def _graph_of(path: Path) -> Path:
    graphs = sorted(path.glob("*.xml"))
    if len(graphs) != 1:
        raise WeightsError(f"{path} holds {len(graphs)} .xml files; a model has one")
    return graphs[0]


def _facts_of(path: Path) -> dict[str, Any]:
    try:
        facts = read_yaml(path / "metadata.yaml")
    except SourceError as error:
        raise WeightsError(str(error)) from error
    return facts if isinstance(facts, dict) else {}


def _read(graph: Path) -> Any:
    import openvino

    try:
        return openvino.Core().read_model(str(graph))
    except RuntimeError as error:
        first_line = str(error).strip().splitlines()[0]
        raise WeightsError(f"{graph.parent} is no readable OpenVINO model: {first_line}") from error


def _taking_pictures(model: Any) -> Any:
    """Let a network take (1, H, W, 3) uint8 BGR as OpenCV gives it."""
    import openvino
    from openvino.preprocess import ColorFormat, PrePostProcessor

    steps = PrePostProcessor(model)
    taken = steps.input().tensor()
    taken.set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    taken.set_color_format(ColorFormat.BGR)
    given = steps.input().preprocess().convert_element_type(openvino.Type.f32)
    given.convert_color(ColorFormat.RGB).scale(255.0)
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    return steps.build()
