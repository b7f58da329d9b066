"""``reid-track evaluate detector``: score a person detector on pictures or on video."""

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.core.errors import ConfigError

if TYPE_CHECKING:
    from tracker.detection.detector import Detector
    from tracker.evaluation.detector import Compared

PARTS = ("val", "train", "all")


def evaluate_detector(  # noqa: PLR0913, PLR0917 - one parameter per option
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Pictures with boxes in YOLO's format, as folder or .tar; with --truth a video "
            "or a folder of frames.",
            show_default=False,
        ),
    ],
    detector: Annotated[str, typer.Option(metavar="NAME|PATH", help="As for tracking.")] = "auto",
    truth: Annotated[
        Path | None,
        typer.Option(help="The video's truth in MOTChallenge text.", show_default=False),
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Only every N-th frame, from the first.")] = 1,
    max_frames: Annotated[
        int | None, typer.Option(min=1, help="Only so many of these.", show_default=False)
    ] = None,
    part: Annotated[
        str, typer.Option(metavar="val|train|all", help="Which of the pictures.")
    ] = "val",
    conf: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Least score for precision and recall. Default: the model's, mostly 0.25.",
            show_default=False,
        ),
    ] = None,
    iou: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Overlap at which one detection hides another.", show_default=False
        ),
    ] = None,
    imgsz: Annotated[str, typer.Option(metavar="auto|N|H,W", help="Input size.")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu, mps, 0 or cuda:0.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print precision and recall at a threshold, AP50 and AP50-95, for boxes at IoU 0.5."""
    from tracker.cli.parse import parse_imgsz
    from tracker.detection.detector import USUAL_CONF, YoloOptions
    from tracker.evaluation.detector import LEAST_SCORE, score
    from tracker.models.device import resolve_device
    from tracker.models.fetch import find_or_fetch
    from tracker.runtime.loading import load_detector

    if part not in PARTS:
        raise ConfigError(f"--part is '{part}'; allowed are: {', '.join(PARTS)}")
    options = YoloOptions(
        conf=LEAST_SCORE, iou=iou, imgsz=parse_imgsz(imgsz),
        device=resolve_device(device, half=False),
    )  # fmt: skip
    yolo, model = load_detector(detector, options)
    if truth is None:
        seen = _pictures(yolo, data, part)
    else:
        seen = _video(yolo, data, truth, every, max_frames)
    own = find_or_fetch(detector, "detect").detecting.conf
    least = next(value for value in (conf, own, USUAL_CONF) if value is not None)
    scores = {"detector": model.name, "sha256": model.sha256} | score(seen, least)
    print(json.dumps(scores) if as_json else _text(scores))


def _pictures(detector: "Detector", data: Path, part: str) -> "list[Compared]":
    from tracker.datasets.person_boxes import boxed_pictures
    from tracker.evaluation.detector import look_at_pictures

    chosen = [p for p in boxed_pictures(data) if part in ("all", p.part)]
    return list(look_at_pictures(detector, chosen))


def _video(
    detector: "Detector", data: Path, truth: Path, every: int, max_frames: int | None
) -> "list[Compared]":
    from tracker.evaluation.box_table import read_mot
    from tracker.evaluation.detector import look_at_video
    from tracker.video.cameras import camera_from_source, open_camera
    from tracker.video.source import Sampling

    table = read_mot(truth, truth=True)
    sampling = Sampling(stride=every, max_frames=max_frames)
    with closing(open_camera(camera_from_source(str(data)), sampling, None)) as source:
        return list(look_at_video(detector, source, table))


def _text(scores: dict[str, Any]) -> str:
    return "\n".join(f"{name:14} {value}" for name, value in scores.items())
