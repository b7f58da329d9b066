"""What time says of two cameras: whether their views overlap, how long the way between them is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.config import LinkConfig
from tracker.core.types import BoolArray, IntArray, Visit

FEWEST = 3  # people who went from one view to the other, to say that the two do not overlap
IN_TURN = 0.75  # share of those seen by both, from which on the others are mistakes
AT_ONCE_S = 1.0  # longer in both views than clocks and boxes may err
FASTEST_SHARE = 0.5  # of the shortest way that was seen: nobody is faster
FEWEST_WAYS = 5  # to know the shortest


@dataclass(frozen=True, slots=True)
class Ways:
    """What a first decision tells of the ways between cameras.

    Attributes:
        config: What is known of the cameras.
        turns: Pairs of cameras, in the order of their names, that show nobody at once.
        shortest_s: The seconds that no way between two cameras takes, where known.
    """

    config: LinkConfig
    turns: frozenset[tuple[str, str]]
    shortest_s: Mapping[tuple[str, str], float]

    def excluded(self, visits: Sequence[Visit]) -> BoolArray | None:
        """Tell which pairs of visits to different cameras cannot be one person.

        Where cameras do not overlap nobody is in both at once. Nor is anybody much faster than all
        others were, or than the given travel times.

        Returns:
            (N, N) bool; None where time excludes nothing.
        """
        excluded = np.zeros((len(visits), len(visits)), bool)
        start, end = (np.array([getattr(v, name) for v in visits]) for name in ("start_s", "end_s"))
        for (a, here), (b, there) in combinations(_by_camera(visits), 2):
            block = np.ix_(here, there)
            gap_s = _gaps(start[here], end[here], start[there], end[there])
            if self.config.overlap == "no" or (a, b) in self.turns:
                excluded[block] |= gap_s < -AT_ONCE_S
                excluded[block] |= (gap_s > 0) & (gap_s < self.shortest_s.get((a, b), 0.0))
            for way in self.config.travel:
                forth = (way.from_camera, way.to_camera) == (a, b)
                if forth or (way.from_camera, way.to_camera) == (b, a):
                    first, second = (here, there) if forth else (there, here)
                    wait_s = start[second][None] - end[first][:, None]
                    outside = (wait_s >= 0) & ((wait_s < way.min_s) | (wait_s > way.max_s))
                    excluded[block] |= outside if forth else outside.T
        return excluded | excluded.T if excluded.any() else None


def learn_ways(people: Iterable[Sequence[Visit]], config: LinkConfig) -> Ways:
    """Learn from people, as first decided, which cameras do not overlap and how far apart they are.

    Cameras do not overlap if that is given, or if most people of the first decision went from
    one to the other in turn.
    """
    met: dict[tuple[str, str], list[list[Visit]]] = {}
    for visits in people:
        for a, b in combinations(sorted({v.camera for v in visits}), 2):
            seen = [v for v in visits if v.camera in {a, b}]
            met.setdefault((a, b), []).append(sorted(seen, key=lambda v: v.start_s))
    learned = config.overlap == "auto"
    turns = frozenset(pair for pair, meetings in met.items() if learned and _in_turn(meetings))
    return Ways(config, turns, {pair: _shortest_way(meetings) for pair, meetings in met.items()})


def _by_camera(visits: Sequence[Visit]) -> list[tuple[str, IntArray]]:
    cameras = np.array([v.camera for v in visits])
    return [(str(name), np.flatnonzero(cameras == name)) for name in np.unique(cameras)]


def _gaps(start: Floats, end: Floats, other_start: Floats, other_end: Floats) -> Floats:
    """Return the seconds (A, B) between visits; negative by how long both were in view."""
    later = np.maximum(start[:, None], other_start[None])
    return np.asarray(later - np.minimum(end[:, None], other_end[None]))


def _in_turn(meetings: Sequence[Sequence[Visit]]) -> bool:
    turns = [
        all(
            x.camera == y.camera or y.start_s > x.end_s - AT_ONCE_S for x, y in combinations(way, 2)
        )
        for way in meetings
    ]
    return sum(turns) >= FEWEST and sum(turns) >= IN_TURN * len(turns)


def _shortest_way(meetings: Sequence[Sequence[Visit]]) -> float:
    """Return the seconds that no way from one camera to the other takes; 0 if not known."""
    ways_s = [
        entered.start_s - left.end_s
        for seen in meetings
        for left, entered in pairwise(seen)
        if left.camera != entered.camera
    ]
    return FASTEST_SHARE * min(ways_s) if len(ways_s) >= FEWEST_WAYS else 0.0
