"""What the page shows of zones: where they are, and who was counted in them."""

from pathlib import Path
from typing import Any

from msgspec import to_builtins

from tracker.counting.count import count
from tracker.counting.zones import ZonesFile, read_zones_file, require_cameras, zones_of
from tracker.formats.file_result import load_result
from tracker.results.tracks_file import TracksFile

FILE_NAME = "zones.yaml"


def zones_beside(tracks: Path) -> ZonesFile:
    """Read the zones that lie beside a result; none where there are none.

    Raises:
        ConfigError: They cannot be read.
    """
    path = tracks.with_name(FILE_NAME)
    return read_zones_file(path) if path.is_file() else ZonesFile()


def zone_facts(content: TracksFile, file: ZonesFile) -> dict[str, Any] | None:
    """Return zones and counts as JSON takes them; None where there are no zones.

    Raises:
        ConfigError: They are not of this run's cameras, or no zones.
    """
    if not file.zones and not file.lines:
        return None
    zones = zones_of(file, FILE_NAME)
    names = [c.name for c in content.cameras]
    require_cameras(zones, names, [c.name for c in content.cameras if c.calibrated])
    counts = count(load_result(content), zones)
    told = to_builtins(counts)
    for zone, counted in zip(told["zones"], counts.zones, strict=True):
        del zone["stays"]
        zone["occupancy"] = counted.occupancy
    for line in told["lines"]:
        del line["crossings"]
    kept = ("people", "staff", "hours", "conversions", "zones", "lines")
    return {"file": to_builtins(file), **{name: told[name] for name in kept}}
