"""``zones.yaml``: polygons and directed lines, in a camera's pixels or in metres on the map."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec
import numpy as np
import yaml
from msgspec import Meta

from tracker.core.atomic import replacing
from tracker.core.errors import ConfigError, suggestion
from tracker.core.ground import Places
from tracker.core.types import BoolArray
from tracker.core.yaml_file import read_yaml
from tracker.results.record import Name, Record

if TYPE_CHECKING:
    from shapely import Polygon

Point = tuple[float, float]
Points = Annotated[tuple[Point, ...], Meta(min_length=3)]


class PolygonEntry(Record):
    """A part of a zone, in one camera's pixels; without a camera, in metres on the map."""

    polygon: Points
    camera: Name | None = None


class LineEntry(Record):
    """A line from one point to another, likewise; who crosses it to its right goes in."""

    line: tuple[Point, Point]
    camera: Name | None = None


class StaffEntry(Record):
    """Who is not counted: people of these names, and whoever was in one of these zones."""

    names: tuple[Name, ...] = ()
    zones: tuple[Name, ...] = ()


class ZonesFile(Record):
    """What zones.yaml says."""

    zones: dict[Name, PolygonEntry | Annotated[tuple[PolygonEntry, ...], Meta(min_length=1)]] = (
        msgspec.field(default_factory=dict)
    )
    lines: dict[Name, LineEntry] = msgspec.field(default_factory=dict)
    staff: StaffEntry = msgspec.field(default_factory=StaffEntry)


@dataclass(frozen=True)
class Zone:
    """Where people are or are not.

    Attributes:
        name: Of the zone; parts in several cameras share it.
        camera: In whose pixels it is; None for metres on the map.
        corners: (x, y) in turn around it.
    """

    name: str
    camera: str | None
    corners: Points

    @cached_property
    def shape(self) -> "Polygon":
        """The polygon as Shapely has it."""
        import shapely

        shape = shapely.Polygon(self.corners)
        shapely.prepare(shape)
        return shape

    def states(self, points: Places) -> BoolArray:
        """Tell which points (N, 2) are inside, (N,)."""
        import shapely

        return np.asarray(shapely.intersects_xy(self.shape, points[:, 0], points[:, 1]))


@dataclass(frozen=True)
class Line:
    """What people cross, from one side to the other.

    Attributes:
        name: Of the line.
        camera: In whose pixels it is; None for metres on the map.
        ends: Its first and last point.
    """

    name: str
    camera: str | None
    ends: tuple[Point, Point]

    def states(self, points: Places) -> BoolArray:
        """Tell which points (N, 2) are to the right of one who walks from its start, (N,).

        In a picture, as one sees it: y goes down there, and up on the map.
        """
        right = _turn(self.ends[0], self.ends[1], points) > 0
        return right if self.camera is not None else ~right

    def passed(self, before: Point, after: Point) -> bool:
        """Tell whether the way between two points goes through the line, not past its ends."""
        one, other = _turn(before, after, np.array(self.ends)).tolist()
        return bool(one * other <= 0)


Shape: TypeAlias = Zone | Line


def _turn(start: Point, end: Point, points: Places) -> Places:
    """Return the cross product (N,) of start to end and start to each point (N, 2)."""
    (x, y), (dx, dy) = start, np.subtract(end, start)
    return np.asarray(dx * (points[:, 1] - y) - dy * (points[:, 0] - x))


@dataclass(frozen=True, slots=True)
class Zones:
    """All that people are counted in, and who is not counted.

    Attributes:
        shapes: Zones, a part in each camera, and lines.
        staff_names: Names of people who are not counted.
        staff_zones: Whoever was in one of these zones is not counted either.
    """

    shapes: tuple[Shape, ...] = ()
    staff_names: frozenset[str] = frozenset()
    staff_zones: frozenset[str] = field(default=frozenset())

    def seen_by(self, camera: str) -> Iterator[Shape]:
        """Yield what one camera can tell about: its own, and what is on the map."""
        yield from (s for s in self.shapes if s.camera in (camera, None))

    @property
    def zones(self) -> list[str]:
        """The names of zones, each once."""
        return list(dict.fromkeys(s.name for s in self.shapes if isinstance(s, Zone)))

    @property
    def lines(self) -> list[str]:
        """The names of lines."""
        return [s.name for s in self.shapes if isinstance(s, Line)]


