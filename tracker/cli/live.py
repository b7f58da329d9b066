"""What a run tells while it goes on: events, and the page of ``--serve``."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from tracker.core.errors import ConfigError
from tracker.core.extras import require
from tracker.core.failures import Failures
from tracker.core.types import Step
from tracker.results.events import STDOUT, WriteEvent, event_writer
from tracker.results.events_file import Event
from tracker.runtime.observer import Observer
from tracker.runtime.output_plan import Streaming
from tracker.video.run_clock import RunClock
from tracker.video.source import FrameSource

if TYPE_CHECKING:
    from tracker.apps.live.view import LiveView


@dataclass(frozen=True, slots=True)
class LiveWishes:
    """The options of `tracker.cli.live_options`, and those that they must agree with."""

    events: str | None
    segment: float | None
    serve: bool
    port: int
    has_videos: bool
    summary: str
    online: bool  # asked for, or because a source is live

    def check(self) -> None:
        """Refuse what does not go together.

        Raises:
            ConfigError: Naming the option, and what to do.
        """
        wanted = {"--events": self.events, "--segment": self.segment, "--serve": self.serve}
        for option, value in wanted.items():
            if value and not self.online:
                raise ConfigError(
                    f"{option} needs ids while the run goes on; add --online, or name a live source"
                )
        if self.segment and not self.has_videos:
            raise ConfigError("--segment needs the videos of --out; add --out DIR")
        if self.events == STDOUT and self.summary == "json":
            raise ConfigError("--events - and --summary json both want stdout; give a file to one")
        if self.serve:
            require("starlette", "uvicorn")

    def streaming(self, *, live: bool) -> Streaming:
        """Return what is written while the run goes on."""
        events = None if self.events in (None, STDOUT) else Path(str(self.events))
        return Streaming(live, self.segment, events)


class _Told(Observer):
    """Passes on what happens to a file of events."""

    def __init__(self, write: WriteEvent) -> None:
        super().__init__()
        self._write = write

    def event(self, event: Event) -> None:
        """See `Observer.event`."""
        self._write(event)


@contextmanager
def telling(
    wishes: LiveWishes,
    sources: Sequence[FrameSource],
    clock: RunClock,
    console: Console,
    videos: Mapping[str, Path],
    *,
    failures: Failures,
) -> Iterator[list[Observer]]:
    """Open events and page as asked for; each is an observer of the run.

    The page plays the `videos` of live cameras, and those in segments.

    Raises:
        ConfigError, OutputError: A port or a file cannot be opened.
    """
    wall = clock.wall if any(source.info.live for source in sources) else None
    told: list[Observer] = []
    with ExitStack() as stack:
        if wishes.events:
            told.append(_Told(stack.enter_context(event_writer(wishes.events, wall, failures))))
        if wishes.serve:
            growing = {
                s.info.name: videos[s.info.name] for s in sources
                if s.info.name in videos and (s.info.live or wishes.segment)
            }  # fmt: skip
            view = _view(sources, clock if wall else None, growing)
            told.append(_page(view, wishes.port, console, stack))
        yield told


def _view(
    sources: Sequence[FrameSource], clock: RunClock | None, videos: Mapping[str, Path]
) -> "LiveView":
    from tracker.apps.live.view import LiveView

    if clock is None:
        return LiveView(sources, None, None, videos)
    return LiveView(sources, clock.now_s, clock.wall, videos)


def _page(view: "LiveView", port: int, console: Console, stack: ExitStack) -> Observer:
    from tracker.apps.live.server import serving

    class Shown(Observer):
        """Passes on what happens to the page."""

        def step(self, step: Step) -> None:
            """See `Observer.step`."""
            view.step(step)

        def event(self, event: Event) -> None:
            """See `Observer.event`."""
            view.event(event)

    server = stack.enter_context(serving(view, port))
    line = f"serving {server.address} for this machine alone"
    console.print(line, markup=False, highlight=False, soft_wrap=True)
    return Shown()
