"""What is over in a live run, as JSON lines: written at once, so that memory need not hold it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

from tracker import __version__
from tracker.core.errors import OutputError, SourceError
from tracker.core.types import Identity, Link, Merge, Visit, VisitKey
from tracker.identity.offline import Linked, appearance_order
from tracker.results.record import Length, Probability, Record, VisitRef, parse_record, to_json
from tracker.results.tracks_file import MergedId, RunnerUp, Track
from tracker.results.tracks_json import TIME_DIGITS, reason, track_record, visit_of
from tracker.tracking.fragment import concatenate

JOURNAL: Literal["reid-track-journal/1"] = "reid-track-journal/1"


class JournalStart(Record, tag_field="type", tag="journal"):
    """The first line; clock is the wall clock's time at the run's zero, UTC."""

    schema: Literal["reid-track-journal/1"]
    version: str
    clock: str


class JournalTrack(Track, tag_field="type", tag="track"):
    """A visit that is over, or the earlier boxes of one that goes on for long.

    Several lines may have one camera and track_id. global_id is that of this moment; merge lines
    that follow change it.
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


JournalLine: TypeAlias = JournalStart | JournalTrack | JournalLink | JournalMerge


class Journal:
    """An open journal; every line is flushed.

    Args:
        out: The open file.
        zero: What the wall clock said at the run's zero.
    """

    def __init__(self, out: BinaryIO, zero: str) -> None:
        self._out = out
        self._write(JournalStart(JOURNAL, __version__, zero))

    def visit(self, visit: Visit, person: int) -> None:
        """Write a visit, or a part of one that goes on."""
        track = track_record(visit, person, None)
        self._write(JournalTrack(*(getattr(track, name) for name in track.__struct_fields__)))

    def link(self, link: Link) -> None:
        """Write why a visit was given its person."""
        self._write(JournalLink(**reason(link), enter_s=round(link.second_enters_s, TIME_DIGITS)))

    def merge(self, merge: Merge) -> None:
        """Write that two people proved to be one."""
        self._write(JournalMerge(round(merge.time_s, TIME_DIGITS), merge.gone, merge.kept))

    def _write(self, line: JournalLine) -> None:
        try:
            self._out.write(to_json(line) + b"\n")
            self._out.flush()
        except OSError as error:
            raise OutputError(f"cannot go on with the journal: {error.strerror}") from error


@contextmanager
def open_journal(path: Path, zero: str) -> Iterator[Journal]:
    """Begin a journal.

    Raises:
        OutputError: The file cannot be written.
    """
    try:
        out = path.open("wb")
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror}") from error
    with out:
        yield Journal(out, zero)


def read_journal(path: Path) -> Linked:
    """Return the people of a journal with all their visits; ids are those after all merges.

    A last line that was cut off, as a power cut leaves it, is passed over.

    Raises:
        SourceError: A line is none of a journal.
    """
    found = _Found()
    kind: Any = JournalLine
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.endswith(b"\n"):
                    found.add(parse_record(line, kind, f"{path}, line {number}", "journal line"))
    except OSError as error:
        raise SourceError(f"cannot read '{path}': {error.strerror}") from error
    return found.people()


@dataclass(slots=True)
class _Found:
    """The lines of a journal, sorted out."""

    parts: dict[VisitKey, list[Visit]] = field(default_factory=dict)
    person_of: dict[VisitKey, int] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)

    def add(self, line: JournalLine) -> None:
        """Take in one line."""
        if isinstance(line, JournalTrack):
            self.parts.setdefault(line.key, []).append(visit_of(line))
            self.person_of[line.key] = line.global_id
        elif isinstance(line, JournalLink):
            self.links.append(_link(line))
        elif isinstance(line, JournalMerge):
            self.merges.append(Merge(line.time_s, line.global_id, line.into))

    def people(self) -> Linked:
        """Return what they say."""
        visits = [concatenate(parts, key[1]) for key, parts in self.parts.items()]
        into = {merge.gone: merge.kept for merge in self.merges}
        people: dict[int, Identity] = {}
        for visit in sorted(visits, key=appearance_order):
            number = self.person_of[visit.key]
            while number in into:  # always a smaller one
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
