"""What people looked like whose visits are no longer at hand: one row for each of them."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import EMBEDDING_SIZE, Visit, VisitKey

MOST_PEOPLE = 20_000  # 60 MB
NOBODY = 0  # people are numbered from 1
TINY = 1e-12
NO_VIEWS = np.zeros((0, EMBEDDING_SIZE), np.float32)
FIRST_ROOM = 64  # rows, doubled whenever they are full


class RememberedPeople:
    """Remembers whoever was seen, long after: the sum of their looks, and their last visit.

    Args:
        most: People; of more the one is forgotten who was seen longest ago.
    """

    def __init__(self, most: int = MOST_PEOPLE) -> None:
        self._most = most
        self._sum = np.zeros((min(FIRST_ROOM, most), EMBEDDING_SIZE), np.float32)
        self._length = np.zeros(len(self._sum), np.float32)
        self._person = np.full(len(self._sum), NOBODY)
        self._row: dict[int, int] = {}  # by person, in the order in which they were last taken in
        self._visit: dict[int, Visit] = {}  # of each person the last one, its ends alone
        self._free = list(range(len(self._sum)))

    def __len__(self) -> int:
        return len(self._row)

    def take_in(self, person: int, visit: Visit) -> list[VisitKey]:
        """Remember a visit that is over; return the keys of those that it stands for from now on.

        A person is known by the key of the last visit that was taken in.
        """
        gone = [self._visit[person].key] if person in self._visit else []
        row = self._row.pop(person, None)
        if row is None:
            gone += self._make_room()
            row = self._free.pop()
        self._row[person], self._person[row] = row, person
        ends = visit.rows(np.array([0, len(visit.frame) - 1]))
        self._visit[person] = replace(ends, embeddings=NO_VIEWS)  # else they stay in memory
        self._sum[row] += visit.embeddings.sum(axis=0)
        self._length[row] = np.linalg.norm(self._sum[row])
        return gone

    def merge(self, kept: int, gone: int) -> list[VisitKey]:
        """Make two people one; return the keys under which nobody is remembered any more."""
        if gone not in self._row:
            return []
        row, visit = self._row.pop(gone), self._visit.pop(gone)
        if kept not in self._row:
            self._row[kept], self._visit[kept], self._person[row] = row, visit, kept
            return []
        mine = self._row[kept]
        self._sum[mine] += self._sum[row]
        self._length[mine] = np.linalg.norm(self._sum[mine])
        self._empty(row)
        first, last = sorted((self._visit[kept], visit), key=lambda v: v.end_s)
        self._visit[kept] = last
        return [first.key]

    def alike(self, look: Floats, count: int, without: Collection[int] = ()) -> list[Visit]:
        """Return the last visits of those who look most like (512,), each with one view: the mean.

        Args:
            look: Of unit length.
            count: How many at most.
            without: People who are not asked for.
        """
        asked = np.flatnonzero((self._person != NOBODY) & ~np.isin(self._person, list(without)))
        likeness = self._sum @ look.astype(np.float32) / np.maximum(self._length, TINY)
        count = min(count, len(asked))
        if not count:
            return []
        best = asked[np.argpartition(-likeness[asked], count - 1)[:count]]
        return [self._seen(int(row)) for row in best[np.lexsort((best, -likeness[best]))]]

    def _seen(self, row: int) -> Visit:
        visit = self._visit[int(self._person[row])]
        mean = self._sum[row] / max(float(self._length[row]), TINY)
        return Visit(
            camera=visit.camera, track_id=visit.track_id, frame=visit.frame, time_s=visit.time_s,
            xyxy=visit.xyxy, score=visit.score, observed=visit.observed,
            embeddings=mean[None],
        )  # fmt: skip

    def _make_room(self) -> list[VisitKey]:
        """Have a free row; return the key of whoever was forgotten for it."""
        if self._free:
            return []
        if len(self._row) >= self._most:
            oldest = next(iter(self._row))
            self._empty(self._row.pop(oldest))
            return [self._visit.pop(oldest).key]
        more = min(2 * len(self._sum), self._most) - len(self._sum)
        self._free = list(range(len(self._sum), len(self._sum) + more))
        self._sum = np.concatenate([self._sum, np.zeros((more, EMBEDDING_SIZE), np.float32)])
        self._length = np.concatenate([self._length, np.zeros(more, np.float32)])
        self._person = np.concatenate([self._person, np.full(more, NOBODY)])
        return []

    def _empty(self, row: int) -> None:
        self._sum[row], self._length[row], self._person[row] = 0, 0, NOBODY
        self._free.append(row)
