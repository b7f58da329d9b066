"""Decide who a visitor is while the recording goes on."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tracker.associate.likeness import Likeness, look
from tracker.boxes import FloatArray
from tracker.config import LinkConfig
from tracker.link.evidence import least_related
from tracker.link.identities import Key, Linked, appearance_order
from tracker.link.reasons import probability_at_once
from tracker.types import Identity, Link, Tracklet


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
        self._links: list[Link] = []

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
        ranked = sorted(
            (
                (self._share(visit.camera, seen, looks), -person)
                for person, looks in self._looks.items()
                if person not in busy and self._left(person, visit.camera) < visit.start_s
            ),
            reverse=True,
        )
        if ranked and ranked[0][0] > 0:
            best = -ranked[0][1]
            self._note(visit, seen, [-person for _, person in ranked[:2]])
        else:
            best = len(self._looks) + 1
        self._person_of[visit.key] = best
        self._looks.setdefault(best, {})[visit.key] = seen
        return best

    def _left(self, person: int, camera: str) -> float:
        return self._left_s.get((person, camera), -math.inf)

    def _share(self, camera: str, seen: FloatArray, looks: Mapping[Key, FloatArray]) -> float:
        """Return by how much a look passes for a person's; negative where it does not."""
        known = {key: of for key, of in looks.items() if of.any()}
        if not known or not seen.any():
            return -math.inf
        given = self._config.gallery_threshold
        if given is not None:
            return float(np.mean([seen @ of for of in known.values()])) - given
        return self._related(camera, seen, known) - least_related(len(self._looks))

    def _related(self, camera: str, seen: FloatArray, looks: Mapping[Key, FloatArray]) -> float:
        """Return the mean relatedness of a look to those of one person."""
        related = [
            self._scale.related(seen @ of, elsewhere=camera != key[0]) for key, of in looks.items()
        ]
        return float(np.mean(related))

    def _note(self, visit: Tracklet, seen: FloatArray, people: Sequence[int]) -> None:
        """Note why a visit was given the first of the people; the second is the runner-up."""
        nearest = [_most_alike(self._looks[person], seen) for person in people]
        odds = [
            probability_at_once(self._related(visit.camera, seen, self._looks[person]))
            for person in people
        ]
        first = nearest[0]
        left_s = self._left(people[0], first[0])
        self._links.append(
            Link(
                first=first,
                second=visit.key,
                probability=odds[0],
                similarity=float(self._looks[people[0]][first] @ seen),
                gap_s=visit.start_s - left_s if left_s > -math.inf else 0.0,  # 0: still there
                second_enters_s=visit.start_s,
                runner_up=nearest[1] if nearest[1:] else None,
                runner_up_probability=odds[1] if odds[1:] else None,
            )
        )

    def conclude(self, visit: Tracklet) -> None:
        """Take in all views of a visit that is over."""
        person = self._person_of[visit.key]
        self._looks[person][visit.key] = look(visit)
        self._left_s[person, visit.camera] = visit.end_s

    def linked(self, visits: Sequence[Tracklet]) -> Linked:
        """Return the people with all their visits so far, and why each belongs to them."""
        people = {person: Identity(person) for person in sorted(self._looks)}
        for visit in sorted(visits, key=appearance_order):
            people[self._person_of[visit.key]].tracklets.append(visit)
        known = {visit.key for visit in visits}
        links = [x for x in self._links if x.first in known and x.second in known]
        return Linked([person for person in people.values() if person.tracklets], links)


def _most_alike(looks: Mapping[Key, FloatArray], seen: FloatArray) -> Key:
    return max(looks, key=lambda key: float(looks[key] @ seen))
