"""What a run tells while it goes on: events, and the page of ``--serve``."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from tracker.apps.outlets.mqtt import Counted
from tracker.apps.outlets.outlets import is_outlet, sending
from tracker.apps.outlets.sender import Sender
from tracker.core.errors import ConfigError
from tracker.core.extras import require
from tracker.core.failures import Failures
from tracker.core.types import Step
from tracker.counting.zones import Zones
from tracker.results.events import STDOUT, WallClock, WriteEvent, event_text, event_writer
from tracker.results.events_file import Event
from tracker.runtime.observer import Observer
from tracker.runtime.output_plan import OutputPlan, Streaming
from tracker.video.run_clock import RunClock
from tracker.video.source import FrameSource

if TYPE_CHECKING:
    from tracker.apps.live.view import LiveView


@dataclass(frozen=True, slots=True)
class LiveWishes:
    """The options of `tracker.cli.live_options`, and those that they must agree with."""

    events: tuple[str, ...]
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
        if len(self._files()) > 1:
            raise ConfigError(
                "--events names two files; give one, and as many addresses as you like"
            )
        if STDOUT in self.events and self.summary == "json":
            raise ConfigError("--events - and --summary json both want stdout; give a file to one")
        if self.serve:
            require("starlette", "uvicorn")

    def streaming(self, *, live: bool) -> Streaming:
        """Return what is written while the run goes on."""
        files = [Path(place) for place in self._files() if place != STDOUT]
        return Streaming(live, self.segment, files[0] if files else None)

    def _files(self) -> list[str]:
        return [place for place in self.events if not is_outlet(place)]


class _Told(Observer):
    """Passes on what happens to a file of events, or to an address."""

    def __init__(self, write: WriteEvent) -> None:
        super().__init__()
        self._write = write

    def event(self, event: Event) -> None:
        """See `Observer.event`."""
        self._write(event)


def _send(sender: Sender, wall: WallClock | None, event: Event) -> None:
    sender.put(event_text(event, wall))


@contextmanager
def telling(  # noqa: PLR0913 - all that a run may tell with
    wishes: LiveWishes, sources: Sequence[FrameSource], clock: RunClock, console: Console,
    *, plan: OutputPlan, failures: Failures, zones: Zones | None = None,
) -> Iterator[list[Observer]]:  # fmt: skip
    """Open events and page as asked for; each is an observer of the run.

    The page plays the plan's videos of live cameras, and those in segments.

    Args:
        wishes: What the user asked for.
        sources: All cameras.
        clock: Of the run.
        console: Where the page's address goes.
        plan: Events that are to go over the network wait beside its JSON.
        failures: Notes that a file of events cannot be written.
        zones: Where people are counted.

    Raises:
        ConfigError, OutputError: A port or a file cannot be opened.
    """
    wall = clock.wall if any(source.info.live for source in sources) else None
    told: list[Observer] = []
    videos, folder = plan.videos, plan.json.parent if plan.json else Path()
    with ExitStack() as stack:
        for place in wishes.events:
            if is_outlet(place):
                cameras = tuple(source.info.name for source in sources)
                named = zones or Zones()
                counted = Counted(cameras, tuple(named.zones), tuple(named.lines))
                sender = stack.enter_context(sending(place, folder, counted))
                told.append(_Told(partial(_send, sender, wall)))
            else:
                told.append(_Told(stack.enter_context(event_writer(place, wall, failures))))
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
