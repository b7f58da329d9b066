"""Read a YAML file that may be anybody's: plain data of a few levels, and no more."""

from pathlib import Path
from typing import Any

import yaml

from tracker.core.errors import SourceError
from tracker.core.foreign import MOST_SETTINGS_BYTES, read_text, understanding

DEEPEST = 10  # cameras.yaml needs five
_OPENS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSES = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


def read_yaml(path: Path) -> Any:
    """Read plain data; references (``&a``, ``*a``), of which bombs are made, are refused.

    Raises:
        SourceError: Missing, not YAML, too large or too deep; no line of the file is shown, which
            may have a password.
    """
    text = read_text(path, "YAML", MOST_SETTINGS_BYTES)
    with understanding(path, "YAML"):
        try:
            _require_plain(text, path)
            return yaml.safe_load(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
            told = (error.problem or "no YAML").partition("'")[0].strip()
            raise SourceError(f"{path} cannot be read as YAML: {where}{told}") from None


def _require_plain(text: str, path: Path) -> None:
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, _OPENS) - isinstance(event, _CLOSES)
        if depth > DEEPEST or isinstance(event, yaml.AliasEvent):
            kind = f"more than {DEEPEST} levels" if depth > DEEPEST else "a reference (*)"
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise SourceError(f"{path}, line {line}: {kind} in YAML; write the values out")
