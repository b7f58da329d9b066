"""The options of what is written and shown, with the field's names."""

from pathlib import Path
from typing import Annotated

import typer

_OUTPUT, _GENERAL = "Output", "General"

Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="VIDEO|DIR",
        help="Annotated video, its JSON beside it; several cameras: a folder.",
        rich_help_panel=_OUTPUT,
        show_default=False,
    ),
]
JsonPath = Annotated[
    Path | None,
    typer.Option(
        "--json",
        metavar="PATH",
        help="Where the tracks go. Default: beside --out, else <stem>.tracks.json here.",
        rich_help_panel=_OUTPUT,
        show_default=False,
    ),
]
Formats = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FMT,…",
        help="Beside the JSON also mot, cvat, coco-video, aicity, csv, jsonl, parquet, "
        "supervision, visits, people.",
        rich_help_panel=_OUTPUT,
    ),
]
ZonesPath = Annotated[
    Path | None,
    typer.Option(
        "--zones",
        metavar="FILE.yaml",
        help="Count people in these zones and over these lines, into counts.json beside the JSON.",
        rich_help_panel=_OUTPUT,
        show_default=False,
    ),
]
MotIdOption = Annotated[
    str,
    typer.Option(
        "--mot-id", metavar="track|person", help="Which id MOT rows carry.", rich_help_panel=_OUTPUT
    ),
]
Crops = Annotated[
    bool,
    typer.Option(
        "--crops",
        help="Keep the best crops of each visit, their embeddings and a poster of each camera in "
        "gallery/ beside the JSON.",
        rich_help_panel=_OUTPUT,
    ),
]
Mosaic = Annotated[
    bool,
    typer.Option(
        "--mosaic",
        help="Also all cameras in one video on one clock, mosaic.mp4 in the folder of --out.",
        rich_help_panel=_OUTPUT,
    ),
]
CodecOption = Annotated[
    str | None,
    typer.Option(
        "--codec",
        metavar="h264|hevc|av1|mpeg4|mjpeg",
        help="Of all videos. Default: h264, which plays everywhere; mjpeg in an .avi.",
        rich_help_panel=_OUTPUT,
        show_default=False,
    ),
]
Crf = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=63,
        help="Quality of the videos on the codec's own scale, less is better. Default: one "
        "quantizer for all pictures, which is faster; about 23 of h264.",
        rich_help_panel=_OUTPUT,
        show_default=False,
    ),
]
Timestamp = Annotated[
    bool,
    typer.Option(
        "--timestamp",
        help="Write the camera's name and the time into its video; the time of day where it is "
        "known (live, or a start: in --config).",
        rich_help_panel=_OUTPUT,
    ),
]
Blur = Annotated[
    str | None,
    typer.Option(
        metavar="people|heads|faces|except:ID,ID…",
        help="Make people unrecognisable in all videos: whole, or their heads (faces is the same: "
        "no face detector is used), or all but these global ids. Who is not detected stays.",
        rich_help_panel=_OUTPUT,
        show_default=False,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace existing outputs.", rich_help_panel=_OUTPUT),
]
Show = Annotated[
    bool, typer.Option("--show", help="Show it in a window; q ends.", rich_help_panel=_OUTPUT)
]
Summary = Annotated[
    str,
    typer.Option(
        metavar="text|json",
        help="Closing summary: text on stderr, or json on stdout.",
        rich_help_panel=_OUTPUT,
    ),
]

Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Errors only.", rich_help_panel=_GENERAL)
]
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        metavar="",
        help="Say what is done; -vv everything, with tracebacks.",
        rich_help_panel=_GENERAL,
        show_default=False,
    ),
]
NoProgress = Annotated[
    bool, typer.Option("--no-progress", help="No progress display.", rich_help_panel=_GENERAL)
]


def _print_version(asked: bool) -> None:
    if asked:
        from tracker import __version__

        print(f"reid-track {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version",
        callback=_print_version,
        is_eager=True,
        help="Print the version.",
        rich_help_panel=_GENERAL,
    ),
]
