"""Decide which visits are one person: after the recording, or as it goes on."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from tracker.associate.likeness import Likeness, look
from tracker.boxes import FloatArray
from tracker.config import LinkConfig
from tracker.link.cluster import constrained_groups
from tracker.link.evidence import (
    ONE_PERSON,
    affinities,
    impossible,
    least_related,
    scale_of,
    similarities,
)
from tracker.types import Identity, Tracklet


def link(tracklets: Iterable[Tracklet], config: LinkConfig) -> list[Identity]:
    """Group all visits of a finished recording into people.

    Holds always: no person has two visits to one camera that share an instant; the order of
    the input does not matter.

    Returns:
        People numbered 1, 2, 3 … in the order in which they first appear; every tracklet in
        exactly one, sorted by time.
    """
    ordered = sorted(tracklets, key=_appearance_order)
    if not ordered:
        return []
    scale = scale_of(ordered)
    given = config.gallery_threshold
    groups = constrained_groups(
        affinities(ordered, scale) if given is None else similarities(ordered),
        impossible(ordered, config),
        [math.sqrt(len(t.embeddings)) for t in ordered],
        ONE_PERSON if given is None else given,
    )
    return [Identity(number, [ordered[i] for i in group]) for number, group in enumerate(groups, 1)]


class OnlineIdentities:
    """Gives each new visit a person at once, and never takes it back.

    Used where frames cannot be looked at twice. A visit goes to the most similar person who is
    not in that camera now, or to a new one.
    """

    def __init__(self, config: LinkConfig, scale: Likeness | None = None) -> None:
        self._config = config
        self._scale = scale or Likeness()
        self._person_of: dict[tuple[str, int], int] = {}
        self._looks: dict[int, dict[tuple[str, int], FloatArray]] = {}  # person -> visit -> look
        self._left_s: dict[tuple[int, str], float] = {}  # (person, camera) -> end of last visit

    def person_of(self, camera: str, track_id: int) -> int | None:
        """Return the person of a visit, None if it was not introduced yet."""
        return self._person_of.get((camera, track_id))

    @property
    def count(self) -> int:
        """How many people there are so far."""
        return len(self._looks)

    def introduce(self, visit: Tracklet, present: Iterable[tuple[str, int]]) -> int:
        """Find the person of a newly confirmed visit.

        Args:
            visit: Its boxes and embeddings so far.
            present: (camera, track_id) of all visits to that camera that may still go on.
        """
        busy = {self._person_of[key] for key in present if key in self._person_of}
        seen = look(visit)
        best, best_share = len(self._looks) + 1, 0.0
        for person, looks in self._looks.items():
            left_s = self._left_s.get((person, visit.camera), -np.inf)
            share = np.mean([self._share(visit.camera, seen, k, v) for k, v in looks.items()])
            possible = person not in busy and left_s < visit.start_s
            if possible and share > best_share:
                best, best_share = person, float(share)
        self._person_of[visit.key] = best
        self._looks.setdefault(best, {})[visit.key] = seen
        return best

    def _share(
        self, camera: str, seen: FloatArray, known: tuple[str, int], look_of: FloatArray
    ) -> float:
        """Return by how much two looks pass for one person's; negative where they do not."""
        if not seen.any() or not look_of.any():
            return -1.0
        similarity = seen @ look_of
        given = self._config.gallery_threshold
        if given is not None:
            return float(similarity) - given
        related = self._scale.related(similarity, elsewhere=camera != known[0])
        return float(related) - least_related(len(self._looks))

    def conclude(self, visit: Tracklet) -> None:
        """Take in all views of a visit that is over."""
        person = self._person_of[visit.key]
        self._looks[person][visit.key] = look(visit)
        self._left_s[person, visit.camera] = visit.end_s

    def identities(self, visits: Sequence[Tracklet]) -> list[Identity]:
        """Return the people with all their visits so far."""
        people = {person: Identity(person) for person in sorted(self._looks)}
        for visit in sorted(visits, key=_appearance_order):
            people[self._person_of[visit.key]].tracklets.append(visit)
        return [person for person in people.values() if person.tracklets]


def _appearance_order(tracklet: Tracklet) -> tuple[float, str, int]:
    return tracklet.start_s, tracklet.camera, tracklet.track_id
