"""The options of ``reid-track`` as data, and the settings that they stand for."""

from dataclasses import dataclass
from pathlib import Path

from tracker.cli.live import LiveWishes
from tracker.cli.parse import parse_camera_motion, parse_imgsz, split_list
from tracker.runtime.loading import NO_REID
from tracker.runtime.options import Options
from tracker.video.camera_config import CameraConfig


@dataclass(frozen=True, slots=True)
class TrackRequest:
    """The options of ``reid-track`` as the user gave them; see `tracker.cli.options`."""

    sources: list[str] | None
    cams: list[str] | None
    config: Path | None
    detections: Path | None
    size: str | None
    fps: float | None
    offset: list[str] | None
    start: float
    stream: int | None
    hwaccel: str
    max_frames: int | None
    vid_stride: int
    detector: str
    conf: float | None
    iou: float | None
    imgsz: str
    classes: str
    device: str
    half: bool
    workers: int | None
    seed: int
    reid: str
    max_age: float
    n_init: int
    min_height: float
    max_cosine_distance: float | None
    max_iou_distance: float
    reid_interval: float
    nn_budget: int
    camera_motion: str
    gallery_threshold: float | None
    overlap: str | None
    corrections: Path | None
    online: bool
    reconnect: float
    events: list[str] | None
    segment: float | None
    serve: bool
    port: int
    out: Path | None
    json_path: Path | None
    formats: str
    zones: Path | None
    mot_id: str
    mosaic: bool
    blur: str | None
    codec: str | None
    crf: int | None
    timestamp: bool
    crops: bool
    overwrite: bool
    show: bool
    summary: str
    quiet: bool
    verbose: int
    no_progress: bool

    def options(self, config: CameraConfig) -> Options:
        """What is chosen of following people, with what is known of the cameras."""
        return Options(
            detector=self.detector,
            reid=None if self.reid == NO_REID else self.reid,
            conf=self.conf,
            iou=self.iou,
            imgsz=parse_imgsz(self.imgsz),
            classes=split_list(self.classes, "--classes"),
            device=self.device,
            half=self.half,
            workers=self.workers,
            start=self.start,
            max_frames=self.max_frames,
            vid_stride=self.vid_stride,
            fps=self.fps,
            hwaccel=self.hwaccel,
            n_init=self.n_init,
            max_age=self.max_age,
            min_height=self.min_height,
            max_cosine_distance=self.max_cosine_distance,
            max_iou_distance=self.max_iou_distance,
            reid_interval=self.reid_interval,
            nn_budget=self.nn_budget,
            camera_motion=parse_camera_motion(self.camera_motion),
            gallery_threshold=self.gallery_threshold,
            overlap=self.overlap,
            online=self.online or None,
            reconnect=self.reconnect,
        ).knowing(config)

    def live(self, *, online: bool) -> LiveWishes:
        """What the run tells while it goes on."""
        return LiveWishes(
            tuple(self.events or ()), self.segment, self.serve, self.port, self.out is not None,
            self.summary, online,
        )  # fmt: skip
