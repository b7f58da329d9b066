"""Every error that a user can cause, in one tree.

ReidTrackError
├── ConfigError    an option, a file of options or a combination of them
├── SourceError    a video, folder, camera or detections file that cannot be read
├── WeightsError   a model that is missing, damaged, altered or of the wrong architecture
├── OutputError    a result that cannot be written, or that exists already
└── TrainingError  a training that went astray

A message is one line: what, which value, what is allowed, what to do next.
"""

import difflib
from collections.abc import Iterable

from tracker.core.address import without_logins

LONGEST = 2000  # letters of a message, whatever a file holds


class ReidTrackError(Exception):
    """Base of all errors that end a command with one line on stderr, which anybody may see."""

    def __init__(self, message: str) -> None:
        super().__init__(shown(message))


class ConfigError(ReidTrackError):
    """An option has a value that cannot be used."""


class SourceError(ReidTrackError):
    """An input cannot be read."""


class WeightsError(ReidTrackError):
    """A model cannot be found, trusted or loaded."""


class OutputError(ReidTrackError):
    """A result cannot be written."""


class TrainingError(ReidTrackError):
    """A training cannot go on."""


def shown(text: str) -> str:
    r"""Return a text as it may be printed: without logins, and with terminal codes as letters.

    >>> print(shown("no camera 'a\x1b[2J' at rtsp://me:secret@cam7/live"))
    no camera 'a\x1b[2J' at rtsp://cam7/live
    """
    text = without_logins(text)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def suggestion(value: str, allowed: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest allowed value in any case, or an empty string.

    >>> suggestion("PERSN", ["person", "car"])
    " Did you mean 'person'?"
    """
    by_letters = {name.casefold(): name for name in allowed}
    near = difflib.get_close_matches(value.casefold(), list(by_letters), n=1)
    return f" Did you mean '{by_letters[near[0]]}'?" if near else ""
