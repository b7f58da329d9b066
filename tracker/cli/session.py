"""``reid-track SOURCE``: from the options to a run, and from its outcome to a summary."""

import json
import logging
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import typer
from rich.console import Console

from tracker.cli import INTERRUPTED
from tracker.cli.console import ConsoleObserver, set_up_logging
from tracker.cli.live import telling
from tracker.cli.parse import (
    parse_mot_id,
    parse_offsets,
    parse_size,
    split_list,
)
from tracker.cli.request import TrackRequest
from tracker.cli.summary import as_text, journeys, summarise
from tracker.cli.video_options import parse_blur, require_possible, stamp_of
from tracker.core.config import USUAL_COSINE_DISTANCE, LinkConfig
from tracker.core.errors import ConfigError
from tracker.corrections.replay import read_known
from tracker.detection.detector import USUAL_CONF, Detector
from tracker.models.device import resolve_device
from tracker.models.locate import AUTO
from tracker.rendering.window import Window
from tracker.results.result import ModelUse
from tracker.runtime.loading import (
    NO_REID,
    boxes_only_source,
    boxes_only_sources,
    cameras_of_boxes,
    load_detector,
    load_reid,
    open_all,
    replay_detectors,
)
from tracker.runtime.output_plan import (
    OutputPlan,
    plan_outputs,
    plan_streaming,
    protect_inputs,
    with_gallery,
)
from tracker.runtime.run import RunOutcome, RunSettings, run
from tracker.video.camera_config import CameraConfig, load_camera_config
from tracker.video.cameras import (
    CameraSpec,
    cameras_from_sources,
    open_camera,
    parse_cameras,
    require_unique,
)
from tracker.video.clock import set_offsets
from tracker.video.codec import Encoding
from tracker.video.live_source import LiveOptions
from tracker.video.run_clock import RunClock
from tracker.video.source import FrameSource

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Opened:
    """What is read and what is written."""

    sources: list[FrameSource]
    plan: OutputPlan
    clock: RunClock

    @property
    def live(self) -> bool:
        """Whether a source gives frames in real time, once."""
        return any(source.info.live for source in self.sources)


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
    config = load_camera_config(request.config) if request.config else CameraConfig()
    link, cameras = request.link(config), _cameras(request, config)
    blur, online = parse_blur(request.blur), _is_online(request, cameras)
    require_possible(blur, mosaic=request.mosaic, out=request.out, online=online)
    Encoding(request.codec, request.crf)  # which is refused before anything is opened
    opened = _open(request, cameras)
    with ExitStack() as stack:
        for source in opened.sources:
            stack.callback(source.close)
        outcome, settings = _follow(request, console, cameras, opened, link=link, window=window)
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


def _follow(
    request: TrackRequest, console: Console, cameras: list[CameraSpec], opened: _Opened, *,
    link: LinkConfig, window: Window | None,
) -> tuple[RunOutcome, RunSettings]:  # fmt: skip
    watcher = _watcher(request, console, window)
    wishes = request.live(online=request.online or opened.live)
    with telling(wishes, opened.sources, opened.clock, console) as watcher.also:
        return _run(request, watcher, cameras, opened, link)


def _cameras(request: TrackRequest, config: CameraConfig) -> list[CameraSpec]:
    """Name all cameras and set their clocks; none when there are only boxes to replay."""
    items = [i for value in request.cams or [] for i in value.split(",")]
    if request.config and not items and not request.sources:
        items = list(config.cameras)
    given = cameras_from_sources(request.sources or [])
    cameras = require_unique([*given, *parse_cameras(items, config.cameras)])
    if not cameras and request.detections is None:
        raise ConfigError("nothing to track: give a SOURCE, --cams or --detections; see --help")
    if request.size and cameras and not any(camera.boxes_only for camera in cameras):
        raise ConfigError("--size is for --detections without pictures; these have their own size")
    if not cameras and request.detections and request.detections.is_dir():
        cameras = cameras_of_boxes(request.detections)
    if request.stream is not None:
        cameras = [replace(camera, stream=request.stream) for camera in cameras]
    return set_offsets(cameras, parse_offsets(request.offset or []))


