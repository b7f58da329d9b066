"""A run under review: its result as corrected so far, and the file that keeps what was said."""

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from threading import Lock
from typing import Any

from tracker.core.errors import ConfigError
from tracker.core.types import VisitKey
from tracker.corrections.anchors import anchor_of
from tracker.corrections.apply import corrected
from tracker.corrections.constraints import Known, KnownPlaces, known_after, with_places
from tracker.corrections.file import (
    FILE_NAME,
    CorrectionsFile,
    read_corrections_file,
    write_corrections_file,
)
from tracker.corrections.records import (
    RECORDS,
    Correction,
    Merge,
    Signature,
    Split,
    from_records,
)
from tracker.models.locate import sha256_of
from tracker.results.saved_tracks import Content, people_of, read_saved

logger = logging.getLogger(__name__)
REMEMBERED = 30  # states that undo goes back to without making all corrections again
MOVE = "move"  # visits to another person: a split and a merge, made and undone as one


class OutdatedError(ConfigError):
    """Somebody corrected the run in the meantime, in another window."""


class ReviewSession:
    """Takes corrections one after the other; the tracks.json itself is only read.

    Attributes:
        original: The result as it was read.
        content: The same with all corrections.
        revision: Grows with every change.
    """

    def __init__(self, tracks: Path, who: str) -> None:
        self._path = tracks.with_name(file_name_for(tracks))
        self._who = who
        self.original = read_saved(tracks)
        self._sha256 = sha256_of(tracks)
        self._lock = Lock()
        self._earlier: Path | None = None  # where the file of an earlier result goes
        self._carried, self._made = self._begin()
        self.content: Content = corrected(self.original, self._made)
        self._past: deque[tuple[list[Correction], Content]] = deque(maxlen=REMEMBERED)
        self.revision = 0

    @property
    def corrections(self) -> list[dict[str, Any]]:
        """What was said, as the file keeps it."""
        return [correction.record() for correction in self._made]

    @property
    def saved_in(self) -> Path:
        """The file that keeps it."""
        return self._path

    def correct(self, said: Sequence[Any], revision: int) -> None:
        """Make corrections that belong together, and save.

        Args:
            said: Records as corrections.json has them, without who and when; or a move:
                ``{"move": {"visits": […], "global_id": 3, "to": 5}}``.
            revision: The one that the person saw.

        Raises:
            OutdatedError: It is not the present one.
            ReidTrackError: They cannot be made; nothing is changed then.
        """

        def change(made: list[Correction]) -> tuple[list[Correction], Content]:
            now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
            signed = Signature(self._who, now)
            content = self.content
            for one in said:
                for make in _steps(one, content):
                    correction = replace(make(content), signed=signed)
                    content = corrected(content, [correction])
            records = content.get(RECORDS, [])[self._before() :]
            return from_records(records, "the corrections"), content

        self._change(change, revision)

    def undo(self, revision: int) -> None:
        """Take the last corrections back, all that were made at once, and save.

        Raises:
            OutdatedError: The revision is not the present one.
            ConfigError: There is nothing to undo.
        """

        def change(made: list[Correction]) -> tuple[list[Correction], Content]:
            if not made:
                raise ConfigError("there is nothing to undo")
            last = made[-1].signed
            keep = len(made) - 1
            while keep and last is not None and made[keep - 1].signed == last:
                keep -= 1
            if self._past and self._past[-1][0] == made[:keep]:
                return self._past[-1]
            return made[:keep], corrected(self.original, made[:keep])

        self._change(change, revision)

    def _change(
        self, change: Callable[[list[Correction]], tuple[list[Correction], Content]], revision: int
    ) -> None:
        with self._lock:
            if revision != self.revision:
                raise OutdatedError("the run was corrected in another window; look again")
            made, content = change(self._made)
            self._save(made)
            if self._past and self._past[-1][1] is content:
                self._past.pop()
            else:
                self._past.append((self._made, self.content))
            self._made, self.content = made, content
            self.revision += 1

    def _before(self) -> int:
        """Return how many corrections the result itself has on record."""
        return len(self.original.get(RECORDS, []))

    def _begin(self) -> tuple[KnownPlaces, list[Correction]]:
        """Read the file of an earlier review; of another result only what it makes sure stays."""
        if not self._path.is_file():
            return KnownPlaces(), []
        file = read_corrections_file(self._path)
        if file.tracks_sha256 == self._sha256:
            return file.carried, list(file.corrections)
        self._earlier = self._path.with_suffix(f".{file.tracks_sha256[:8]}.json")
        logger.warning(
            "%s is of an earlier result, for --corrections when the run is repeated. With "
            "the first correction of this one it becomes %s", self._path, self._earlier.name,
        )  # fmt: skip
        known, _ = file.sure.in_tracks(anchor_of(t, None) for t in self.original["tracks"])
        return with_places(known, self.original), []

    def _save(self, made: list[Correction]) -> None:
        known = known_after(_known_of(self._carried), self.original, made)
        sure = with_places(known, self.original)
        if self._earlier is not None:
            self._path.replace(self._earlier)
            self._earlier = None
        write_corrections_file(CorrectionsFile(self._sha256, made, self._carried, sure), self._path)


def file_name_for(tracks: Path) -> str:
    """Name the file of corrections of a result; several results may lie in one folder.

    >>> file_name_for(Path("out/tracks.json")), file_name_for(Path("yard.json"))
    ('corrections.json', 'yard.corrections.json')
    """
    return FILE_NAME if tracks.name == "tracks.json" else f"{tracks.stem}.{FILE_NAME}"


def _known_of(places: KnownPlaces) -> Known:
    """Return what is sure by the visits' own keys: they are of this very result."""
    keys = [anchor.key for anchor in places.visits]
    return Known(
        tuple(tuple(keys[n] for n in group) for group in places.same),
        tuple((keys[one], keys[other]) for one, other in places.different),
        {keys[n]: name for n, name in places.names.items()},
    )


def _steps(said: Any, content: Content) -> list[Callable[[Content], Correction]]:
    """Return how to make each correction from what the people are when its turn comes."""
    if isinstance(said, Mapping) and list(said) == [MOVE]:
        try:
            move = said[MOVE]
            visits = tuple((str(v["camera"]), int(v["track_id"])) for v in move["visits"])
            old, to = int(move["global_id"]), int(move["to"])
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"this is no move: {type(error).__name__} {error}") from error
        all_of = {v.key for v in people_of(content).get(old, [])} <= set(visits)
        return [lambda _: Merge((old, to))] if all_of else _move(visits, old, to)
    [correction] = from_records([said], "what was sent")
    return [lambda _: correction]


def _move(visits: tuple[VisitKey, ...], old: int, to: int) -> list[Callable[[Content], Correction]]:
    def merge(content: Content) -> Correction:
        [new] = {i for i, own in people_of(content).items() if visits[0] in {v.key for v in own}}
        return Merge((new, to))

    return [lambda _: Split(old, visits), merge]
