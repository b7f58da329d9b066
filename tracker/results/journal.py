"""What is over in a live run, as JSON lines: written at once, so that memory need not hold it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from tracker import __version__
from tracker.core.errors import OutputError
from tracker.core.types import Identity, Link, Merge, Visit, VisitKey, no_embeddings
from tracker.identity.offline import Linked, appearance_order
from tracker.results.tracks_json import TIME_DIGITS, link_entry, track_entry
from tracker.tracking.fragment import concatenate

JOURNAL = "reid-track-journal/1"
JOURNAL_SCHEMA = "journal.schema.json"


class Journal:
    """An open journal; every line is flushed.

    Args:
        out: The open file.
        zero: What the wall clock said at the run's zero.
    """

    def __init__(self, out: TextIO, zero: str) -> None:
        self._out = out
        self._write("journal", schema=JOURNAL, version=__version__, clock=zero)

    def visit(self, visit: Visit, person: int) -> None:
        """Write a visit, or a part of one that goes on."""
        self._write("track", **track_entry(visit, person, None))

    def link(self, link: Link) -> None:
        """Write why a visit was given its person."""
        entry = link_entry(link, 0)
        del entry["global_id"]
        self._write("link", **entry, enter_s=round(link.second_enters_s, TIME_DIGITS))

    def merge(self, merge: Merge) -> None:
        """Write that two people proved to be one."""
        time_s = round(merge.time_s, TIME_DIGITS)
        self._write("merge", time_s=time_s, global_id=merge.gone, into=merge.kept)

    def _write(self, kind: str, **content: Any) -> None:
        line = json.dumps({"type": kind, **content}, ensure_ascii=False, allow_nan=False)
        try:
            print(line, file=self._out, flush=True)
        except OSError as error:
            raise OutputError(f"cannot go on with the journal: {error.strerror}") from error


@contextmanager
def open_journal(path: Path, zero: str) -> Iterator[Journal]:
    """Begin a journal.

    Raises:
        OutputError: The file cannot be written.
    """
    try:
        out = path.open("w", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror}") from error
    with out:
        yield Journal(out, zero)


def read_journal(path: Path) -> Linked:
    """Return the people of a journal with all their visits; ids are those after all merges.

    A last line that was cut off, as a power cut leaves it, is passed over.
    """
    found = _Found()
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                found.add(json.loads(line))
    return found.people()


@dataclass(slots=True)
class _Found:
    """The lines of a journal, sorted out."""

    parts: dict[VisitKey, list[Visit]] = field(default_factory=dict)
    person_of: dict[VisitKey, int] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)

    def add(self, line: dict[str, Any]) -> None:
        """Take in one line."""
        if line["type"] == "track":
            visit = _visit(line)
            self.parts.setdefault(visit.key, []).append(visit)
            self.person_of[visit.key] = line["global_id"]
        elif line["type"] == "link":
            self.links.append(_link(line))
        elif line["type"] == "merge":
            self.merges.append(Merge(line["time_s"], line["global_id"], line["into"]))

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


def _visit(line: dict[str, Any]) -> Visit:
    boxes = line["boxes"]
    return Visit(
        camera=line["camera"],
        track_id=line["track_id"],
        frame=np.array([b["frame"] for b in boxes], np.int64),
        time_s=np.array([b["time_s"] for b in boxes], np.float64),
        xyxy=np.array([b["xyxy"] for b in boxes], np.float32).reshape(-1, 4),
        score=np.array([b["score"] for b in boxes], np.float32),
        observed=np.array([b["observed"] for b in boxes], np.bool_),
        embeddings=no_embeddings(),
    )


def _link(line: dict[str, Any]) -> Link:
    rival = line["runner_up"]
    return Link(
        first=_key(line["first"]),
        second=_key(line["second"]),
        probability=line["probability"],
        similarity=line["similarity"],
        gap_s=line["gap_s"],
        second_enters_s=line["enter_s"],
        runner_up=_key(rival) if rival else None,
        runner_up_probability=rival["probability"] if rival else None,
    )


def _key(entry: dict[str, Any]) -> VisitKey:
    return entry["camera"], entry["track_id"]
