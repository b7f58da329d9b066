"""The command line: it translates words to calls and errors to lines, and does nothing else."""

import importlib
import io
import keyword
import logging
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

from tracker.core.errors import ConfigError, OutputError, ReidTrackError, shown, suggestion
from tracker.core.extras import EXTRA_OF, how_to_get
from tracker.core.memory import keep_freed_memory
from tracker.core.stopping import interrupt_on_signals

COMMANDS = {
    "track": "follow people in one video or several cameras (the default)",
    "identities": "print who was where and when; merge and split people",
    "report": "make a page of a result: who was where, and how sure that is",
    "review": "look at a result in a browser and correct it",
    "analyse": "count people in zones and over lines",
    "search": "find a person in the crops that runs kept",
    "link": "group tracks that somebody else cut out into people",
    "recover": "make the tracks.json of a live run that was killed",
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
    if words is None:  # the process is ours
        keep_freed_memory()
    try:
        _main(list(sys.argv[1:] if words is None else words))
    except SystemExit as stop:
        if words is None:
            _leave_hung(stop.code)
        raise


def _main(arguments: list[str]) -> None:
    interrupt_on_signals()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that cannot be encoded ends nothing
            stream.reconfigure(errors="backslashreplace")
    try:
        _require_unicode(arguments)
        try:
            _dispatch(arguments)
        finally:
            _flush()
    except ReidTrackError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except MemoryError:
        _fail("out of memory; try fewer cameras at once, a smaller --imgsz or --max-frames")
    except OSError as error:  # a full disk, no more descriptors, a reader that is gone
        where = f": '{error.filename}'" if error.filename else ""
        _fail(shown(f"{error.strerror or error}{where}"))
    except Exception as error:
        _fail(_unforeseen(error))


def _require_unicode(arguments: Sequence[str]) -> None:
    """Refuse names that are no text: neither results nor libraries could hold them.

    Raises:
        ConfigError: As said.
    """
    for word in arguments:
        if any("\udc80" <= letter <= "\udcff" for letter in word):
            raise ConfigError(
                f"'{word}' is no {sys.getfilesystemencoding()} text; give the file another name"
            )


def _flush() -> None:
    """Write what is left for stdout.

    Raises:
        OutputError: It cannot be written, as to a full disk.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python, at its end, fails again
        raise OutputError(f"cannot write to stdout: {error.strerror}") from error


def _unforeseen(error: Exception) -> str:
    """Word what no part of the program foresaw; a library that is missing is no bug."""
    library = (getattr(error, "name", None) or "").partition(".")[0]
    if isinstance(error, ImportError) and library in EXTRA_OF:
        return f"this needs {library}, which is not installed; {how_to_get(library)}"
    if type(error).__name__ == "OutOfMemoryError":  # PyTorch's, which is not imported for this
        return "the GPU is out of memory; try a smaller --imgsz, --half or --device cpu"
    told = shown(f"unexpected {type(error).__name__}: {error}")
    return f"{told}. This is a bug; -vv shows where"


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
    with suppress(OSError):
        print(f"error: {message}", file=sys.stderr)
    sys.exit(1)
