"""The options of the field, in groups, with its names; `output_options` has the rest."""

from pathlib import Path
from typing import Annotated

import typer

_SOURCE, _DETECT, _COMPUTE = "Source", "Detection", "Compute"
_TRACK = "Tracking and identities"

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SOURCE]...",
        help="A video file, a folder or quoted glob of frames, a webcam number, or an rtsp/http "
        "address. Several are several cameras.",
        show_default=False,
    ),
]
Cams = Annotated[
    list[str] | None,
    typer.Option(
        "--cams",
        metavar="CAM,CAM…",
        help="Cameras, comma-separated: a source, NAME=SOURCE, a name of --config, or NAME where "
        "exactly one video NAME.* lies here. Repeatable.",
        rich_help_panel=_SOURCE,
        show_default=False,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        help="cameras.yaml: names, sources, clocks, calibration.",
        rich_help_panel=_SOURCE,
        show_default=False,
    ),
]
Detections = Annotated[
    Path | None,
    typer.Option(
        help="Replay boxes from a MOTChallenge text file (several cameras: a folder with "
        "<camera>.txt) instead of detecting; works without any source.",
        rich_help_panel=_SOURCE,
        show_default=False,
    ),
]
Size = Annotated[
    str | None,
    typer.Option(
        metavar="WxH",
        help="Picture size when there are only --detections.",
        rich_help_panel=_SOURCE,
        show_default=False,
    ),
]
Fps = Annotated[
    float | None,
    typer.Option(
        min=0.001,
        max=1000,
        help="Frames per second of a folder of frames or of --detections alone.",
        rich_help_panel=_SOURCE,
        show_default=False,
    ),
]
Offset = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CAM=SECONDS…",
        help="When a camera's first frame was taken, from the run's zero, as in cam2=+1.2; "
        "comma-separated, repeatable.",
        rich_help_panel=_SOURCE,
        show_default=False,
    ),
]
Start = Annotated[
    float, typer.Option(min=0, help="Skip so many seconds of each source.", rich_help_panel=_SOURCE)
]
Stream = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Which of several video streams in a file, from 0. Default: the one players show.",
        rich_help_panel=_SOURCE,
        show_default=False,
    ),
]
Hwaccel = Annotated[
    str,
    typer.Option(
        metavar="auto|none",
        help="auto: a graphics processor decodes where there is one; doctor tells.",
        rich_help_panel=_SOURCE,
    ),
]
MaxFrames = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Stop after so many processed frames per camera.",
        rich_help_panel=_SOURCE,
        show_default=False,
    ),
]
VidStride = Annotated[
    int, typer.Option(min=1, help="Process every N-th frame.", rich_help_panel=_SOURCE)
]

DetectorName = Annotated[
    str,
    typer.Option(
        "--detector",
        metavar="NAME|PATH",
        help="YOLO model: a name of 'weights list', a .pt or .onnx file, an OpenVINO folder; "
        "auto takes the best one installed.",
        rich_help_panel=_DETECT,
    ),
]
Conf = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Least detection score. Default: the model's, mostly 0.25.",
        rich_help_panel=_DETECT,
        show_default=False,
    ),
]
Iou = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Overlap at which one detection hides another. Default: the model's, mostly 0.7.",
        rich_help_panel=_DETECT,
        show_default=False,
    ),
]
Imgsz = Annotated[
    str,
    typer.Option(
        metavar="auto|N|H,W",
        help="Input size in pixels; auto is the model's.",
        rich_help_panel=_DETECT,
    ),
]
Classes = Annotated[
    str,
    typer.Option(
        metavar="NAME,…", help="Classes to follow, names or numbers.", rich_help_panel=_DETECT
    ),
]

Device = Annotated[
    str,
    typer.Option(help="auto, cpu, mps, 0 or cuda:0.", rich_help_panel=_COMPUTE),
]
Half = Annotated[
    bool, typer.Option("--half", help="16-bit floats (GPU only).", rich_help_panel=_COMPUTE)
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Frames that are looked at side by side; default one for each core. 0 does one thing "
        "after another, with the same result.",
        rich_help_panel=_COMPUTE,
        show_default=False,
    ),
]
Seed = Annotated[int, typer.Option(help="Seed of all random numbers.", rich_help_panel=_COMPUTE)]

Reid = Annotated[
    str,
    typer.Option(
        metavar="NAME|PATH|none",
        help="OSNet model: a name, a .pth, .pt, .safetensors or .onnx file; none tracks by motion "
        "alone.",
        rich_help_panel=_TRACK,
    ),
]
MaxAge = Annotated[
    float,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="How long a person may be unseen before the visit has ended.",
        rich_help_panel=_TRACK,
    ),
]
NInit = Annotated[
    int,
    typer.Option(
        "--n-init", min=1, help="Detections in a row that make a track.", rich_help_panel=_TRACK
    ),
]
MinHeight = Annotated[
    float,
    typer.Option(
        min=0,
        metavar="PIXELS",
        help="Smaller people are not followed, unless --reid none; in proportion in pictures "
        "less than 640 pixels wide.",
        rich_help_panel=_TRACK,
    ),
]
MaxCosineDistance = Annotated[
    float | None,
    typer.Option(
        min=0, max=1, show_default="the model's", rich_help_panel=_TRACK,
        help="Distance from a person's mean look at which a look speaks neither for nor against.",
    ),
]  # fmt: skip
MaxIouDistance = Annotated[
    float,
    typer.Option(min=0, max=1, help="Largest 1 - IoU of a match.", rich_help_panel=_TRACK),
]
ReidInterval = Annotated[
    float,
    typer.Option(
        min=0,
        help="Seconds for which a person whose match leaves no doubt is not embedded again; 0 is "
        "everybody in every frame.",
        rich_help_panel=_TRACK,
    ),
]
NnBudget = Annotated[
    int,
    typer.Option("--nn-budget", min=1, help="Embeddings kept per track.", rich_help_panel=_TRACK),
]
CameraMotion = Annotated[
    str, typer.Option(metavar="auto|off", help="Undo the camera's motion.", rich_help_panel=_TRACK)
]
GalleryThreshold = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Least similarity of the visits of one person. Default: what fits their number.",
        rich_help_panel=_TRACK,
        show_default=False,
    ),
]
Overlap = Annotated[
    str | None,
    typer.Option(
        metavar="auto|yes|no",
        help="Whether cameras see one place at once. Default: what --config says, else auto.",
        rich_help_panel=_TRACK,
        show_default=False,
    ),
]
Corrections = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A corrections.json of 'reid-track review' of an earlier run over these videos: what "
        "was said there holds here too.",
        rich_help_panel=_TRACK,
        show_default=False,
    ),
]
Online = Annotated[
    bool,
    typer.Option(
        "--online",
        help="Settle each identity as it appears (always so for live sources) instead of over "
        "the whole recording.",
        rich_help_panel=_TRACK,
    ),
]
