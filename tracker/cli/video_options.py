"""``--mosaic``, ``--blur``, ``--timestamp``: from words to rules, and where they cannot be kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from tracker.core.errors import ConfigError
from tracker.core.time_text import clock
from tracker.rendering.annotate import Stamp
from tracker.rendering.blur import BlurRule
from tracker.video.cameras import CameraSpec
from tracker.video.run_clock import RunClock

EXCEPT = "except:"
ALLOWED = "people, heads, faces, except:ID,ID…"


def parse_blur(text: str | None) -> BlurRule | None:
    """Read ``--blur``; nothing for None.

    ``faces`` is ``heads``: there is no face detector in this package, and of people as small as
    they are in most footage one would miss faces, which then leave the house.

    Raises:
        ConfigError: None of the allowed words.
    """
    if text is None:
        return None
    if text == "people":
        return BlurRule("people")
    if text in ("heads", "faces"):
        return BlurRule("heads")
    ids = [item.strip() for item in text.removeprefix(EXCEPT).split(",")]
    if text.startswith(EXCEPT) and all(i.isdecimal() and int(i) > 0 for i in ids):
        return BlurRule("people", frozenset(map(int, ids)))
    raise ConfigError(f"--blur is '{text}'; allowed are: {ALLOWED}, for example except:3,7")


def require_possible(
    blur: BlurRule | None, *, mosaic: bool, out: Path | None, online: bool
) -> None:
    """Check that a run can keep what ``--blur`` and ``--mosaic`` say.

    Raises:
        ConfigError: It cannot.
    """
    if blur is not None and out is None:
        raise ConfigError("--blur changes videos, and without --out there is none; add --out")
    if blur is not None and blur.spared and online:
        raise ConfigError(
            "--blur except:… needs ids that are settled, and with --online or a live source they "
            "may still change; take --blur people"
        )
    if mosaic and online:
        raise ConfigError(
            "--mosaic reads the cameras a second time, which --online and live sources leave out"
        )


def start_of(cameras: Sequence[CameraSpec]) -> datetime | None:
    """Return the wall clock at the run's zero, where cameras.yaml tells it."""
    return min((c.start for c in cameras if c.start is not None), default=None)


def stamp_of(cameras: Sequence[CameraSpec], running: RunClock, *, live: bool) -> Stamp:
    """Return what ``--timestamp`` writes: the time of day if it is known, else that of the run."""
    start = start_of(cameras)

    def told(time_s: float) -> str:
        if live:
            return f"{running.wall(time_s)[:-3].replace('T', ' ')} UTC"  # to a tenth
        if start is None:
            return clock(time_s)
        return f"{start + timedelta(seconds=time_s):%Y-%m-%d %H:%M:%S.%f}"[:-5]

    return lambda camera, time_s: f"{camera}  {told(time_s)}"