def _open(request: TrackRequest, cameras: list[CameraSpec]) -> _Opened:
    """Open the sources and settle the outputs: both fail before any model is loaded."""
    live = LiveOptions(request.reconnect)
    if cameras and not any(camera.boxes_only for camera in cameras):
        sources = open_all(cameras, request.sampling, request.fps, live)
    else:
        sources = _open_boxes(request, cameras)
    plan = plan_outputs(
        [s.info.name for s in sources],
        out=request.out,
        json=request.json_path,
        formats=split_list(request.formats, "--format"),
        mot_id=parse_mot_id(request.mot_id),
        mosaic=request.mosaic,
        overwrite=request.overwrite,
    )
    opened = _Opened(sources, plan, live.clock)
    wishes = request.live(online=request.online or opened.live)
    wishes.check()
    plan = plan_streaming(plan, wishes.streaming(live=opened.live), overwrite=request.overwrite)
    if request.crops:
        plan = with_gallery(plan, overwrite=request.overwrite)
    protect_inputs(plan, _inputs(request, cameras))
    return replace(opened, plan=plan)


def _open_boxes(request: TrackRequest, cameras: list[CameraSpec]) -> list[FrameSource]:
    if request.detections is None:
        raise ConfigError("cameras without a source need --detections")
    if request.out:
        raise ConfigError("--out needs pictures to draw on; use --json, or name a SOURCE")
    if request.crops:
        raise ConfigError("--crops needs pictures to cut them out of; name a SOURCE")
    size = parse_size(request.size) if request.size else None
    boxes, sampling, fps = request.detections, request.sampling, request.fps
    if not cameras:
        return [boxes_only_source(boxes, sampling, size, fps)]
    return boxes_only_sources(boxes, cameras, sampling, size, fps)


def _is_online(request: TrackRequest, cameras: list[CameraSpec]) -> bool:
    return request.online or any(camera.live for camera in cameras)


def _wanted_reid(request: TrackRequest, cameras: list[CameraSpec]) -> str:
    """Name the ReID model; boxes alone have no appearance."""
    return NO_REID if all(camera.boxes_only for camera in cameras) else request.reid


def _inputs(request: TrackRequest, cameras: list[CameraSpec]) -> list[Path]:
    """Return the files that the run reads."""
    files = [Path(camera.source) for camera in cameras]
    files += [path for path in (request.config, request.detections, request.corrections) if path]
    if request.detections and request.detections.is_dir():
        files += [request.detections / f"{camera.name}.txt" for camera in cameras]
    return files


def _run(
    request: TrackRequest, watcher: ConsoleObserver, cameras: list[CameraSpec], opened: _Opened,
    link: LinkConfig,
) -> tuple[RunOutcome, RunSettings]:  # fmt: skip
    sources = opened.sources
    online = request.online or opened.live
    known = read_known(request.corrections, online=online)
    names = [s.info.name for s in sources]
    device = _device(request, cameras)
    with watcher.loading():
        detectors, detector_use = _detectors(request, names, device)
        reid = load_reid(_wanted_reid(request, cameras), device, half=request.half)
    _seed(request.seed)
    distance = reid.max_cosine_distance if reid else USUAL_COSINE_DISTANCE
    settings = RunSettings(
        request.tracker(distance), link, request.sampling, opened.plan, detector_use,
        reid.use if reid else None,
        device=device, online=online, known=known, clock=opened.clock,
        blur=parse_blur(request.blur), threads=request.workers != 0,
        encoding=Encoding(request.codec, request.crf),
        stamp=stamp_of(cameras, opened.clock, live=opened.live) if request.timestamp else None,
    )  # fmt: skip
    spec_of = {camera.name: camera for camera in cameras}

    rate_of = {source.info.name: source.info.fps for source in sources}

    def reopen(name: str) -> FrameSource:
        return open_camera(spec_of[name], request.sampling, rate_of[name])

    with watcher:
        embedder = reid.embedder if reid else None
        outcome = run(sources, detectors, embedder, settings, reopen=reopen, watcher=watcher)
    return outcome, settings


def _watcher(request: TrackRequest, console: Console, window: Window | None) -> ConsoleObserver:
    shown = not (request.no_progress or request.quiet)
    return ConsoleObserver(console, shown=shown, window=window)


def _device(request: TrackRequest, cameras: list[CameraSpec]) -> str:
    """Say which processor runs the networks; without any, torch is not even loaded."""
    if request.detections is not None and _wanted_reid(request, cameras) == NO_REID:
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
