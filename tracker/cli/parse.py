"""Options that are more than a word: lists, sizes, ids."""

from tracker.errors import ConfigError
from tracker.models.locate import AUTO
from tracker.output.text import MotId


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
