"""Load what looks at the frames of a run: detectors or replayed boxes, and ReID networks."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.core.config import USUAL_COSINE_DISTANCE
from tracker.core.errors import ConfigError
from tracker.detection.detector import USUAL_CONF, Detector, FunctionDetector, YoloOptions
from tracker.detection.replay import ReplayDetector
from tracker.models.device import resolve_device
from tracker.models.fetch import find_or_fetch
from tracker.models.locate import LocatedModel
from tracker.reid.embedder import Embedder, FunctionEmbedder
from tracker.results.result import ModelUse
from tracker.runtime.options import Options
from tracker.runtime.output_plan import OutputPlan
from tracker.runtime.run_data import RunSettings

logger = logging.getLogger(__name__)

NO_REID = "none"


def load_detector(wanted: str, options: YoloOptions) -> tuple[Detector, ModelUse]:
    """Find, verify and load a YOLO model.

    Raises:
        ConfigError, WeightsError: As the parts do.
    """
    model = find_or_fetch(wanted, "detect")
    logger.info("detector %s on %s", model.path, options.device)
    return _yolo(model, options), ModelUse(model.name, model.sha256)


def _yolo(model: LocatedModel, options: YoloOptions) -> Detector:
    """Run OpenVINO folders by OpenVINO itself, all else by Ultralytics."""
    if model.path.is_dir():
        from tracker.detection.openvino import OpenVinoYolo, can_run

        if can_run(model.path):
            return OpenVinoYolo(model, options, workers=options.workers or os.cpu_count() or 1)
    from tracker.detection.yolo import YoloDetector

    return YoloDetector(model, options)


@dataclass(frozen=True, slots=True)
class Reid:
    """A loaded ReID model, its name and hash, and how far looks of one person lie apart."""

    embedder: Embedder
    use: ModelUse
    max_cosine_distance: float = USUAL_COSINE_DISTANCE


def load_reid(wanted: str, device: str, *, half: bool) -> Reid:
    """Find, verify and load a ReID model.

    Raises:
        ConfigError, WeightsError: As the parts do.
    """
    model = find_or_fetch(wanted, "reid")
    from tracker.reid.embedder import load_embedder

    logger.info("ReID %s on %s", model.path, device)
    embedder = load_embedder(model, device=device, half=half)
    return Reid(embedder, ModelUse(model.name, model.sha256), model.max_cosine_distance)


@dataclass(frozen=True, slots=True)
class Networks:
    """What looks at the frames of a run.

    Attributes:
        detectors: By camera name.
        device: PyTorch's name; ``none`` where boxes are replayed and looks do not count.
    """

    detectors: dict[str, Detector]
    detector: ModelUse
    reid: Reid | None
    device: str

    @property
    def embedder(self) -> Embedder | None:
        """Tells what people look like; None to follow by motion alone."""
        return self.reid.embedder if self.reid else None

    @property
    def max_cosine_distance(self) -> float:
        """How far looks of one person lie apart."""
        return distance_of(self.reid)


def distance_of(reid: Reid | None) -> float:
    """Return how far looks of one person lie apart, as the model's card says or as is usual."""
    return reid.max_cosine_distance if reid else USUAL_COSINE_DISTANCE


def load_networks(
    options: Options, cameras: Sequence[str], replayed: Path | None = None
) -> Networks:
    """Load what the options name, or take what they hold.

    Args:
        options: The user's.
        cameras: Their names.
        replayed: Boxes instead of a detector.

    Raises:
        ConfigError, WeightsError, SourceError: As the parts do.
    """
    device = "none"  # without networks torch is not even loaded
    if replayed is None or options.reid is not None:
        device = resolve_device(options.device, half=options.half)
    if replayed is not None:
        conf = USUAL_CONF if options.conf is None else options.conf
        found, use = replay_detectors(replayed, cameras, conf)
        return Networks(dict(found), use, chosen_reid(options, device), device)
    detector, use = chosen_detector(options, device)
    reid = chosen_reid(options, device)
    return Networks(dict.fromkeys(cameras, detector), use, reid, device)


def chosen_detector(options: Options, device: str) -> tuple[Detector, ModelUse]:
    """Load the detector that the options name, or take the user's own."""
    wanted = options.detector
    if isinstance(wanted, str | Path):
        return load_detector(str(wanted), options.yolo(device))
    if isinstance(wanted, Detector):
        return wanted, _own(wanted)
    return FunctionDetector(_function(wanted, "detector")), _own(wanted)


def chosen_reid(options: Options, device: str) -> Reid | None:
    """Load the ReID model that the options name, or take the user's own."""
    wanted = options.reid
    if wanted is None or isinstance(wanted, str | Path):
        named = None if wanted is None or wanted == NO_REID else str(wanted)
        return load_reid(named, device, half=options.half) if named else None
    if isinstance(wanted, Embedder):
        return Reid(wanted, _own(wanted))
    return Reid(FunctionEmbedder(_function(wanted, "reid")), _own(wanted))


def _function(wanted: Any, option: str) -> Any:
    if not callable(wanted):
        raise ConfigError(
            f"{option} is {wanted!r}; allowed are a name, a path, a function, and what has the "
            f"methods of tracker.{'Detector' if option == 'detector' else 'Embedder'}"
        )
    return wanted


def _own(network: object) -> ModelUse:
    return ModelUse(getattr(network, "__name__", type(network).__name__), None)


def replay_detectors(
    path: Path, cameras: Sequence[str], conf: float
) -> tuple[dict[str, ReplayDetector], ModelUse]:
    """Read the boxes of all cameras: a file for one, a folder with ``<camera>.txt`` for several.

    Raises:
        SourceError: A file is missing or malformed.
        ConfigError: One file for several cameras.
    """
    if path.is_dir():
        detectors = {name: ReplayDetector(path / f"{name}.txt", conf) for name in cameras}
    elif len(cameras) == 1:
        detectors = {cameras[0]: ReplayDetector(path, conf)}
    else:
        raise ConfigError(
            f"--detections {path} is one file for {len(cameras)} cameras; "
            "give a folder with <camera>.txt for each"
        )
    return detectors, ModelUse(f"replay of {path.name}", None)


def run_settings(
    options: Options, networks: Networks, plan: OutputPlan, *, online: bool, **more: Any
) -> RunSettings:
    """Return a run's settings; `more` are those fields of `RunSettings` that options cannot say."""
    return RunSettings(
        options.tracker(networks.max_cosine_distance), options.link, options.sampling, plan,
        networks.detector, networks.reid.use if networks.reid else None, networks.device,
        online=online, threads=options.workers != 0, **more,
    )  # fmt: skip
