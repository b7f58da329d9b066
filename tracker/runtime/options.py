"""What a user may choose of following people; names and defaults are the command line's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypedDict

from tracker.core.config import RECONNECT_S, LinkConfig, TrackerConfig, Travel
from tracker.core.errors import ConfigError, suggestion
from tracker.core.types import FloatArray, Image
from tracker.detection.detector import Detector, YoloOptions
from tracker.models.locate import AUTO
from tracker.reid.embedder import Embedder
from tracker.video.camera_config import CameraConfig
from tracker.video.hardware import NONE
from tracker.video.source import Sampling

_TRACKER, _LINK = TrackerConfig(), LinkConfig()

DetectFunction = Callable[[Image], tuple[FloatArray, FloatArray]]
"""From a picture (H, W, 3) uint8 BGR to xyxy (N, 4) in pixels and scores (N,) in [0, 1]."""
EmbedFunction = Callable[[list[Image]], FloatArray]
"""From N crops, each (h, w, 3) uint8 BGR, to embeddings (N, D)."""
DetectorChoice = str | Path | Detector | DetectFunction
ReidChoice = str | Path | Embedder | EmbedFunction | None


class OptionWords(TypedDict, total=False):
    """The options as keyword arguments; `Options` says what they mean."""

    detector: DetectorChoice
    reid: ReidChoice
    conf: float | None
    iou: float | None
    imgsz: int | tuple[int, int] | None
    classes: tuple[str, ...]
    device: str
    half: bool
    workers: int | None
    start: float
    max_frames: int | None
    vid_stride: int
    fps: float | None
    hwaccel: str
    n_init: int
    max_age: float
    min_height: float
    max_cosine_distance: float | None
    max_iou_distance: float
    reid_interval: float
    nn_budget: int
    camera_motion: bool
    gallery_threshold: float | None
    overlap: str | None
    online: bool | None
    reconnect: float


@dataclass(frozen=True, slots=True)
class Options:
    """How people are found, followed and recognised.

    Attributes:
        detector: A name, a path, ``auto`` for the best installed; or an object or function of
            one's own, see `Detector` and `DetectFunction`.
        reid: Likewise, see `Embedder` and `EmbedFunction`; None follows by motion alone.
        conf: Least detection score; None is the model's own, as for `iou` and `imgsz`.
        classes: Names or numbers of the detector's classes.
        device: ``auto``, ``cpu``, ``mps``, or a GPU's number.
        half: 16-bit floats, on a GPU.
        workers: Frames looked at side by side; None is one a core, 0 does one thing after another.
        start: Seconds of each source that are skipped.
        max_frames: Frames processed of each source; None for all.
        vid_stride: Only every so many-th frame is processed.
        fps: Rate of pictures that come without one, as in a folder; None is 25.
        hwaccel: ``auto`` has a graphics processor decode where FFmpeg and the machine have one.
        max_age: Seconds that a person may be unseen before the visit has ended.
        reid_interval: Seconds for which somebody whose match is in no doubt is not embedded again.
        max_cosine_distance: Between looks of one person; None is the model's, else 0.25.
        overlap: Whether cameras see one place at once: ``auto``, ``yes``, ``no``; None is what
            ``cameras.yaml`` says, else ``auto``.
        travel: Times between cameras.
        online: Settle each id as the person appears, without a second pass; None does so only
            where that is needed.
        reconnect: Seconds for which a lost stream is tried again.

    The others are those of `TrackerConfig` and `LinkConfig`.
    """

    detector: DetectorChoice = AUTO
    reid: ReidChoice = AUTO
    conf: float | None = None
    iou: float | None = None
    imgsz: int | tuple[int, int] | None = None
    classes: tuple[str, ...] = ("person",)
    device: str = AUTO
    half: bool = False
    workers: int | None = None
    start: float = 0.0
    max_frames: int | None = None
    vid_stride: int = 1
    fps: float | None = None
    hwaccel: str = NONE
    n_init: int = _TRACKER.n_init
    max_age: float = _TRACKER.max_age_s
    min_height: float = _TRACKER.min_height
    max_cosine_distance: float | None = None
    max_iou_distance: float = _TRACKER.max_iou_distance
    reid_interval: float = _TRACKER.reid_interval_s
    nn_budget: int = _TRACKER.nn_budget
    camera_motion: bool = _TRACKER.camera_motion
    gallery_threshold: float | None = _LINK.gallery_threshold
    overlap: str | None = None
    travel: tuple[Travel, ...] = ()
    online: bool | None = None
    reconnect: float = RECONNECT_S

    @classmethod
    def of(cls, words: Mapping[str, Any]) -> "Options":
        """Take keyword arguments.

        Raises:
            ConfigError: One is unknown.
        """
        known = {f.name for f in fields(cls)}
        for word in words:
            if word not in known:
                raise ConfigError(f"there is no option '{word}'.{suggestion(word, sorted(known))}")
        return cls(**words)

    def knowing(self, cameras: CameraConfig) -> "Options":
        """Add what ``cameras.yaml`` says of the cameras; a wish of the user's own counts more."""
        return replace(self, overlap=self.overlap or cameras.overlap, travel=cameras.travel)

    @property
    def sampling(self) -> Sampling:
        """Which frames are processed."""
        return Sampling(self.start, self.vid_stride, self.max_frames)

    @property
    def link(self) -> LinkConfig:
        """The settings of the identities."""
        return LinkConfig(
            gallery_threshold=self.gallery_threshold,
            overlap=self.overlap or _LINK.overlap,
            travel=self.travel,
        )

    def tracker(self, max_cosine_distance: float) -> TrackerConfig:
        """The settings of the association, with the ReID model's distance unless one is wished."""
        wished = self.max_cosine_distance
        return TrackerConfig(
            n_init=self.n_init,
            max_age_s=self.max_age,
            min_height=self.min_height,
            max_cosine_distance=max_cosine_distance if wished is None else wished,
            max_iou_distance=self.max_iou_distance,
            reid_interval_s=self.reid_interval,
            nn_budget=self.nn_budget,
            camera_motion=self.camera_motion,
        )

    def yolo(self, device: str) -> YoloOptions:
        """The detector's settings on a device."""
        chosen: dict[str, Any] = {n: getattr(self, n) for n in ("conf", "iou", "imgsz", "classes")}
        return YoloOptions(**chosen, device=device, half=self.half, workers=self.workers or None)