def read_zones(path: Path) -> Zones:
    """Read ``zones.yaml`` and check it.

    Raises:
        SourceError: Missing, or not YAML.
        ConfigError: Of another shape, or a polygon that crosses itself.
    """
    return zones_of(read_zones_file(path), f"--zones {path}")


def read_zones_file(path: Path) -> ZonesFile:
    """Read what a ``zones.yaml`` says.

    Raises:
        SourceError: Missing, or not YAML.
        ConfigError: Of another shape.
    """
    return parse_zones(read_yaml(path), f"--zones {path}")


def parse_zones(content: Any, label: str) -> ZonesFile:
    """Take what a zones.yaml says; `label` begins errors."""
    try:
        return msgspec.convert(content, ZonesFile, strict=True)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        where = place.strip("`") or "$"
        raise ConfigError(f"{label}: {problem[0].lower()}{problem[1:]}, at {where}") from error


def zones_of(file: ZonesFile, label: str) -> Zones:
    """Check what a zones.yaml says and take it.

    Raises:
        ConfigError: A polygon crosses itself, a line has no length, staff is in no zone.
    """
    shapes: list[Shape] = []
    for name, parts in file.zones.items():
        for part in [parts] if isinstance(parts, PolygonEntry) else parts:
            shapes.append(Zone(name, part.camera, part.polygon))
    _require_sound(label, [s for s in shapes if isinstance(s, Zone)])
    for name, entry in file.lines.items():
        if entry.line[0] == entry.line[1] or not np.isfinite(entry.line).all():
            raise ConfigError(f"{label}: line '{name}' needs two different points")
        if name in file.zones:
            raise ConfigError(f"{label}: '{name}' is a zone and a line; call one something else")
        shapes.append(Line(name, entry.camera, entry.line))
    if not shapes:
        raise ConfigError(f"{label} has no 'zones:' and no 'lines:'")
    for name in file.staff.zones:
        if name not in file.zones:
            hint = suggestion(name, list(file.zones))
            raise ConfigError(f"{label}: staff names no zone '{name}'.{hint}")
    return Zones(tuple(shapes), frozenset(file.staff.names), frozenset(file.staff.zones))


def write_zones(file: ZonesFile, path: Path) -> None:
    """Write a ``zones.yaml``.

    Raises:
        OutputError: It cannot be written.
    """
    text = yaml.safe_dump(
        msgspec.to_builtins(file, builtin_types=()), sort_keys=False, default_flow_style=None,
        allow_unicode=True, width=100,
    )  # fmt: skip
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def require_cameras(zones: Zones, cameras: Collection[str], calibrated: Collection[str]) -> None:
    """Refuse zones that no camera of a run can see.

    Raises:
        ConfigError: A camera is not there, or none is calibrated for what is on the map.
    """
    for shape in zones.shapes:
        if shape.camera is None and not calibrated:
            raise ConfigError(
                f"--zones: '{shape.name}' is on the map, but no camera is calibrated; "
                "give it a camera"
            )
        if shape.camera is not None and shape.camera not in cameras:
            hint = suggestion(shape.camera, list(cameras))
            raise ConfigError(
                f"--zones: '{shape.name}' is in camera '{shape.camera}', which is not there."
                f"{hint} The cameras are: {', '.join(cameras)}"
            )


def _require_sound(label: str, zones: list[Zone]) -> None:
    from shapely.validation import explain_validity

    for zone in zones:
        why = explain_validity(zone.shape)
        if why != "Valid Geometry" or not zone.shape.area:
            told = why if zone.shape.area else "it has no area"
            raise ConfigError(f"{label}: zone '{zone.name}' is no polygon: {told}")
