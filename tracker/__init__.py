"""Follow people through video and give each of them one ID, within and across cameras.

>>> from tracker import track
>>> result = track("samples/cam1.mp4", max_frames=40)
>>> [(person.global_id, [visit.camera for visit in person.visits]) for person in result.people]
[(1, ['cam1']), (2, ['cam1'])]

`track` and `Tracker` are the beginning. The folders stand in the order in which the data passes
them: video -> detection -> reid -> tracking -> identity -> results. ARCHITECTURE.md has the page
on it.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Before cv2 and av are loaded anywhere: their own lines on stderr would bury ours, and a picture of
# a few bytes may claim any size.
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(1 << 27))
os.environ.setdefault("SVT_LOG", "-1")  # the AV1 encoder's

if TYPE_CHECKING:
    from tracker.api.results import evaluate, load, report
    from tracker.api.track import Steps, track
    from tracker.api.tracker import Tracker
    from tracker.core.errors import ReidTrackError
    from tracker.core.types import CameraInfo, Detections, Frame, Identity, Link, Step, Visit
    from tracker.detection.detector import Detector
    from tracker.reid.embedder import Embedder
    from tracker.results.result import Result
    from tracker.runtime.options import Options
    from tracker.video.source import FrameSource

__version__ = "0.1.0"
__all__ = [
    "CameraInfo",
    "Detections",
    "Detector",
    "Embedder",
    "Frame",
    "FrameSource",
    "Identity",
    "Link",
    "Options",
    "ReidTrackError",
    "Result",
    "Step",
    "Steps",
    "Tracker",
    "Visit",
    "__version__",
    "evaluate",
    "load",
    "report",
    "track",
]

_HOMES = {
    "api.results": ("evaluate", "load", "report"),
    "api.track": ("Steps", "track"),
    "api.tracker": ("Tracker",),
    "core.errors": ("ReidTrackError",),
    "core.types": ("CameraInfo", "Detections", "Frame", "Identity", "Link", "Step", "Visit"),
    "detection.detector": ("Detector",),
    "reid.embedder": ("Embedder",),
    "results.result": ("Result",),
    "runtime.options": ("Options",),
    "video.source": ("FrameSource",),
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: ``reid-track --help`` must not load everything."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"tracker.{module}"), name)
    raise AttributeError(f"module 'tracker' has no attribute '{name}'")
