"""One clock for all cameras of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tracker.core.errors import ConfigError, suggestion
from tracker.video.cameras import CameraSpec


def set_offsets(cameras: Sequence[CameraSpec], offsets: Mapping[str, float]) -> list[CameraSpec]:
    """Give every camera its offset: the one in `offsets`, else by its start time, else its own.

    With start times the earliest of them is the run's zero.

    Raises:
        ConfigError: `offsets` names a camera that is not there, or start times cannot be compared.
    """
    names = [camera.name for camera in cameras]
    for name in offsets:
        if name not in names:
            there = f"the cameras are: {', '.join(names)}" if names else "there are only boxes"
            raise ConfigError(f"--offset: no camera '{name}'.{suggestion(name, names)} {there}")
    starts = {c.name: c.start for c in cameras if c.start is not None}
    if not starts:
        return [replace(c, offset_s=offsets.get(c.name, c.offset_s)) for c in cameras]
    since_s = _since_earliest(starts)
    for name in names:
        if name not in {**starts, **offsets}:
            raise ConfigError(
                f"camera '{name}' has no 'start:' but '{next(iter(starts))}' has one; "
                f"give all of them one, or --offset {name}=SECONDS"
            )
    return [replace(c, offset_s={**since_s, **offsets}[c.name]) for c in cameras]


def _since_earliest(starts: Mapping[str, datetime]) -> dict[str, float]:
    if len({start.utcoffset() is None for start in starts.values()}) > 1:
        told = ", ".join(f"{name} {start.isoformat()}" for name, start in starts.items())
        raise ConfigError(f"some start times have a time zone and others have none: {told}")
    zero = min(starts.values())
    return {name: (start - zero).total_seconds() for name, start in starts.items()}
