"""``reid-track SOURCE``: from the options to a run, and from its outcome to a summary."""

import json
import logging
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import typer
from rich.console import Console

from tracker.cli import INTERRUPTED
from tracker.cli.console import ConsoleObserver, set_up_logging
from tracker.cli.counts_text import counts_lines
from tracker.cli.live import telling
from tracker.cli.parse import (
    parse_mot_id,
    parse_offsets,
    parse_size,
    split_list,
)
from tracker.cli.request import TrackRequest
from tracker.cli.summary import as_text, journeys, summarise
from tracker.cli.video_options import parse_blur, require_possible, stamp_of, start_of
from tracker.core.errors import ConfigError
from tracker.corrections.replay import read_known
from tracker.counting.zones import Zones, read_zones, require_cameras
from tracker.models.locate import AUTO
from tracker.models.registry import manifest
from tracker.rendering.window import Window
from tracker.runtime.loading import load_networks, run_settings
from tracker.runtime.open_sources import (
    boxes_only_source,
    boxes_only_sources,
    cameras_of_boxes,
    open_all,
    refuse_unheard,
    reopener,
)
from tracker.runtime.options import Options
from tracker.runtime.output_plan import (
    OutputPlan,
    claimed,
    plan_outputs,
    plan_streaming,
    protect_inputs,
    with_counts,
    with_gallery,
)
from tracker.runtime.run import run
from tracker.runtime.run_data import RunOutcome, RunSettings
from tracker.video.camera_config import CameraConfig, load_camera_config
from tracker.video.cameras import (
    CameraSpec,
    cameras_from_sources,
    parse_cameras,
    require_unique,
    split_cameras,
)
from tracker.video.clock import set_offsets
from tracker.video.codec import Encoding
from tracker.video.live_source import LiveOptions
from tracker.video.run_clock import RunClock
from tracker.video.source import FrameSource

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Opened:
    """What is read, what is chosen of following it, and what is written."""

    options: Options
    cameras: list[CameraSpec]
    sources: list[FrameSource]
    plan: OutputPlan
    clock: RunClock
    zones: Zones | None = None

    @property
    def live(self) -> bool:
        """Whether a source gives frames in real time, once."""
        return any(source.info.live for source in self.sources)


def execute(request: TrackRequest) -> None:
    """Run a request and exit: 0, 1 if a camera failed, 130 if it was interrupted.

    Raises:
        ReidTrackError: Something that the user can mend.
    """
    began = time.monotonic()
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
    options, cameras = request.options(config), _cameras(request, config)
    if all(camera.boxes_only for camera in cameras):
        options = replace(options, reid=None)  # boxes alone have no appearance
    refuse_unheard(options, cameras)
    blur, online = parse_blur(request.blur), _is_online(request, cameras)
    require_possible(blur, mosaic=request.mosaic, out=request.out, online=online)
    Encoding(request.codec, request.crf)  # which is refused before anything is opened
    opened = _open(request, options, cameras)
    with ExitStack() as stack:
        for source in opened.sources:
            stack.callback(source.close)
        stack.enter_context(claimed(opened.plan, overwrite=request.overwrite))
        outcome, settings = _follow(request, console, opened, window)
    outcome.seconds = time.monotonic() - began
    report = summarise(outcome, settings)
    if request.summary == "json":
        print(json.dumps(report))
    elif not request.quiet:
        counted = counts_lines(outcome.counts) if outcome.counts else []
        lines = [as_text(report), *journeys(outcome.result), *counted, *_better(request, settings)]
        for line in lines:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if outcome.interrupted:
        raise typer.Exit(INTERRUPTED)
    if outcome.failures:
        raise typer.Exit(1)


def _better(request: TrackRequest, settings: RunSettings) -> list[str]:
    """Tell of better models, where ``auto`` found none but those that come with the package."""
    chosen = ((request.detector, settings.detector), (request.reid, settings.reid))
    packaged = {c.name for c in manifest().values() if not c.url}
    found = [use.name for wanted, use in chosen if wanted == AUTO and use is not None]
    if not found or not packaged.issuperset(found):
        return []
    better = "for better ones: reid-track weights fetch recommended"
    return [f"{' and '.join(found)} came with the package; {better}"]


