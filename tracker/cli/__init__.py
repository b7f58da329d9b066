"""The command line: it translates words to calls and errors to lines, and does nothing else."""

import importlib
import keyword
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from tracker.core.errors import ConfigError, ReidTrackError, suggestion

COMMANDS = {
    "track": "follow people in one video or several cameras (the default)",
    "identities": "print who was where and when; merge and split people",
    "report": "make a page of a result: who was where, and how sure that is",
    "review": "look at a result in a browser and correct it",
    "analyse": "count people in zones and over lines",
    "search": "find a person in the crops that runs kept",
    "link": "group tracks that somebody else cut out into people",
    "evaluate": "score tracks against a truth, or ReID networks on known people",
    "train": "train the networks that tracking uses",
    "export": "write tracks for other tools, and networks for other runtimes",
    "import": "read tracks of other tools",
    "explain": "show what a network looks at",
    "weights": "list, fetch and verify models",
    "doctor": "say what this machine has: versions, devices, codecs, models",
}
HELP = {"help_option_names": ["-h", "--help"]}
INTERRUPTED = 130  # the shell's convention for Ctrl-C: 128 + SIGINT

logger = logging.getLogger("tracker")


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    A first word that names a command runs it; anything else is a source to track. Exit codes:
    0 done, 1 failed, 2 an unknown option or a number out of its range, 130 interrupted.
    """
    try:
        _main(list(sys.argv[1:] if words is None else words))
    except SystemExit as stop:
        if words is None:
            _leave_hung(stop.code)
        raise


def _main(arguments: list[str]) -> None:
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _dispatch(arguments)
    except ReidTrackError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:
        _fail(f"unexpected {type(error).__name__}: {error}. This is a bug; -vv shows where")


def _dispatch(arguments: list[str]) -> None:
    command = arguments[0] if arguments and arguments[0] in COMMANDS else None
    if arguments and command is None:
        _refuse_misspelt(arguments[0])
    if command in (None, "track"):
        from tracker.cli.track import app

        rest = arguments[1:] if command else arguments
        app(rest, prog_name="reid-track")
        return
    name = f"{command}_command" if keyword.iskeyword(command or "") else command
    module = importlib.import_module(f"tracker.cli.{name}")  # only that command's libraries
    module.app(arguments[1:], prog_name=f"reid-track {command}")


def _refuse_misspelt(word: str) -> None:
    """Refuse what is nearly a command and no file: it would be looked for as a video.

    Raises:
        ConfigError: As said.
    """
    near = suggestion(word, COMMANDS) if word.isalpha() and not os.path.exists(word) else ""
    if near:
        raise ConfigError(f"'{word}' is neither a command nor a file here.{near}")


def _leave_hung(code: object) -> None:
    """End the process at once if a thread hangs, as in a read of a dead stream.

    Python would let it run on into its own end, and crash there.
    """
    if any(thread.daemon for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


def _fail(message: str) -> None:
    if logger.isEnabledFor(logging.DEBUG):
        logger.exception("traceback, as -vv asks for:")
    print(f"error: {message}", file=sys.stderr)
    sys.exit(1)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Treat a polite kill like Ctrl-C: finish the files, then leave."""
    raise KeyboardInterrupt
