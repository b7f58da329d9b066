"""Nobody is in one camera twice at once."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from tracker.core.errors import ConfigError
from tracker.results.tracks_file import PersonVisit

_LISTED = 12  # people or visits in a message


def at_once(
    one: Sequence[PersonVisit], other: Sequence[PersonVisit]
) -> Iterator[tuple[PersonVisit, PersonVisit]]:
    """Yield the visits to one camera that share an instant."""
    for a, b in product(one, other):
        if a.camera == b.camera and a.enter_s <= b.leave_s and b.enter_s <= a.leave_s:
            yield a, b


def require_apart(
    what: str, one: int, other: int, these: Sequence[PersonVisit], those: Sequence[PersonVisit]
) -> None:
    """Refuse to make these visits of one person and those of another one person's.

    Raises:
        ConfigError: Two share an instant in one camera; `what` begins the message.
    """
    for a, b in at_once(these, those):
        raise ConfigError(
            f"{what}: {a} of person {one} ({a.enter_s:g}-{a.leave_s:g} s) and {b} of "
            f"person {other} ({b.enter_s:g}-{b.leave_s:g} s) share an instant; nobody is "
            "in one camera twice at once"
        )


def listed(items: Iterable[object]) -> str:
    """Name the first dozen and say how many more there are."""
    words = [str(item) for item in items]
    more = len(words) - _LISTED
    return ", ".join(words[:_LISTED]) + (f" and {more} more" if more > 0 else "")
