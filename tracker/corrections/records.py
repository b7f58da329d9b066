"""Corrections as data: from words and files to `Merge` and `Split`, and on record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tracker.errors import SourceError
from tracker.output.saved import Key, read_json, visit_entry

RECORDS = "corrections"  # where a tracks.json keeps them


@dataclass(frozen=True, slots=True)
class Merge:
    """These are one person, who keeps the smallest of the ids."""

    ids: tuple[int, ...]

    def record(self) -> dict[str, Any]:
        """Return it as the file keeps it."""
        return {"merge": list(self.ids)}


@dataclass(frozen=True, slots=True)
class Split:
    """These visits of a person are somebody else's.

    Attributes:
        global_id: The person.
        visits: (camera, track_id) of those to take out.
        new_global_id: Who they are from then on; None takes the lowest id never used.
    """

    global_id: int
    visits: tuple[Key, ...]
    new_global_id: int | None = None

    def record(self) -> dict[str, Any]:
        """Return it as the file keeps it."""
        visits = [visit_entry(key) for key in self.visits]
        return {
            "split": {
                "global_id": self.global_id, "visits": visits, "new_global_id": self.new_global_id,
            }
        }  # fmt: skip


Correction: TypeAlias = Merge | Split


def read_corrections(path: Path) -> list[Correction]:
    """Read a list of corrections, or those that a corrected tracks.json has on record.

    Raises:
        SourceError: Missing, or no such list.
    """
    found = read_json(path, "corrections")
    records = found.get(RECORDS) if isinstance(found, dict) else found
    if not isinstance(records, list):
        raise SourceError(f'{path} has no list of corrections, such as [{{"merge": [3, 7]}}]')
    return from_records(records, str(path))


def from_records(records: Sequence[Any], where: str) -> list[Correction]:
    """Read corrections as a file keeps them; `where` that is goes into the message.

    Raises:
        SourceError: One is neither a merge nor a split.
    """
    return [_read(record, f"{where}, correction {n}") for n, record in enumerate(records, 1)]


def _read(record: Any, where: str) -> Correction:
    try:
        if list(record) == ["merge"]:
            return Merge(tuple(_whole(i) for i in record["merge"]))
        if list(record) == ["split"]:
            split = record["split"]
            visits = tuple((str(v["camera"]), _whole(v["track_id"])) for v in split["visits"])
            new = split.get("new_global_id")
            return Split(_whole(split["global_id"]), visits, None if new is None else _whole(new))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(f"{where}: {type(error).__name__} {error}") from error
    raise SourceError(f"{where}: is neither a merge nor a split")


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{value!r} is no id; ids are 1, 2, 3 …")
    return value


def ids_in(correction: Correction) -> Iterator[int]:
    """Yield all people that a correction speaks of."""
    if isinstance(correction, Merge):
        yield from correction.ids
        return
    yield correction.global_id
    if correction.new_global_id is not None:
        yield correction.new_global_id
