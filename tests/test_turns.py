"""Visits that take turns are put together; those of two people are not."""

import numpy as np

from tracker.core.types import Visit
from tracker.tracking.alternation import join_turns, takes_turns

FPS = 10


def visit(frames: np.ndarray, number: int = 1, aside: float = 0.0) -> Visit:
    """A person who walks to the right by 10 pixels a frame, seen in these frames."""
    left = 100 + 10 * frames + aside
    boxes = np.stack([left, np.full_like(left, 50), left + 40, np.full_like(left, 150)], axis=1)
    seen = np.ones(len(frames), bool)
    return Visit(
        "cam", number, frames.astype(np.int64), frames / FPS, boxes.astype(np.float32),
        seen.astype(np.float32), seen, np.zeros((1, 512), np.float32),
    )  # fmt: skip


def turns(*, aside: float = 0.0) -> tuple[Visit, Visit]:
    frames = np.arange(40.0)
    first = frames // 8 % 2 == 0
    return visit(frames[first]), visit(frames[~first], 2, aside)


def test_one_person_followed_as_two_becomes_one_visit() -> None:
    one, other = turns()
    (both,) = join_turns([one, other])
    assert both.track_id == 1
    assert both.frame.tolist() == list(range(40))
    assert np.allclose(np.diff(both.xyxy[:, 0]), 10)
    assert len(both.embeddings) == 2


def test_who_stands_elsewhere_is_somebody_else() -> None:
    assert not takes_turns(*turns(aside=120))


def test_who_is_seen_at_once_is_somebody_else() -> None:
    one, other = turns()
    assert not takes_turns(visit(np.arange(40.0)), other)
    assert takes_turns(one, other)


def test_one_change_proves_nothing() -> None:
    frames = np.arange(40.0)
    assert not takes_turns(visit(frames[:20]), visit(frames[20:], 2))
    parts = [visit(frames[:10]), visit(frames[10:20], 2), visit(frames[20:], 3)]
    assert len(join_turns(parts)) == 3
