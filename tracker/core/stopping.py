"""Ctrl-C as a request: what is in hand is finished and saved, then the program ends."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


def interrupt_on_signals() -> None:
    """Treat a polite kill and a terminal that closes like Ctrl-C from here on."""
    for number in _SIGNALS[1:]:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class StopRequest:
    """Counts, while it is entered, how often the user wanted to stop.

    Whoever works looks at it between two frames or steps, so that nothing is cut off in between.

    Args:
        patience: Requests that are only counted; a further Ctrl-C raises KeyboardInterrupt.
    """

    def __init__(self, patience: int = 1) -> None:
        self.count = 0
        self._patience = patience
        self._before: dict[int, Any] = {}

    def ask(self) -> None:
        """Ask to stop."""
        self.count += 1

    @property
    def made(self) -> bool:
        """Whether there was a request."""
        return self.count > 0

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        # torchrun adds a SIGTERM to each Ctrl-C, so only Ctrl-C itself cuts short.
        if self.count >= self._patience and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.ask()
