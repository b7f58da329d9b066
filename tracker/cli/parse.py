"""Options that are more than a word: lists, sizes, ids."""

import math
from collections.abc import Sequence

from tracker.core.errors import ConfigError
from tracker.formats.mot import MotId
from tracker.models.locate import AUTO
from tracker.results.corrections_file import Correction, Split
from tracker.results.record import VisitRef


def split_list(text: str, option: str) -> tuple[str, ...]:
    """Split a comma-separated option.

    Raises:
        ConfigError: An item is empty; an empty filter must not mean everything.
    """
    items = tuple(item.strip() for item in text.split(","))
    if not all(items):
        raise ConfigError(f"{option} '{text}' has an empty item; separate by single commas")
    return items


def parse_mot_id(text: str) -> MotId:
    """Read ``--mot-id``.

    Raises:
        ConfigError: Neither track nor person.
    """
    if text == "track":
        return "track"
    if text == "person":
        return "person"
    raise ConfigError(f"--mot-id is '{text}'; allowed are: track, person")


def parse_camera_motion(text: str) -> bool:
    """Read ``--camera-motion``.

    Raises:
        ConfigError: Neither auto nor off.
    """
    if text not in ("auto", "off"):
        raise ConfigError(f"--camera-motion is '{text}'; allowed are: auto, off")
    return text == "auto"


def parse_imgsz(text: str) -> int | tuple[int, int] | None:
    """Read ``--imgsz``: ``640``, height and width ``480,640``, or ``auto`` for the model's own.

    Raises:
        ConfigError: Neither.
    """
    if text == AUTO:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts) or len(parts) not in (1, 2):
        raise ConfigError(f"--imgsz is '{text}'; give auto, a number such as 640, or HEIGHT,WIDTH")
    return int(parts[0]) if len(parts) == 1 else (int(parts[0]), int(parts[1]))


def parse_size(text: str) -> tuple[int, int]:
    """Read the ``--size`` of pictures: ``1920x1080`` as (width, height).

    Raises:
        ConfigError: Not two positive numbers.
    """
    return parse_sides(text, "WIDTHxHEIGHT, for example 1920x1080")


def parse_sides(text: str, wanted: str) -> tuple[int, int]:
    """Read a ``--size`` of two numbers in the order given; `wanted` says which that is.

    Raises:
        ConfigError: Not two positive numbers.
    """
    first, _, second = text.lower().partition("x")
    if not (first.isdecimal() and second.isdecimal() and int(first) and int(second)):
        raise ConfigError(f"--size is '{text}'; give {wanted}")
    return int(first), int(second)


def parse_offsets(items: Sequence[str]) -> dict[str, float]:
    """Read the items of ``--offset``: ``cam2=+1.2,cam3=-0.5`` as seconds by camera name.

    Raises:
        ConfigError: An item is not NAME=SECONDS, or a camera is named twice.
    """
    offsets: dict[str, float] = {}
    for item in (i for text in items for i in split_list(text, "--offset")):
        name, _, text = item.rpartition("=")
        try:
            seconds = float(text)
        except ValueError:
            seconds = math.nan
        if not name or not math.isfinite(seconds):
            raise ConfigError(f"--offset '{item}' is not CAMERA=SECONDS, for example cam2=+1.2")
        if name in offsets:
            raise ConfigError(f"--offset names '{name}' twice: {offsets[name]:g} and {seconds:g} s")
        offsets[name] = seconds
    return offsets


def parse_merge(text: str) -> Correction:
    """Read ``--merge``: ``3,7``, the global ids of one person.

    Raises:
        ConfigError: No such list.
    """
    items = split_list(text, "--merge")
    if not all(map(_is_id, items)):
        raise ConfigError(f"--merge is '{text}'; give the ids of one person, such as 3,7")
    return Correction(merge=tuple(map(int, items)))


def parse_split(text: str) -> Correction:
    """Read ``--split``: ``5:cam2/12,cam1/3``, a person and the visits that are somebody else's.

    Raises:
        ConfigError: Not of that form.
    """
    person, _, rest = text.partition(":")
    visits = [item.rpartition("/") for item in split_list(rest, "--split")] if rest else []
    if not (_is_id(person) and visits and all(c and _is_id(number) for c, _, number in visits)):
        raise ConfigError(f"--split is '{text}'; give PERSON:CAMERA/TRACK, such as 5:cam2/12")
    taken = tuple(VisitRef(camera, int(number)) for camera, _, number in visits)
    return Correction(split=Split(int(person), taken))


def _is_id(text: str) -> bool:
    return text.isdecimal() and int(text) > 0


def parse_counts(text: str, option: str) -> tuple[int, ...]:
    """Read numbers from 1 up, separated by commas.

    Raises:
        ConfigError: Anything else.
    """
    items = split_list(text, option)
    if not all(item.isdecimal() and int(item) > 0 for item in items):
        raise ConfigError(f"{option} is '{text}'; give numbers from 1 up, such as 14,5,4")
    return tuple(map(int, items))
