"""YOLO detectors through Ultralytics: .pt, ONNX and OpenVINO.

Whatever else imports Ultralytics calls `quiet_ultralytics` first.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from tracker.core.errors import WeightsError
from tracker.core.types import Detections, Frame
from tracker.detection.detector import (
    USUAL_CONF,
    USUAL_IOU,
    USUAL_SIZE,
    YoloOptions,
    class_numbers,
    first_of,
)
from tracker.models.locate import LocatedModel

GPU_BATCH = 8
MODEL_ENDINGS = (".pt", ".onnx", ".torchscript", ".engine")


class YoloDetector:
    """Runs a YOLO model, on a GPU on several frames at a time.

    Raises:
        WeightsError: The file is no YOLO detector.
        ConfigError: A class that the model does not know.
    """

    workers = 1

    def __init__(self, model: LocatedModel, options: YoloOptions) -> None:
        self.batch = GPU_BATCH if options.device != "cpu" and model.path.suffix == ".pt" else 1
        self._model = _load(model)
        self._options = options
        self._predict_options: dict[str, Any] = {
            "conf": first_of(options.conf, model.detecting.conf, USUAL_CONF),
            "iou": first_of(options.iou, model.detecting.iou, USUAL_IOU),
            "imgsz": _listed(first_of(options.imgsz, model.detecting.imgsz, USUAL_SIZE)),
            "max_det": options.max_det,
            "device": options.device,
            "quantize": 16 if options.half else None,
            "verbose": False,
        }
        self._predict_options["classes"] = class_numbers(options.classes, self._names(model))

    def detect(self, frame: Frame) -> Detections:
        """See `Detector.detect`."""
        return self.detect_all([frame])[0]

    def detect_all(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `Detector.detect_all`."""
        found = self._model.predict([frame.image for frame in frames], **self._predict_options)
        return [_of(result.boxes) for result in found]

    def _names(self, model: LocatedModel) -> Mapping[int, str]:
        """Load the network (an export does so only at its first use) and read its class names."""
        import torch

        blank = np.zeros((64, 64, 3), np.uint8)
        threads = torch.get_num_threads()
        try:
            self._model.predict(blank, **self._predict_options)
            _require_detector(model, self._model.predictor.model.task)
            return dict(self._model.names)
        except WeightsError:
            raise
        except Exception as error:  # whatever Ultralytics and the back ends raise
            raise WeightsError(
                f"{model.path} cannot be run as a YOLO detector: {_first_line(error)}"
            ) from error
        finally:
            torch.set_num_threads(threads)  # Ultralytics leaves one core idle


def _of(found: Any) -> Detections:
    xyxy = found.xyxy.cpu().numpy().astype(np.float32).reshape(-1, 4)
    return Detections(xyxy, found.conf.cpu().numpy().astype(np.float32))


def _load(model: LocatedModel) -> Any:
    if model.path.is_file() and model.path.suffix not in MODEL_ENDINGS:
        raise WeightsError(
            f"{model.path} is no YOLO model; give a file {', '.join(MODEL_ENDINGS)} or an OpenVINO "
            "folder *_openvino_model"
        )
    yolo = quiet_ultralytics()
    try:
        loaded = yolo(str(model.path), task="detect")
    except Exception as error:  # whatever Ultralytics and torch raise for a foreign file
        raise WeightsError(
            f"{model.path} is no YOLO model (.pt, .onnx or a folder *_openvino_model): "
            f"{_first_line(error)}"
        ) from error
    _require_detector(model, loaded.task)
    return loaded


def _require_detector(model: LocatedModel, task: str | None) -> None:
    """Refuse a network for something else, by its own word or by that of an export's metadata."""
    if task not in (None, "detect"):
        raise WeightsError(f"{model.path} is a YOLO model for '{task}', not for 'detect'")


def _listed(size: int | tuple[int, int]) -> int | list[int]:
    return list(size) if isinstance(size, tuple) else size


def quiet_ultralytics() -> Any:
    """Import Ultralytics' YOLO with everything off that acts behind the user's back.

    No downloads, no package installs, no analytics, no pickled code in checkpoints, settings
    away from the user's own.
    """
    os.environ["YOLO_OFFLINE"] = "True"
    os.environ["YOLO_AUTOINSTALL"] = "False"
    os.environ["YOLO_VERBOSE"] = "False"
    os.environ["ULTRALYTICS_SAFE_LOAD"] = "True"
    settings_folder = Path(platformdirs.user_config_dir("reid-track"))
    os.environ.setdefault("YOLO_CONFIG_DIR", str(settings_folder))
    from ultralytics import YOLO, settings

    logging.getLogger("ultralytics").setLevel(logging.ERROR)
    if settings["sync"]:
        settings.update(sync=False)
    return YOLO


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__
