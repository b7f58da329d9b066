"""What a file of another tool says: boxes, and of the cameras what it knows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tracker.core.types import VisitKey
from tracker.results.record import Corners
from tracker.results.result import ModelUse

PERSON_LABELS = ("person", "pedestrian")


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera as far as a file knows it; None is what it does not say."""

    name: str
    source: str = ""
    width: int | None = None  # pixels
    height: int | None = None  # pixels
    fps: float | None = None
    frames: int | None = None
    offset_s: float | None = None


@dataclass(frozen=True, slots=True)
class FoundBox:
    """A box of a file."""

    camera: str
    track_id: int | None  # None where the file numbers people only
    person: int | None  # None where it numbers visits only
    frame: int  # from 0
    xyxy: Corners
    time_s: float | None = None  # on the common clock; None where frames are all that is known
    score: float = 1.0
    observed: bool = True
    # None where places are not known at all, (NaN, NaN) where this one is not
    place_m: tuple[float, float] | None = None

    @property
    def key(self) -> VisitKey:
        """Camera and track_id, once that is settled."""
        return self.camera, self.track_id or 0


@dataclass(frozen=True, slots=True)
class ParsedImport:
    """All that a file says."""

    cameras: list[FoundCamera]
    boxes: list[FoundBox]
    detector: ModelUse | None = None
    reid: ModelUse | None = None
    left_out: dict[str, int] = field(default_factory=dict)  # tracks or boxes by their label


def together(parts: Sequence[ParsedImport]) -> ParsedImport:
    """Return what several files say, one for each camera."""
    left_out: Counter[str] = Counter()
    for part in parts:
        left_out.update(part.left_out)
    return ParsedImport(
        [c for part in parts for c in part.cameras], [b for part in parts for b in part.boxes],
        left_out=dict(left_out),
    )  # fmt: skip


def is_person(label: str) -> bool:
    """Tell whether a label of another tool means people."""
    return label.strip().lower() in PERSON_LABELS


def named_cameras(names: Iterable[str]) -> list[FoundCamera]:
    """Return cameras of which only the names are known, each once."""
    return [FoundCamera(name) for name in dict.fromkeys(names)]
