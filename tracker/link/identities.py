"""Decide which visits are one person: after the recording, or as it goes on."""

from collections.abc import Iterable, Sequence

import numpy as np

from tracker.associate.likeness import look
from tracker.boxes import FloatArray
from tracker.config import LinkConfig
from tracker.link.cluster import constrained_groups
from tracker.link.evidence import impossible, similarities, usual_threshold
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
    groups = constrained_groups(
        similarities(ordered),
        impossible(ordered, config),
        [len(t.embeddings) for t in ordered],
        _threshold(config, len(ordered)),
    )
    return [Identity(number, [ordered[i] for i in group]) for number, group in enumerate(groups, 1)]


class OnlineIdentities:
    """Gives each new visit a person at once, and never takes it back.

    Used where frames cannot be looked at twice. A visit goes to the most similar person who is
    not in that camera now, or to a new one.
    """

    def __init__(self, config: LinkConfig) -> None:
        self._config = config
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
        best = len(self._looks) + 1
        best_similarity = _threshold(self._config, len(self._person_of) + 1)
        for person, looks in self._looks.items():
            left_s = self._left_s.get((person, visit.camera), -np.inf)
            similarity = float(np.mean([seen @ known for known in looks.values()]))
            possible = person not in busy and left_s < visit.start_s
            if possible and similarity > max(best_similarity, 0):
                best, best_similarity = person, similarity
        self._person_of[visit.key] = best
        self._looks.setdefault(best, {})[visit.key] = seen
        return best

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


def _threshold(config: LinkConfig, visits: int) -> float:
    given = config.gallery_threshold
    return usual_threshold(visits) if given is None else given


def _appearance_order(tracklet: Tracklet) -> tuple[float, str, int]:
    return tracklet.start_s, tracklet.camera, tracklet.track_id
