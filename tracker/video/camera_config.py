"""``cameras.yaml``: where cameras' pictures come from, their clocks and what they look at."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tracker.core.address import is_address
from tracker.core.config import OVERLAPS, Travel
from tracker.core.errors import ConfigError, SourceError, suggestion
from tracker.core.names import require_camera_name
from tracker.core.yaml_file import read_yaml
from tracker.video.calibration import KEYS as CALIBRATION_KEYS
from tracker.video.calibration import read_calibration
from tracker.video.cameras import NO_SOURCE, CameraSpec, is_webcam

_FILE_KEYS = ("cameras", "overlap", "travel")
_CAMERA_KEYS = ("source", "stream", "offset", "start", *CALIBRATION_KEYS)
_TRAVEL_KEYS = ("from", "to", "min_s", "max_s", "both")
_YAML_WORDS = {True: "yes", False: "no"}  # how YAML reads a bare yes and no


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """What ``cameras.yaml`` says; without one, nothing."""

    cameras: Mapping[str, CameraSpec] = field(default_factory=dict)  # by name
    # whether cameras see one place at once, see `LinkConfig`; None where it is not said
    overlap: str | None = None
    travel: tuple[Travel, ...] = ()  # times between cameras, one for each direction


def load_camera_config(path: Path) -> CameraConfig:
    """Read ``cameras.yaml``; a camera is ``NAME: SOURCE`` or ``NAME: {source: SOURCE, …}``.

    A relative path in it is relative to the file.

    Raises:
        ConfigError: Missing, not YAML, of another shape, or with values that cannot be used.
    """
    try:
        content = read_yaml(path)
    except SourceError as error:
        raise ConfigError(f"--config {error}") from error
    entries = content.get("cameras") if isinstance(content, dict) else None
    if not isinstance(entries, dict) or not entries:
        raise ConfigError(f"--config {path} has no 'cameras:' with names and sources")
    label = f"--config {path}"
    _require_known(label, content, _FILE_KEYS)
    cameras = {str(name): _camera(path, str(name), entry) for name, entry in entries.items()}
    travel = tuple(_travel(label, content.get("travel"), list(cameras)))
    return CameraConfig(cameras, _overlap(label, content), travel)


def _camera(path: Path, name: str, entry: object) -> CameraSpec:
    try:
        require_camera_name(name)
    except ConfigError as error:
        raise ConfigError(f"--config {path}: {error}") from None
    label = f"--config {path}: camera '{name}'"
    entry = entry if isinstance(entry, dict) else {"source": entry}
    _require_known(label, entry, _CAMERA_KEYS)
    source = _source(path, label, entry)
    if "offset" in entry and "start" in entry:
        raise ConfigError(f"{label} has an offset and a start; give one of them")
    offset_s = _number(label, entry, "offset", 0.0)
    start = _start(label, entry["start"]) if "start" in entry else None
    stream = entry.get("stream")
    if not (stream is None or (type(stream) is int and stream >= 0)):
        raise ConfigError(f"{label}: stream is '{stream}'; it must be a number from 0")
    ground = read_calibration(label, entry)
    return CameraSpec(name, source, offset_s, start, ground, stream=stream)


def _source(path: Path, label: str, entry: Mapping[Any, Any]) -> str:
    source = entry.get("source")
    if isinstance(source, int):
        return str(source)
    if not isinstance(source, str) or not source:
        raise ConfigError(f"{label} has no source")
    if source == NO_SOURCE or is_webcam(source) or is_address(source):
        return source
    return str(path.parent / source)


def _start(label: str, value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, date):
            raise ValueError
        return datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ConfigError(
            f"{label}: start is '{value}'; write a date and a time, 2026-01-05T10:00:00.250"
        ) from error


def _overlap(label: str, content: Mapping[Any, Any]) -> str | None:
    value = content.get("overlap")
    value = _YAML_WORDS.get(value, value) if isinstance(value, bool) else value
    if value is not None and value not in OVERLAPS:
        raise ConfigError(f"{label}: overlap is '{value}'; allowed are: {', '.join(OVERLAPS)}")
    return value


def _travel(label: str, entries: object, cameras: list[str]) -> Iterator[Travel]:
    """Yield the times of each direction; none for None."""
    if entries is not None and not isinstance(entries, list):
        raise ConfigError(f"{label}: travel is a list of {{from: …, to: …, min_s: …, max_s: …}}")
    given: set[tuple[str, str]] = set()
    for entry in entries or []:
        for way in _ways(label, entry, cameras):
            if (way.from_camera, way.to_camera) in given:
                pair = f"from '{way.from_camera}' to '{way.to_camera}'"
                raise ConfigError(
                    f"{label}: travel {pair} is given twice; each way counts both directions "
                    "unless it has 'both: false'"
                )
            given.add((way.from_camera, way.to_camera))
            yield way


def _ways(label: str, entry: object, cameras: list[str]) -> list[Travel]:
    if not isinstance(entry, dict) or not {"from", "to"} <= set(entry):
        raise ConfigError(f"{label}: travel has an entry without 'from' and 'to': {entry}")
    _require_known(f"{label}: travel", entry, _TRAVEL_KEYS)
    start, end = str(entry["from"]), str(entry["to"])
    for name in (start, end):
        if name not in cameras:
            raise ConfigError(
                f"{label}: travel names no camera '{name}'.{suggestion(name, cameras)} "
                f"The cameras are: {', '.join(cameras)}"
            )
    where = f"{label}: travel from '{start}' to '{end}'"
    least, most = (_number(where, entry, k, v) for k, v in (("min_s", 0.0), ("max_s", math.inf)))
    both = entry.get("both", True)
    if start == end or not {"min_s", "max_s"} & set(entry) or not isinstance(both, bool):
        raise ConfigError(f"{where} needs two cameras, min_s or max_s, and true or false for both")
    if not 0 <= least <= most:
        raise ConfigError(f"{where} is {least:g} to {most:g} s; allowed is 0 <= min_s <= max_s")
    way = Travel(start, end, least, most)
    return [way, Travel(end, start, least, most)] if both else [way]


def _number(label: str, entry: Mapping[Any, Any], key: str, otherwise: float) -> float:
    if key not in entry:
        return otherwise
    value = entry[key]
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(f"{label}: {key} is '{value}'; it must be a number of seconds")
    return number


def _require_known(label: str, entry: Mapping[Any, Any], known: tuple[str, ...]) -> None:
    for key in entry:
        if key not in known:
            raise ConfigError(
                f"{label} has an unknown key '{key}'.{suggestion(str(key), known)} "
                f"Known are: {', '.join(known)}"
            )
