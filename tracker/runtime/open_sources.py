"""Open what a run reads: cameras with pictures, or boxes alone."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tracker.core.errors import ConfigError, SourceError
from tracker.core.types import CameraInfo
from tracker.detection.replay import ReplayDetector
from tracker.runtime.options import Options
from tracker.video.cameras import NO_SOURCE, CameraSpec, open_camera, put_in_place
from tracker.video.hardware import AUTO, device_for
from tracker.video.images import BoxesOnlySource
from tracker.video.live_source import LiveOptions
from tracker.video.seqinfo import read_seqinfo
from tracker.video.source import FALLBACK_FPS, FrameSource, Sampling

logger = logging.getLogger(__name__)


def boxes_only_source(
    path: Path, sampling: Sampling, size: tuple[int, int] | None, fps: float | None
) -> FrameSource:
    """Stand in for the video that boxes came from, from a ``seqinfo.ini`` near them or options.

    Raises:
        SourceError: No such file.
        ConfigError: The size is known from nowhere.
    """
    if not path.is_file():
        raise SourceError(f"--detections {path}: no such file, and no source to look at instead")
    info = read_seqinfo(path)
    width, height = size or (info.width, info.height)
    if width is None or height is None:
        raise ConfigError(
            f"--detections {path} has no seqinfo.ini near it; add --size WIDTHxHEIGHT (and --fps)"
        )
    rate = fps or info.fps or FALLBACK_FPS
    frames = info.frames or ReplayDetector(path).last_frame + 1
    if not frames:
        raise SourceError(f"--detections {path} has no rows, and no seqinfo.ini tells its length")
    name = info.name or path.stem
    return BoxesOnlySource(CameraInfo(name, NO_SOURCE, width, height, rate, frames), sampling)


def cameras_of_boxes(folder: Path) -> list[CameraSpec]:
    """Name a camera without pictures after each ``<camera>.txt`` in a folder.

    Raises:
        SourceError: There is none.
    """
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise SourceError(f"--detections {folder}: the folder has no <camera>.txt")
    return [CameraSpec(file.stem, NO_SOURCE) for file in files]


def boxes_only_sources(
    path: Path, cameras: Sequence[CameraSpec], sampling: Sampling, size: tuple[int, int] | None,
    fps: float | None,
) -> list[FrameSource]:  # fmt: skip
    """Stand in for the pictures of all cameras; boxes are in ``<camera>.txt`` as in replaying.

    Raises:
        SourceError: A file is missing.
        ConfigError: The size is known from nowhere, or some cameras have pictures.
    """
    for camera in cameras:
        if not camera.boxes_only:
            raise ConfigError(
                f"camera '{camera.name}' has a source but others have none; all or no cameras "
                "can be boxes alone"
            )
    files = [path / f"{c.name}.txt" if path.is_dir() else path for c in cameras]
    sources = [boxes_only_source(file, sampling, size, fps) for file in files]
    return [put_in_place(s, camera) for s, camera in zip(sources, cameras, strict=True)]


def refuse_unheard(options: Options, cameras: Sequence[CameraSpec]) -> None:
    """Refuse options that would be ignored.

    Raises:
        ConfigError: Naming the option, why nothing hears it, and what to do.
    """
    without_rate = [camera for camera in cameras if camera.pictures or camera.boxes_only]
    if options.fps is not None and cameras and not without_rate:
        raise ConfigError(
            f"--fps {options.fps:g} is for pictures or boxes, which have no rate of their own; "
            f"'{cameras[0].source}' has one. Leave it out"
        )
    calibrated = next((camera.name for camera in cameras if camera.ground), None)
    if options.gallery_threshold is not None and calibrated:
        raise ConfigError(
            f"--gallery-threshold {options.gallery_threshold:g} compares looks alone, but camera "
            f"'{calibrated}' is calibrated, so that places count too. Leave one of them out"
        )


def open_all(
    cameras: Sequence[CameraSpec], options: Options, live: LiveOptions
) -> list[FrameSource]:
    """Open all cameras, or none.

    Raises:
        ConfigError: See `device_for`.
        SourceError: One of them cannot be opened.
    """
    opened: list[FrameSource] = []
    device = device_for(options.hwaccel)
    if options.hwaccel == AUTO and device is None:
        logger.warning("--hwaccel auto finds nothing here that decodes; the processor does")
    try:
        for camera in cameras:
            spec = replace(camera, device=device)
            opened.append(open_camera(spec, options.sampling, options.fps, live))
    except BaseException:
        for source in opened:
            source.close()
        raise
    return opened


def reopener(
    cameras: Sequence[CameraSpec], sources: Sequence[FrameSource], options: Options
) -> Callable[[str], FrameSource]:
    """Return how to open a camera a second time, with the rate that it had."""
    device = device_for(options.hwaccel)
    spec_of = {camera.name: replace(camera, device=device) for camera in cameras}
    fps_of = {source.info.name: source.info.fps for source in sources}
    return lambda name: open_camera(spec_of[name], options.sampling, fps_of[name])
