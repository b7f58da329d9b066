"""What cameras may be called: a name becomes a file, a folder, a cell and a word on the screen."""

import re

from tracker.core.errors import ConfigError

# Python's and JSON Schema's: the end is said so, since `$` lets a line break through.
CAMERA_NAME = r"^\w[\w .-]{0,99}(?![\s\S])"
PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]*(?![\s\S])"


def require_camera_name(name: str) -> None:
    """Refuse a name that no file could have, or that could lead out of its folder.

    Raises:
        ConfigError: As said.
    """
    if not re.match(CAMERA_NAME, name):
        raise ConfigError(
            f"'{name}' cannot name a camera; use up to 100 letters, digits, blanks, _ - and ., "
            "beginning with a letter, a digit or _"
        )


def camera_name_from(text: str) -> str:
    """Make a camera's name of a file's or a host's; empty where nothing of it can stay.

    >>> camera_name_from("-cam7:554/live"), camera_name_from("..")
    ('cam7_554_live', '')
    """
    return re.sub(r"[^\w.-]+", "_", text).strip("._-")[:100]