def _follow(
    request: TrackRequest, console: Console, opened: _Opened, window: Window | None
) -> tuple[RunOutcome, RunSettings]:
    observer = _observer(request, console, window)
    wishes = request.live(online=request.online or opened.live)
    told = telling(
        wishes,
        opened.sources,
        opened.clock,
        console,
        plan=opened.plan,
        failures=observer.failures,
        zones=opened.zones,
    )
    with told as observer.also:
        return _run(request, observer, opened)


def _cameras(request: TrackRequest, config: CameraConfig) -> list[CameraSpec]:
    """Name all cameras and set their clocks; none when there are only boxes to replay."""
    items = [i for value in request.cams or [] for i in split_cameras(value, config.cameras)]
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


def _open(request: TrackRequest, options: Options, cameras: list[CameraSpec]) -> _Opened:
    """Open the sources and settle the outputs: both fail before any model is loaded."""
    live = LiveOptions(request.reconnect)
    zones = read_zones(request.zones) if request.zones else None
    if cameras and not any(camera.boxes_only for camera in cameras):
        sources = open_all(cameras, options, live)
    else:
        sources = _open_boxes(request, options, cameras)
    plan = plan_outputs(
        [s.info.name for s in sources],
        out=request.out,
        json=request.json_path,
        formats=split_list(request.formats, "--format"),
        mot_id=parse_mot_id(request.mot_id),
        mosaic=request.mosaic,
    )
    opened = _Opened(options, cameras, sources, plan, live.clock, zones)
    wishes = request.live(online=request.online or opened.live)
    wishes.check()
    plan = plan_streaming(plan, wishes.streaming(live=opened.live))
    if zones:
        infos = [source.info for source in sources]
        require_cameras(zones, [i.name for i in infos], [i.name for i in infos if i.ground])
        plan = with_counts(plan)
    if request.crops:
        plan = with_gallery(plan)
    protect_inputs(plan, _inputs(request, cameras))
    return replace(opened, plan=plan)


def _open_boxes(
    request: TrackRequest, options: Options, cameras: list[CameraSpec]
) -> list[FrameSource]:
    if request.detections is None:
        raise ConfigError("cameras without a source need --detections")
    if request.out:
        raise ConfigError("--out needs pictures to draw on; use --json, or name a SOURCE")
    if request.crops:
        raise ConfigError("--crops needs pictures to cut them out of; name a SOURCE")
    size = parse_size(request.size) if request.size else None
    boxes, sampling, fps = request.detections, options.sampling, options.fps
    if not cameras:
        return [boxes_only_source(boxes, sampling, size, fps)]
    return boxes_only_sources(boxes, cameras, sampling, size, fps)


def _is_online(request: TrackRequest, cameras: list[CameraSpec]) -> bool:
    return request.online or any(camera.live for camera in cameras)


def _inputs(request: TrackRequest, cameras: list[CameraSpec]) -> list[Path]:
    """Return the files that the run reads."""
    files = [Path(camera.source) for camera in cameras]
    files += [
        path
        for path in (request.config, request.detections, request.corrections, request.zones)
        if path
    ]
    if request.detections and request.detections.is_dir():
        files += [request.detections / f"{camera.name}.txt" for camera in cameras]
    return files


def _run(
    request: TrackRequest, observer: ConsoleObserver, opened: _Opened
) -> tuple[RunOutcome, RunSettings]:
    options, cameras, sources = opened.options, opened.cameras, opened.sources
    online = request.online or opened.live
    known = read_known(request.corrections, online=online)
    with observer.loading():
        names = [s.info.name for s in sources]
        networks = load_networks(options, names, request.detections)
    _seed(request.seed)
    settings = run_settings(
        options, networks, opened.plan, online=online, known=known, clock=opened.clock,
        blur=parse_blur(request.blur), encoding=Encoding(request.codec, request.crf),
        stamp=stamp_of(cameras, opened.clock, live=opened.live) if request.timestamp else None,
        start=start_of(cameras), zones=opened.zones,
    )  # fmt: skip
    with observer, observer.stop:
        outcome = run(
            sources, networks.detectors, networks.embedder, settings,
            reopen=reopener(cameras, sources, options), observer=observer,
        )  # fmt: skip
    return outcome, settings


def _observer(request: TrackRequest, console: Console, window: Window | None) -> ConsoleObserver:
    shown = not (request.no_progress or request.quiet)
    return ConsoleObserver(console, shown=shown, window=window)


def _seed(seed: int) -> None:
    """Nothing in tracking is random today; what becomes so, by a library, shall be seeded."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)
