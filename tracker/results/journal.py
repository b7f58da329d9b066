"""What is over in a live run, as JSON lines: written at once, so that memory need not hold it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from msgspec.structs import replace

from tracker import __version__
from tracker.core.errors import ReidTrackError
from tracker.core.foreign import understanding
from tracker.core.ground import Places
from tracker.core.types import Identity, Link, Merge, Visit, VisitKey
from tracker.identity.offline import Linked, appearance_order
from tracker.results.record import Length, Probability, Record, VisitRef, parse_record
from tracker.results.result import Result
from tracker.results.steady_lines import SteadyLines
from tracker.results.tracks_file import Camera, MergedId, Models, RunnerUp, Track
from tracker.results.tracks_json import (
    TIME_DIGITS,
    camera_record,
    models_record,
    places_of,
    reason,
    track_record,
    visit_of,
)
from tracker.tracking.fragment import concatenate

logger = logging.getLogger(__name__)

JOURNAL: Literal["reid-track-journal/1"] = "reid-track-journal/1"
JOURNAL_ENDING = ".journal.jsonl"


def journal_of(tracks: Path) -> Path:
    """Name the journal of a run by its tracks.json."""
    return tracks.with_suffix(JOURNAL_ENDING)


def result_of(journal: Path) -> Path:
    """Name the tracks.json of a run by its journal.

    >>> result_of(Path("out/tracks.journal.jsonl")).as_posix()
    'out/tracks.json'
    """
    return journal.with_name(journal.name.removesuffix(JOURNAL_ENDING) + ".json")


class JournalStart(Record, tag_field="type", tag="journal"):
    """The first line; clock is the wall clock's time at the run's zero, UTC."""

    schema: Literal["reid-track-journal/1"]
    version: str
    clock: str
    models: Models
    cameras: list[Camera]


class JournalTrack(Track, tag_field="type", tag="track"):
    """A visit that is over, or the earlier boxes of one that goes on for long.

    Several lines may have one camera and track_id. global_id is that of this moment; merge lines
    that follow change it.
    """


class JournalSeen(Track, tag_field="type", tag="seen"):
    """The latest boxes of a visit that goes on, as they were detected.

    A track line that reaches as far replaces them: they count only where a run was killed.
    """


class JournalLink(Record, tag_field="type", tag="link"):
    """Why a visit was given its person, as in tracks.json; enter_s is when it began."""

    first: VisitRef
    second: VisitRef
    probability: Probability
    similarity: float
    gap_s: float
    distance_m: Length | None
    runner_up: RunnerUp | None
    enter_s: float


class JournalMerge(MergedId, tag_field="type", tag="merge"):
    """global_id became into, for all visits."""


JournalLine: TypeAlias = JournalStart | JournalTrack | JournalSeen | JournalLink | JournalMerge


class Journal:
    """An open journal.

    Args:
        lines: Where it goes.
        run: The run's cameras and models, nobody found yet.
        zero: What the wall clock said at the run's zero.
    """

    def __init__(self, lines: SteadyLines, run: Result, zero: str) -> None:
        self._lines = lines
        self._run = run
        cameras = [camera_record(run, camera) for camera in run.cameras]
        lines.write(JournalStart(JOURNAL, __version__, zero, models_record(run), cameras))

    def visit(self, visit: Visit, person: int, *, passing: bool = False) -> None:
        """Write a visit, or a part of one that goes on; `passing` if that will come again."""
        track = track_record(visit, person, self._run.places(visit))
        kind = JournalSeen if passing else JournalTrack
        self._lines.write(kind(*(getattr(track, name) for name in track.__struct_fields__)))

    def link(self, link: Link) -> None:
        """Write why a visit was given its person."""
        enter_s = round(link.second_enters_s, TIME_DIGITS)
        self._lines.write(JournalLink(**reason(link), enter_s=enter_s))

    def merge(self, merge: Merge) -> None:
        """Write that two people proved to be one."""
        self._lines.write(JournalMerge(round(merge.time_s, TIME_DIGITS), merge.gone, merge.kept))


@dataclass(slots=True)
class JournalContent:
    """What a journal says.

    Attributes:
        start: Its first line; None if that cannot be read.
        people: With all their visits; ids are those after all merges.
        places: (K, 2) metres of the visits to calibrated cameras.
        bad: Lines that could not be read.
    """

    start: JournalStart | None
    people: Linked
    places: dict[VisitKey, Places]
    bad: int


def read_journal(path: Path, unwritten: Iterable[bytes] = ()) -> JournalContent:
    """Read a journal; a line that was cut off or damaged costs that line alone, and is told.

    Args:
        path: The file.
        unwritten: Lines that a full disk did not take.

    Raises:
        SourceError: It cannot be opened.
    """
    found = _Found()
    kind: Any = JournalLine
    with understanding(path, "journal"), path.open("rb") as lines:
        for number, line in enumerate(chain(lines, unwritten), start=1):
            try:
                found.add(parse_record(line, kind, f"{path}, line {number}", "journal line"))
            except (ReidTrackError, ValueError) as error:
                found.bad += 1
                logger.warning("%s; it is left out", error)
    found.add_last_seen()
    return JournalContent(found.start, found.people(), found.known_places(), found.bad)


@dataclass(slots=True)
class _Found:
    """The lines of a journal, sorted out."""

    start: JournalStart | None = None
    bad: int = 0
    places: dict[VisitKey, list[Places]] = field(default_factory=dict)
    parts: dict[VisitKey, list[Visit]] = field(default_factory=dict)
    seen: dict[VisitKey, list[JournalSeen]] = field(default_factory=dict)
    person_of: dict[VisitKey, int] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)

    def add(self, line: JournalLine) -> None:
        """Take in one line."""
        if isinstance(line, JournalTrack):
            self._add_part(line)
        elif isinstance(line, JournalSeen):
            self.seen.setdefault(line.key, []).append(line)
        elif isinstance(line, JournalStart):
            self.start = line
        elif isinstance(line, JournalLink):
            self.links.append(_link(line))
        elif isinstance(line, JournalMerge):
            self.merges.append(Merge(line.time_s, line.global_id, line.into))

    def _add_part(self, line: JournalTrack | JournalSeen) -> None:
        self.parts.setdefault(line.key, []).append(visit_of(line))
        self.person_of[line.key] = line.global_id
        placed = places_of(line)
        if placed is not None:
            self.places.setdefault(line.key, []).append(placed)
        later = [s for s in self.seen.get(line.key, ()) if s.last_frame > line.last_frame]
        self.seen[line.key] = later

    def add_last_seen(self) -> None:
        """Take in what was seen of visits that went on when the run was killed."""
        for line in [line for lines in self.seen.values() for line in lines]:
            parts = self.parts.get(line.key)
            reached = int(parts[-1].frame[-1]) if parts else -1
            boxes = [box for box in line.boxes if box.frame > reached]
            if boxes:
                self._add_part(replace(line, boxes=boxes))

    def known_places(self) -> dict[VisitKey, Places]:
        """Return where the people of calibrated cameras were."""
        return {key: np.concatenate(parts) for key, parts in self.places.items()}

    def people(self) -> Linked:
        """Return what they say."""
        visits = [concatenate(parts, key[1]) for key, parts in self.parts.items()]
        into = {merge.gone: merge.kept for merge in self.merges}
        people: dict[int, Identity] = {}
        for visit in sorted(visits, key=appearance_order):
            number = self.person_of[visit.key]
            while into.get(number, number) < number:
                number = into[number]
            people.setdefault(number, Identity(number)).visits.append(visit)
        links = [x for x in self.links if {x.first, x.second} <= self.parts.keys()]
        return Linked([people[number] for number in sorted(people)], links, self.merges)


def _link(line: JournalLink) -> Link:
    rival = line.runner_up
    return Link(
        line.first.key, line.second.key, line.probability, line.similarity, line.gap_s,
        line.enter_s, line.distance_m, rival.key if rival else None,
        (rival.probability or 0.0) if rival else None,
    )  # fmt: skip
