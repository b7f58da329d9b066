"""A larger detector as a teacher: its boxes as labels, and its dense outputs as targets."""

from typing import Any

import torch

from tracker.detection.detector import Detector, YoloOptions
from tracker.detection.yolo import YoloDetector, quiet_ultralytics
from tracker.models.locate import LocatedModel
from tracker.training.detector_data import TEACHER_IOU, TEACHER_SCORE
from tracker.training.detector_loss import BINS

PERSON = "person"
STRIDES = [8.0, 16.0, 32.0]  # pixels; of the three grids that YOLOv8 and YOLO11 look at


def load_labeller(model: LocatedModel, device: str) -> Detector:
    """Load a detector of any kind that finds people for the labels.

    Raises:
        ConfigError: It knows no class "person".
        WeightsError: It cannot be loaded.
    """
    return YoloDetector(model, YoloOptions(conf=TEACHER_SCORE, iou=TEACHER_IOU, device=device))


def load_dense(model: LocatedModel, device: str) -> tuple[Any, int] | None:
    """Load a PyTorch network whose outputs can be copied place by place.

    Returns:
        The network in eval mode, and its number for a person; None if it is no PyTorch
        checkpoint, or of another make than YOLOv8 and YOLO11.
    """
    if model.path.suffix != ".pt":
        return None
    quiet_ultralytics()
    from ultralytics.nn.tasks import load_checkpoint

    network = load_checkpoint(model.path)[0].float().to(device).eval()
    head = network.model[-1]
    if getattr(head, "reg_max", 0) != BINS or head.stride.tolist() != STRIDES or head.end2end:
        return None
    numbers = {name: number for number, name in network.names.items()}
    if PERSON not in numbers:
        return None
    network = network.fuse(verbose=False).to(memory_format=torch.channels_last)
    for weight in network.parameters():
        weight.requires_grad = False
    return network, numbers[PERSON]
