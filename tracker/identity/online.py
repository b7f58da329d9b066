"""Decide who a visitor is while the recording goes on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.config import LinkConfig
from tracker.core.types import BoolArray, Identity, Merge, Visit, VisitKey
from tracker.identity.affinity import ONE_PERSON, likeness_of
from tracker.identity.grouping import Before, Scene, decide, learn_maps
from tracker.identity.link_log import ReasonLog
from tracker.identity.link_probability import Decision, reasons
from tracker.identity.offline import Linked, appearance_order
from tracker.identity.remembered import RememberedPeople
from tracker.identity.view_affinity import ViewMap
from tracker.tracking.appearance_odds import look

FIRST_CROPS_MARGIN = 0.3  # affinity asked for beyond the usual: first crops may be cut off
MARGIN = 0.6  # affinity by which two people must lead any other pairing when just seen,
CALM_S = 4.0  # and half of it after so long
REVIEW_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # ages at which a visit is looked at again
RECENT = 60  # visits that are over and still compared with all others,
ALIKE = 30  # and older ones that look most like the visit at hand
RELEARN = 1.7  # maps between views are learned again when visits last so much longer,
LEARN_S = 5.0  # and so many seconds
VISITS_EACH, MOST_VISITS = 16, 500  # visits at hand of a person, and of all: 60 MB at most


class OnlineIdentities(ReasonLog):
    """Gives each new visit a person at once; what turns out to be one person is merged later.

    Used where frames cannot be looked at twice. Each time a visit is looked at, all visits at
    hand are grouped as those of a finished recording are, but people whom an earlier look has
    made one stay one. When more of a visit was seen, its person may so prove to be an earlier
    one: then the earlier number stays, and the merge is recorded, never silent.

    Args:
        config: Thresholds, and what is known of the cameras.
        scene: Calibration and picture sizes, where known.
    """

    def __init__(self, config: LinkConfig, scene: Scene | None = None) -> None:
        super().__init__()
        self._config = config
        self._scene = scene or Scene()
        self._visits: dict[VisitKey, Visit] = {}
        self._going: set[VisitKey] = set()
        self._looks: dict[VisitKey, Floats] = {}  # of visits that are over
        self._person_of: dict[VisitKey, int] = {}
        self._last = 0
        self._merged = 0
        self._remembered = RememberedPeople()
        self._maps: list[ViewMap] = []
        self._learned_s = 0.0

    def know(self, scene: Scene) -> None:
        """Take in what is known of the cameras, before their first visits."""
        self._scene = scene

    def person_of(self, camera: str, track_id: int) -> int | None:
        """Return the person of a visit, None if it was not introduced yet."""
        return self._person_of.get((camera, track_id))

    @property
    def count(self) -> int:
        """How many people there are so far."""
        return self._last - self._merged

    def forget_oldest(self, each: int = VISITS_EACH, most: int = MOST_VISITS) -> None:
        """Bound what is at hand: the latest visits of each person, and of all people.

        Of other visits that are over the sum of a person's looks is remembered, and their last
        one; see `RememberedPeople`. Visits that go on stay at hand.
        """
        left = Counter(self._person_of[key] for key in self._visits)
        for key in list(self._looks):  # in the order in which they ended
            person = self._person_of[key]
            if left[person] > each or len(self._visits) > most:
                left[person] -= 1
                del self._looks[key]
                for old in self._remembered.take_in(person, self._visits.pop(key)):
                    del self._person_of[old]

    def introduce(self, visit: Visit) -> int:
        """Find the person of a newly confirmed visit, from its boxes and embeddings so far."""
        self._visits[visit.key] = visit
        self._going.add(visit.key)
        self._person_of[visit.key] = self._last + 1
        self._join(visit, ONE_PERSON + FIRST_CROPS_MARGIN, newcomer=visit.key)
        person = self._person_of[visit.key]
        self._last = max(self._last, person)
        return person

    def renew(self, visit: Visit) -> None:
        """Take in what more was seen of a visit."""
        self._visits[visit.key] = visit

    def review(self, visit: Visit) -> None:
        """Look again at a visit of which more was seen; merge its person with an earlier one."""
        self.renew(visit)
        self._join(visit, ONE_PERSON)

    def look(self, time_s: float) -> None:
        """Look at all visits that go on; merge people who prove to be one."""
        if self._going:
            self._join(
                max((self._visits[k] for k in self._going), key=lambda v: v.end_s), ONE_PERSON
            )

    def conclude(self, visit: Visit) -> None:
        """Take in all of a visit that is over."""
        self._going.discard(visit.key)
        self._looks[visit.key] = look(visit)
        self.review(visit)

    def finish(self, visits: Sequence[Visit]) -> None:
        """Look a last time at all visits: nobody will come back, nothing more will be seen."""
        known = [visit for visit in visits if visit.key in self._person_of]
        for visit in known:
            self.renew(visit)
            self._looks[visit.key] = look(visit)
        self._going.clear()
        if known:
            self._join(max(known, key=lambda v: v.end_s), ONE_PERSON, sure=True)

    def linked(self, visits: Sequence[Visit]) -> Linked:
        """Return the people with all their visits so far, and why each belongs to them."""
        people: dict[int, Identity] = {}
        introduced = [v for v in visits if v.key in self._person_of]  # an interrupt may come before
        for visit in sorted(introduced, key=appearance_order):
            person = self._person_of[visit.key]
            people.setdefault(person, Identity(person)).visits.append(visit)
        known = {visit.key for visit in visits}
        links = [x for x in self._links if x.first in known and x.second in known]
        return Linked([people[p] for p in sorted(people)], links, list(self._merges))

    def _join(
        self, visit: Visit, least: float, *, newcomer: VisitKey | None = None, sure: bool = False
    ) -> None:
        """Group the visits at hand; people who share a group become one, if they lead clearly."""
        decision = self._decide(self._at_hand(visit), visit.end_s, least)
        now: dict[int, int] = {}  # who those of this look are by now
        for pair in self._led(decision, least, sure=sure):
            one, other = (_followed(now, p) for p in pair)
            if one == other or (newcomer and self._person_of[newcomer] not in {one, other}):
                continue
            kept, gone = sorted((one, other))
            keys = {k for k, p in self._person_of.items() if p in {kept, gone}}
            self._note(decision, [i for i, v in enumerate(decision.visits) if v.key in keys])
            if gone <= self._last:  # else nobody was told of that number yet
                self._merges.append(Merge(visit.end_s, gone, kept))
                self._merged += 1
            self._person_of.update(dict.fromkeys(keys, kept))
            for old in self._remembered.merge(kept, gone):
                del self._person_of[old]
            now[gone] = kept

    def _led(self, decision: Decision, least: float, *, sure: bool) -> list[tuple[int, int]]:
        """Return the pairs of people that share a group and lead over all other pairings."""
        people, mean, apart, seen_s = self._by_person(decision)
        place = {p: n for n, p in enumerate(people)}
        found = []
        for group in decision.groups:
            here = sorted({place[self._person_of[decision.visits[i].key]] for i in group})
            inside = np.isin(np.arange(len(people)), here)
            for one, other in combinations(here, 2):
                margin = 0.0 if sure else MARGIN / (1 + min(seen_s[one], seen_s[other]) / CALM_S)
                instead = [mean[one][apart[other] & ~apart[one] & ~inside],
                           mean[other][apart[one] & ~apart[other] & ~inside]]  # fmt: skip
                rival = np.concatenate(instead).max(initial=-np.inf)
                lead = float(mean[one, other])
                if sure or (lead >= least and lead >= rival + margin and not apart[one, other]):
                    found.append((lead, people[one], people[other]))
        return [(one, other) for _, one, other in sorted(found, key=lambda f: (-f[0], f[1:]))]

    def _by_person(self, decision: Decision) -> tuple[list[int], Floats, BoolArray, Floats]:
        """Return people, mean affinities, who cannot be one, and for how long each was seen."""
        of = [self._person_of[v.key] for v in decision.visits]
        people, number = np.unique(of, return_inverse=True)
        weight = np.sqrt([max(len(v.embeddings), 1) for v in decision.visits])
        share = np.zeros((len(people), len(of)))
        share[number, np.arange(len(of))] = weight
        share /= share.sum(axis=1, keepdims=True)
        member = share > 0
        apart = member @ decision.impossible @ member.T
        seen_s = member @ np.array([v.end_s - v.start_s for v in decision.visits])
        return people.tolist(), share @ decision.affinity @ share.T, apart, seen_s

    def _decide(self, visits: list[Visit], now_s: float, least: float) -> Decision:
        person = [self._person_of[v.key] for v in visits]
        known = Before(person, self._excluded(visits), self._maps_at(visits, now_s), least)
        (decision,) = decide(visits, self._config, self._scene, known)
        return decision

    def _excluded(self, visits: Sequence[Visit]) -> BoolArray:
        """Tell whose visits (N, N) cannot be one person: who may still come back is taken."""
        going = np.array([v.key in self._going for v in visits])
        camera = np.unique([v.camera for v in visits], return_inverse=True)[1]
        start, end = (np.array([getattr(v, n) for v in visits]) for n in ("start_s", "end_s"))
        end = np.where(going, np.inf, end)
        meet = (start[:, None] <= end[None]) & (start[None] <= end[:, None])
        taken = camera[:, None] == camera[None]
        if self._config.overlap == "no":  # how long both will be in view is not known yet
            taken |= going[:, None] & going[None]
        return np.asarray(meet & taken)

    def _at_hand(self, visit: Visit) -> list[Visit]:
        over = [k for k in self._looks if k != visit.key]
        chosen, older = set(over[-RECENT:]), over[:-RECENT]
        if older:
            alike = np.array([self._looks[k] for k in older]) @ look(visit)
            chosen |= {older[n] for n in np.argsort(-alike, kind="stable")[:ALIKE]}
        keys = chosen | self._going | {visit.key}
        here = {self._person_of[k] for k in keys}
        far = self._remembered.alike(look(visit), ALIKE, here) if len(self._remembered) else []
        return sorted([*(self._visits[k] for k in keys), *far], key=appearance_order)

    def _maps_at(self, visits: list[Visit], now_s: float) -> list[ViewMap]:
        seen_s = sum(v.end_s - v.start_s for v in visits)
        if seen_s > RELEARN * self._learned_s + LEARN_S:
            self._maps = learn_maps(visits, likeness_of(visits), self._config, self._scene)
            self._learned_s = seen_s
        return self._maps

    def _note(self, decision: Decision, group: list[int]) -> None:
        """Note why visits were given to people who were somebody else until now."""
        for link in reasons(decision, [group]):
            if self._person_of[link.first] != self._person_of[link.second]:
                self._links.append(link)


def _followed(now: Mapping[int, int], person: int) -> int:
    while person in now:
        person = now[person]
    return person
