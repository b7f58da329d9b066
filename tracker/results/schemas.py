"""The JSON Schemas of all files, made from their records.

``python -m tracker.results.schemas DIR`` writes them; the repository has them in docs/schemas.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tracker.results.corrections_file import CorrectionsFile
from tracker.results.counts_file import CountsFile
from tracker.results.events_file import Event
from tracker.results.identities_json import IdentitiesFile
from tracker.results.journal import JournalLine
from tracker.results.record import schema_of
from tracker.results.search_file import SearchFile
from tracker.results.tracks_file import TracksFile

FILES: dict[str, tuple[Any, str]] = {
    "tracks": (TracksFile, "reid-track/1: people in the videos of one or several cameras"),
    "identities": (IdentitiesFile, "reid-track-identities/1: people in tracks of somebody else"),
    "corrections": (CorrectionsFile, "reid-track-corrections/1: what a person said of a result"),
    "counts": (CountsFile, "reid-track-counts/1: people in zones and over lines"),
    "events": (Event, "One line of --events: what happened to a person in view"),
    "journal": (JournalLine, "One line of a live run's journal, reid-track-journal/1"),
    "search": (SearchFile, "reid-track-search/1: people who look like somebody"),
}


def load_schema(name: str = "tracks") -> dict[str, Any]:
    """Return the JSON Schema that every tracks.json fulfils, or that of another file."""
    return schema_of(*FILES[name])


if __name__ == "__main__":
    for file in FILES:
        text = json.dumps(load_schema(file), indent=2) + "\n"
        (Path(sys.argv[1]) / f"{file}.schema.json").write_text(text, encoding="utf-8")
