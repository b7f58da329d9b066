"""A run under review: its result as corrected so far, and the file that keeps what was said."""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Lock
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from tracker.core.errors import ConfigError
from tracker.corrections.anchors import anchor_of
from tracker.corrections.apply import Corrected
from tracker.corrections.constraints import KnownPairs, known_here, known_in, with_places
from tracker.corrections.pieces import Pieces, uncut
from tracker.models.locate import sha256_of
from tracker.results.corrections_file import (
    CORRECTIONS,
    FILE_NAME,
    NOTHING_KNOWN,
    Correction,
    CorrectionsFile,
    KnownPlaces,
    Split,
    read_corrections_file,
    write_corrections_file,
)
from tracker.results.record import Id, Record, VisitRef
from tracker.results.tracks_file import read_tracks
from tracker.results.tracks_json import visit_of

logger = logging.getLogger(__name__)
REMEMBERED = 30  # states that undo goes back to without making all corrections again


class Move(Record):
    """Visits that go to another person: a split and a merge, made and undone as one."""

    global_id: Id
    to: Id
    visits: Annotated[tuple[VisitRef, ...], Meta(min_length=1)]


class Said(Correction):
    """What the page sends: a correction without who and when, or a move."""

    move: Move | UnsetType = UNSET


class OutdatedError(ConfigError):
    """Somebody corrected the run in the meantime, in another window."""


class ReviewSession:
    """Takes corrections one after the other; the tracks.json itself is only read.

    Attributes:
        tracks: The file of the result.
        original: The result as it was read.
        content: The same with all corrections.
        revision: Grows with every change.
    """

    def __init__(self, tracks: Path, who: str) -> None:
        self.tracks = tracks
        self._path = tracks.with_name(file_name_for(tracks))
        self._who = who
        self.original = read_tracks(tracks)
        self._sha256 = sha256_of(tracks)
        self._lock = Lock()
        self._earlier: Path | None = None  # where the file of an earlier result goes
        self._carried, made, self._undone = self._begin()
        self._start = Corrected(self.original, known_here(self._carried))
        self._now = self._start.with_(made)
        self.content = self._now.content()
        self._past: deque[Corrected] = deque(maxlen=REMEMBERED)
        self.revision = 0

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """What was said."""
        return self._now.made

    @property
    def undone(self) -> tuple[Correction, ...]:
        """What was taken back, the next to be made again last."""
        return self._undone

    @property
    def pieces(self) -> Pieces:
        """Which boxes each visit has now."""
        return self._now.pieces

    @property
    def known(self) -> KnownPairs:
        """What is sure by now."""
        return self._now.known()

    @property
    def saved_in(self) -> Path:
        """The file that keeps it."""
        return self._path

    def correct(self, said: Sequence[Said], revision: int) -> None:
        """Make corrections that belong together, and save.

        Args:
            said: What the person said at once.
            revision: The one that the person saw.

        Raises:
            OutdatedError: It is not the present one.
            ReidTrackError: They cannot be made; nothing is changed then.
        """
        if not said:
            raise ConfigError("nothing was said")
        with self._changing(revision):
            now, when = self._now, self._instant()
            for one in said:
                now = now.with_(replace(c, who=self._who, when=when) for c in _steps(one, now))
            self._save(now, ())
            self._past.append(self._now)
            self._take(now)

    def undo(self, revision: int) -> None:
        """Take the last corrections back, all that were made at once, and save.

        Raises:
            OutdatedError: The revision is not the present one.
            ConfigError: There is nothing to undo.
        """
        with self._changing(revision):
            made = self._now.made
            if not made:
                raise ConfigError("there is nothing to undo")
            keep = len(made) - len(_together(made[::-1]))
            remembered = self._past and self._past[-1].made == made[:keep]
            now = self._past[-1] if remembered else self._start.with_(made[:keep])
            self._save(now, (*self._undone, *made[: keep - 1 if keep else None : -1]))
            if remembered:
                self._past.pop()
            self._take(now)

    def redo(self, revision: int) -> None:
        """Make the corrections again that were undone last, and save.

        Raises:
            OutdatedError: The revision is not the present one.
            ConfigError: There is nothing to make again.
        """
        with self._changing(revision):
            if not self._undone:
                raise ConfigError("there is nothing to make again")
            again = _together(self._undone[::-1])
            now = self._now.with_(again)
            self._save(now, self._undone[: -len(again)])
            self._past.append(self._now)
            self._take(now)

    def _instant(self) -> str:
        """Return the time, of which no earlier correction is: what is said at once shares it."""
        now = datetime.now(timezone.utc)
        while any(c.when == now.isoformat(timespec="milliseconds") for c in self._now.made[-1:]):
            now += timedelta(milliseconds=1)
        return now.isoformat(timespec="milliseconds")

    @contextmanager
    def _changing(self, revision: int) -> Iterator[None]:
        """Let one change at a time be made, by somebody who has seen the last one."""
        with self._lock:
            if revision != self.revision:
                raise OutdatedError("the run was corrected in another window; look again")
            yield

    def _take(self, now: Corrected) -> None:
        self._now, self.content = now, now.content()
        self.revision += 1

    def _begin(self) -> tuple[KnownPlaces, tuple[Correction, ...], tuple[Correction, ...]]:
        """Read the file of an earlier review; of another result only what it makes sure stays."""
        if not self._path.is_file():
            return NOTHING_KNOWN, (), ()
        file = read_corrections_file(self._path)
        if file.tracks_sha256 == self._sha256:
            return file.carried, file.corrections, file.undone
        self._earlier = self._path.with_suffix(f".{file.tracks_sha256[:8]}.json")
        logger.warning(
            "%s is of an earlier result, for --corrections when the run is repeated. With "
            "the first correction of this one it becomes %s", self._path, self._earlier.name,
        )  # fmt: skip
        tracks = (anchor_of(visit_of(track)) for track in self.original.tracks)
        return with_places(known_in(file.sure, tracks)[0], uncut(self.original)), (), ()

    def _save(self, now: Corrected, undone: tuple[Correction, ...]) -> None:
        sure = with_places(now.known(), now.pieces)
        if self._earlier is not None:
            self._path.replace(self._earlier)
            self._earlier = None
        content = CorrectionsFile(CORRECTIONS, self._sha256, now.made, self._carried, sure, undone)
        write_corrections_file(content, self._path)
        self._undone = undone


def _together(said: Sequence[Correction]) -> tuple[Correction, ...]:
    """Return the first correction and those after it that were made at once with it."""
    many = 1
    while many < len(said) and said[0].signed and said[many].signed == said[0].signed:
        many += 1
    return tuple(said[:many])


def file_name_for(tracks: Path) -> str:
    """Name the file of corrections of a result; several results may lie in one folder.

    >>> file_name_for(Path("out/tracks.json")), file_name_for(Path("yard.json"))
    ('corrections.json', 'yard.corrections.json')
    """
    return FILE_NAME if tracks.name == "tracks.json" else f"{tracks.stem}.{FILE_NAME}"


def _steps(said: Said, now: Corrected) -> list[Correction]:
    """Return the corrections that something which was said consists of."""
    if not said.move:
        kinds = Correction.__struct_fields__
        return [Correction(**{name: getattr(said, name) for name in kinds})]
    old, to, visits = said.move.global_id, said.move.to, said.move.visits
    if {v.key for v in now.people.get(old, [])} <= {visit.key for visit in visits}:
        return [Correction(merge=(old, to))]
    new = now.free_id
    return [Correction(split=Split(old, visits, new)), Correction(merge=(new, to))]
