"""``reid-track SOURCE``: from the options to a run, and from its outcome to a summary."""

import json
import logging
import sys
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from tracker.assemble import (
    NO_REID,
    boxes_only_source,
    load_detector,
    load_reid,
    open_all,
    replay_detectors,
)
from tracker.cli import INTERRUPTED
from tracker.cli.console import ConsoleWatcher, set_up_logging
from tracker.cli.parse import parse_imgsz, parse_mot_id, parse_size, split_list
from tracker.cli.summary import as_text, journeys, summarise
from tracker.config import LinkConfig, TrackerConfig
from tracker.detect.base import USUAL_CONF, Detector, YoloOptions
from tracker.device import resolve_device
from tracker.errors import ConfigError
from tracker.models.locate import AUTO
from tracker.output.show import Window
from tracker.outputs import OutputPlan, plan_outputs, protect_inputs
from tracker.result import ModelUse
from tracker.run import RunOutcome, RunSettings, run
from tracker.source.base import FrameSource, Sampling
from tracker.source.cameras import (
    CameraSpec,
    camera_from_source,
    load_camera_config,
    open_camera,
    parse_cameras,
    require_unique,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrackRequest:
    """The options of ``reid-track`` as the user gave them; see `tracker.cli.options`."""

    sources: list[str] | None
    cams: list[str] | None
    config: Path | None
    detections: Path | None
    size: str | None
    fps: float | None
    start: float
    max_frames: int | None
    vid_stride: int
    detector: str
    conf: float | None
    iou: float | None
    imgsz: str
    classes: str
    device: str
    half: bool
    seed: int
    reid: str
    max_age: float
    n_init: int
    max_cosine_distance: float
    max_iou_distance: float
    nn_budget: int
    gallery_threshold: float | None
    online: bool
    out: Path | None
    json_path: Path | None
    formats: str
    mot_id: str
    overwrite: bool
    show: bool
    summary: str
    quiet: bool
    verbose: int
    no_progress: bool

    @property
    def sampling(self) -> Sampling:
        """Which frames are processed."""
        return Sampling(self.start, self.vid_stride, self.max_frames)

    @property
    def tracker(self) -> TrackerConfig:
        """The settings of the association."""
        return TrackerConfig(
            n_init=self.n_init,
            max_age_s=self.max_age,
            max_cosine_distance=self.max_cosine_distance,
            max_iou_distance=self.max_iou_distance,
            nn_budget=self.nn_budget,
        )

    def yolo_options(self, device: str) -> YoloOptions:
        """The detector's settings on a device."""
        return YoloOptions(
            conf=self.conf,
            iou=self.iou,
            imgsz=parse_imgsz(self.imgsz),
            classes=split_list(self.classes, "--classes"),
            device=device,
            half=self.half,
        )


def execute(request: TrackRequest) -> None:
    """Run a request and exit: 0, 1 if a camera failed, 130 if it was interrupted.

    Raises:
        ReidTrackError: Something that the user can mend.
    """
    console = Console(stderr=True)
    set_up_logging(console, verbose=request.verbose, quiet=request.quiet)
    if request.summary not in ("text", "json"):
        raise ConfigError(f"--summary is '{request.summary}'; allowed are: text, json")
    if request.detections is not None and request.detector != AUTO:
        raise ConfigError(
            "--detections replaces the detector; leave out --detector or --detections"
        )
    window = Window() if request.show else None
    cameras = _cameras(request)
    plan, sources = _open(request, cameras)
    outcome, settings = _run(request, _watcher(request, console, window), cameras, plan, sources)
    report = summarise(outcome, settings)
    if request.summary == "json":
        print(json.dumps(report))
    elif not request.quiet:
        for line in [as_text(report), *journeys(outcome.result)]:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if outcome.interrupted:
        raise typer.Exit(INTERRUPTED)
    if outcome.failures:
        raise typer.Exit(1)


def _cameras(request: TrackRequest) -> list[CameraSpec]:
    """Name all cameras; none when there are only boxes to replay."""
    configured = load_camera_config(request.config) if request.config else {}
    items = [i for value in request.cams or [] for i in value.split(",")]
    if request.config and not items and not request.sources:
        items = list(configured)
    given = [camera_from_source(source) for source in request.sources or []]
    cameras = require_unique([*given, *parse_cameras(items, configured)])
    if not cameras and request.detections is None:
        raise ConfigError("nothing to track: give a SOURCE, --cams or --detections; see --help")
    return cameras


def _open(request: TrackRequest, cameras: list[CameraSpec]) -> tuple[OutputPlan, list[FrameSource]]:
    """Open the sources and settle the outputs: both fail before any model is loaded."""
    if cameras:
        sources = open_all(cameras, request.sampling, request.fps)
    else:
        assert request.detections is not None
        if request.out:
            raise ConfigError("--out needs pictures to draw on; use --json, or name a SOURCE")
        size = parse_size(request.size) if request.size else None
        sources = [boxes_only_source(request.detections, request.sampling, size, request.fps)]
    plan = plan_outputs(
        [s.info.name for s in sources],
        out=request.out,
        json=request.json_path,
        formats=split_list(request.formats, "--format"),
        mot_id=parse_mot_id(request.mot_id),
        overwrite=request.overwrite,
    )
    protect_inputs(plan, _inputs(request, cameras))
    return plan, sources


def _inputs(request: TrackRequest, cameras: list[CameraSpec]) -> list[Path]:
    """Return the files that the run reads."""
    files = [Path(camera.source) for camera in cameras]
    files += [path for path in (request.config, request.detections) if path]
    if request.detections and request.detections.is_dir():
        files += [request.detections / f"{camera.name}.txt" for camera in cameras]
    return files


def _run(
    request: TrackRequest, watcher: ConsoleWatcher, cameras: list[CameraSpec], plan: OutputPlan,
    sources: list[FrameSource],
) -> tuple[RunOutcome, RunSettings]:  # fmt: skip
    names = [s.info.name for s in sources]
    device = _device(request, cameras)
    wanted = request.reid if cameras else NO_REID  # boxes alone have no appearance
    with watcher.loading():
        detectors, detector_use = _detectors(request, names, device)
        embedder, reid_use = load_reid(wanted, device, half=request.half)
    _seed(request.seed)
    settings = RunSettings(
        request.tracker, LinkConfig(gallery_threshold=request.gallery_threshold),
        request.sampling, plan, detector_use, reid_use, device=device,
        online=request.online or any(camera.live for camera in cameras),
    )  # fmt: skip
    spec_of = {camera.name: camera for camera in cameras}

    rate_of = {source.info.name: source.info.fps for source in sources}

    def reopen(name: str) -> FrameSource:
        return open_camera(spec_of[name], request.sampling, rate_of[name])

    with watcher:
        outcome = run(sources, detectors, embedder, settings, reopen=reopen, watcher=watcher)
    return outcome, settings


def _watcher(request: TrackRequest, console: Console, window: Window | None) -> ConsoleWatcher:
    shown = not (request.no_progress or request.quiet)
    return ConsoleWatcher(console, shown=shown, window=window)


def _device(request: TrackRequest, cameras: list[CameraSpec]) -> str:
    """Say which processor runs the networks; without any, torch is not even loaded."""
    if request.detections is not None and (not cameras or request.reid == NO_REID):
        return "none"
    return resolve_device(request.device, half=request.half)


def _detectors(
    request: TrackRequest, names: list[str], device: str
) -> tuple[dict[str, Detector], ModelUse]:
    if request.detections is not None:
        conf = USUAL_CONF if request.conf is None else request.conf
        replayed, use = replay_detectors(request.detections, names, conf)
        return dict(replayed), use
    detector, use = load_detector(request.detector, request.yolo_options(device))
    return dict.fromkeys(names, detector), use


def _seed(seed: int) -> None:
    """Nothing in tracking is random today; what becomes so, by a library, shall be seeded."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)
