"""Corrections as data: from words and files to `Merge` and its like, and on record."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from tracker.core.errors import SourceError
from tracker.core.types import VisitKey
from tracker.results.saved_tracks import read_json, visit_entry

RECORDS = "corrections"  # where a tracks.json keeps them


@dataclass(frozen=True, slots=True)
class Signature:
    """Who said it, and when: a time in ISO 8601 with its zone."""

    who: str
    when: str

    def record(self) -> dict[str, Any]:
        """Return it as the file keeps it, beside what was said."""
        return {"who": self.who, "when": self.when}


@dataclass(frozen=True, slots=True)
class _Signable:
    signed: Signature | None = field(default=None, kw_only=True)

    def _signed(self, what: dict[str, Any]) -> dict[str, Any]:
        return what | (self.signed.record() if self.signed else {})


@dataclass(frozen=True, slots=True)
class Merge(_Signable):
    """These are one person, who keeps the smallest of the ids."""

    ids: tuple[int, ...]

    def record(self) -> dict[str, Any]:
        """Return it as the file keeps it."""
        return self._signed({"merge": list(self.ids)})


@dataclass(frozen=True, slots=True)
class Split(_Signable):
    """These visits of a person are somebody else's.

    Attributes:
        global_id: The person.
        visits: (camera, track_id) of those to take out.
        new_global_id: Who they are from then on; None takes the lowest id never used.
    """

    global_id: int
    visits: tuple[VisitKey, ...]
    new_global_id: int | None = None

    def record(self) -> dict[str, Any]:
        """Return it as the file keeps it."""
        visits = [visit_entry(key) for key in self.visits]
        return self._signed({
            "split": {
                "global_id": self.global_id, "visits": visits, "new_global_id": self.new_global_id,
            }
        })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Confirm(_Signable):
    """The link between these two visits, (camera, track_id) each, is right."""

    first: VisitKey
    second: VisitKey

    def record(self) -> dict[str, Any]:
        """Return it as the file keeps it."""
        ends = {"first": visit_entry(self.first), "second": visit_entry(self.second)}
        return self._signed({"confirm": ends})


@dataclass(frozen=True, slots=True)
class Name(_Signable):
    """What a person is called; an empty name takes it away."""

    global_id: int
    name: str

    def record(self) -> dict[str, Any]:
        """Return it as the file keeps it."""
        return self._signed({"name": {"global_id": self.global_id, "name": self.name}})


Correction: TypeAlias = Merge | Split | Confirm | Name


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
        SourceError: One is no correction.
    """
    return [_read(record, f"{where}, correction {n}") for n, record in enumerate(records, 1)]


def _read(record: Any, where: str) -> Correction:
    try:
        signed = _signature(record)
        [(kind, what)] = ((k, v) for k, v in record.items() if k not in _SIGNATURE)
        read = _READERS[kind]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        kinds = ", ".join(_READERS)
        raise SourceError(f"{where}: is none of {kinds}") from error
    try:
        return replace(read(what), signed=signed)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(f"{where}: {type(error).__name__} {error}") from error


def _signature(record: Any) -> Signature | None:
    if not any(name in record for name in _SIGNATURE):
        return None
    who, when = (str(record[name]) for name in _SIGNATURE)
    return Signature(who, when)


def _read_merge(ids: Any) -> Correction:
    return Merge(tuple(_whole(i) for i in ids))


def _read_split(split: Any) -> Correction:
    new = split.get("new_global_id")
    return Split(
        _whole(split["global_id"]), tuple(map(_key, split["visits"])),
        None if new is None else _whole(new),
    )  # fmt: skip


def _read_confirm(ends: Any) -> Correction:
    return Confirm(_key(ends["first"]), _key(ends["second"]))


def _read_name(name: Any) -> Correction:
    if not isinstance(name["name"], str):
        raise ValueError(f"{name['name']!r} is no name")
    return Name(_whole(name["global_id"]), name["name"])


_SIGNATURE = ("who", "when")
_READERS: dict[str, Callable[[Any], Correction]] = {
    "merge": _read_merge, "split": _read_split, "confirm": _read_confirm, "name": _read_name,
}  # fmt: skip


def _key(visit: Any) -> VisitKey:
    return str(visit["camera"]), _whole(visit["track_id"])


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{value!r} is no id; ids are 1, 2, 3 …")
    return value


def ids_in(correction: Correction) -> Iterator[int]:
    """Yield all people that a correction speaks of."""
    if isinstance(correction, Merge):
        yield from correction.ids
    elif isinstance(correction, Split):
        yield correction.global_id
        if correction.new_global_id is not None:
            yield correction.new_global_id
    elif isinstance(correction, Name):
        yield correction.global_id
