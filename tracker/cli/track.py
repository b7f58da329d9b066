"""``reid-track SOURCE`` and ``reid-track --cams …``: the options."""

import typer

from tracker.cli import COMMANDS, HELP
from tracker.cli import live_options as v
from tracker.cli import options as o
from tracker.cli import output_options as w
from tracker.core.config import RECONNECT_S, TrackerConfig

_TRACKER = TrackerConfig()
_EPILOG = "Other commands: " + "; ".join(f"{k}: {v}" for k, v in COMMANDS.items() if k != "track")

app = typer.Typer(
    add_completion=False,
    context_settings=HELP,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.command(epilog=_EPILOG, no_args_is_help=True)
def track(  # noqa: PLR0913, PLR0917 - one parameter per option is how typer works
    sources: o.Sources = None,
    cams: o.Cams = None,
    config: o.Config = None,
    detections: o.Detections = None,
    size: o.Size = None,
    fps: o.Fps = None,
    offset: o.Offset = None,
    start: o.Start = 0.0,
    stream: o.Stream = None,
    hwaccel: o.Hwaccel = "none",
    max_frames: o.MaxFrames = None,
    vid_stride: o.VidStride = 1,
    detector: o.DetectorName = "auto",
    conf: o.Conf = None,
    iou: o.Iou = None,
    imgsz: o.Imgsz = "auto",
    classes: o.Classes = "person",
    device: o.Device = "auto",
    half: o.Half = False,
    workers: o.Workers = None,
    seed: o.Seed = 0,
    reid: o.Reid = "auto",
    max_age: o.MaxAge = _TRACKER.max_age_s,
    n_init: o.NInit = _TRACKER.n_init,
    min_height: o.MinHeight = _TRACKER.min_height,
    max_cosine_distance: o.MaxCosineDistance = None,
    max_iou_distance: o.MaxIouDistance = _TRACKER.max_iou_distance,
    reid_interval: o.ReidInterval = _TRACKER.reid_interval_s,
    nn_budget: o.NnBudget = _TRACKER.nn_budget,
    camera_motion: o.CameraMotion = "auto",
    gallery_threshold: o.GalleryThreshold = None,
    overlap: o.Overlap = None,
    corrections: o.Corrections = None,
    online: o.Online = False,
    reconnect: v.Reconnect = RECONNECT_S,
    events: v.Events = None,
    segment: v.Segment = None,
    serve: v.Serve = False,
    port: v.Port = 0,
    out: w.Out = None,
    json_path: w.JsonPath = None,
    formats: w.Formats = "json",
    zones: w.ZonesPath = None,
    mot_id: w.MotIdOption = "track",
    mosaic: w.Mosaic = False,
    blur: w.Blur = None,
    codec: w.CodecOption = None,
    crf: w.Crf = None,
    timestamp: w.Timestamp = False,
    crops: w.Crops = False,
    overwrite: w.Overwrite = False,
    show: w.Show = False,
    summary: w.Summary = "text",
    quiet: w.Quiet = False,
    verbose: w.Verbose = 0,
    no_progress: w.NoProgress = False,
    version: w.Version = False,
) -> None:
    """Follow people through video and give each of them one ID, within and across cameras."""
    words = {name: value for name, value in locals().items() if name != "version"}
    from tracker.cli.request import TrackRequest
    from tracker.cli.session import execute

    execute(TrackRequest(**words))
