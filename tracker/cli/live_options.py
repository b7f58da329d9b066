"""The options of what a run does while it goes on, mostly of live sources."""

from typing import Annotated

import typer

_LIVE = "Live"

Reconnect = Annotated[
    float,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="How long a stream that was lost is tried again; 0 ends it at once.",
        rich_help_panel=_LIVE,
    ),
]
Events = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE|-|URL",
        help="Write as JSON lines, at once, who appeared, left, moved to another camera, was "
        "merged, or entered a zone; - is stdout. mqtt://HOST and https://… are told too. "
        "Repeatable. Live sources or --online.",
        rich_help_panel=_LIVE,
        show_default=False,
    ),
]
Segment = Annotated[
    float | None,
    typer.Option(
        min=1,
        metavar="SECONDS",
        help="Write the videos of --out in segments of so many seconds. Live sources or --online.",
        rich_help_panel=_LIVE,
        show_default=False,
    ),
]
Serve = Annotated[
    bool,
    typer.Option(
        "--serve",
        help="Show all cameras on a page, for this machine alone. Live sources or --online.",
        rich_help_panel=_LIVE,
    ),
]
Port = Annotated[
    int,
    typer.Option(min=0, max=65535, help="Of --serve; 0 takes a free one.", rich_help_panel=_LIVE),
]
