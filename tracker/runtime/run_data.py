"""What a run needs besides its cameras and networks, and how it went."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tracker.core.config import LinkConfig, TrackerConfig
from tracker.core.errors import ReidTrackError
from tracker.counting.zones import Zones
from tracker.rendering.annotate import Stamp
from tracker.rendering.blur import BlurRule
from tracker.results.corrections_file import NOTHING_KNOWN, KnownPlaces
from tracker.results.counts_file import CountsFile
from tracker.results.result import ModelUse, Result
from tracker.runtime.multi_camera import CoreSettings
from tracker.runtime.output_plan import OutputPlan
from tracker.video.codec import USUAL, Encoding
from tracker.video.run_clock import RunClock
from tracker.video.source import Sampling

FOLLOWING, DRAWING = "following", "drawing"


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run needs besides its cameras and networks.

    Attributes:
        online: Decide identities as people appear; needed where a source cannot be read twice.
        known: What a person said of an earlier run over the same videos.
        clock: Of the live sources.
        threads: Read, detect and write at once; else one thing after another.
        blur: Who is made unrecognisable in the videos.
        encoding: Codec and quality of the videos.
        stamp: What is written into their corner; None for nothing.
        start: The wall clock at the zero of recordings, where cameras.yaml tells.
        zones: Where people are counted; None for nowhere.
    """

    tracker: TrackerConfig
    link: LinkConfig
    sampling: Sampling
    plan: OutputPlan
    detector: ModelUse
    reid: ModelUse | None
    device: str
    online: bool = False
    known: KnownPlaces = NOTHING_KNOWN
    clock: RunClock = field(default_factory=RunClock)
    threads: bool = True
    blur: BlurRule | None = None
    encoding: Encoding = USUAL
    stamp: Stamp | None = None
    start: datetime | None = None
    zones: Zones | None = None

    def core(self, *, named: bool) -> CoreSettings:
        """Return what the core needs of it."""
        stride = self.sampling.stride
        return CoreSettings(self.tracker, self.link, stride, online=self.online, named=named)


@dataclass(frozen=True, slots=True)
class PassTime:
    """How long one reading of the frames took."""

    frames: int
    seconds: float


@dataclass(slots=True)
class RunOutcome:
    """How a run went.

    Attributes:
        passes: "following", and "drawing" where videos or crops were made in a second pass.
        seconds: Of everything, from the first frame to the last file.
        interrupted: It was stopped before the end; the results hold what was done.
        failures: Cameras and outputs that failed while others went on.
        counts: Who was in which zone; None where nobody asked.
    """

    result: Result
    passes: dict[str, PassTime] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False
    failures: list[ReidTrackError] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    counts: CountsFile | None = None

    @property
    def frames(self) -> int:
        """How many frames were followed."""
        return self.passes[FOLLOWING].frames
