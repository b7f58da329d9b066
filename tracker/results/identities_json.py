"""identities.json, schema ``reid-track-identities/1``: people in tracks that others cut out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracker import __version__
from tracker.core.atomic import replacing
from tracker.core.types import Link, VisitKey, global_ids
from tracker.identity.offline import Linked
from tracker.results.result import ModelUse
from tracker.results.tracks_json import (
    in_lines,
    link_entry,
    load_schema,
    model_entry,
    suggestion_entries,
)

SCHEMA = "reid-track-identities/1"


def load_identities_schema() -> dict[str, Any]:
    """Return the JSON Schema that every identities.json fulfils."""
    return load_schema("identities.schema.json")


def write_identities_json(
    linked: Linked, reid: ModelUse, path: Path, *, names: Mapping[VisitKey, str], timed: bool
) -> None:
    """Write which tracks are one person, and why.

    Args:
        linked: People whose tracklets' ids are ours, and why.
        reid: The model that compared them.
        path: The file.
        names: How the user calls each tracklet's track.
        timed: Whether the tracks' times were known; without them there are no gaps.

    Raises:
        OutputError: The file cannot be written.
    """
    person_of = global_ids(linked.identities)
    doubtful = suggestion_entries(linked.suggestions)
    for rows in doubtful.values():
        for row, link in zip(rows, linked.suggestions, strict=True):
            row |= {"first": _named(link.first, names), "second": _named(link.second, names)}
    head = {
        "schema": SCHEMA,
        "generator": {"name": "reid-track", "version": __version__},
        "models": {"reid": model_entry(reid)},
        **doubtful,
    }
    identities = (
        {"global_id": p.global_id, "tracks": [_named(t.key, names) for t in p.visits]}
        for p in linked.identities
    )
    explained = (_link(link, person_of[link.second], names, timed=timed) for link in linked.links)
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        out.writelines(in_lines(head, identities=identities, links=explained))


def own_name(name: str) -> int | str:
    """Return a track's name as a number if it is one and reads the same.

    >>> own_name("12"), own_name("012"), own_name("a12")
    (12, '012', 'a12')
    """
    return int(name) if name.isdecimal() and str(int(name)) == name else name


def _link(
    link: Link, global_id: int, names: Mapping[VisitKey, str], *, timed: bool
) -> dict[str, Any]:
    entry = link_entry(link, global_id)
    entry["first"] = _named(link.first, names)
    entry["second"] = _named(link.second, names)
    if link.runner_up is not None and entry["runner_up"] is not None:
        entry["runner_up"] |= _named(link.runner_up, names)
    return entry if timed else entry | {"gap_s": None}


def _named(key: VisitKey, names: Mapping[VisitKey, str]) -> dict[str, Any]:
    return {"camera": key[0], "track_id": own_name(names[key])}
