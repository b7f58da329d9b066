"""From visits to groups of visits: all that speaks for and against, and one decision."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from tracker.core.config import LinkConfig
from tracker.core.types import BoolArray, CameraInfo, IntArray, Visit, VisitKey
from tracker.identity.affinity import (
    ONE_PERSON,
    TOGETHER,
    Likeness,
    impossible,
    likeness_of,
    similarities,
)
from tracker.identity.camera_topology import Ways, learn_ways
from tracker.identity.clustering import constrained_groups
from tracker.identity.components import Pairs, components, in_view_together, similar
from tracker.identity.constraints import SurePairs
from tracker.identity.ground_affinity import Grounds, together, with_places
from tracker.identity.homography import learn_views
from tracker.identity.link_probability import Decision
from tracker.identity.view_affinity import Sizes, ViewMap, nearness

SAME = 9.0  # affinity of visits that are one person already


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of the cameras.

    Attributes:
        grounds: By camera, where it is calibrated.
        sizes: Width and height of their pictures in pixels; without, boxes at an edge are taken
            for whole ones, and no maps between views are learned.
    """

    grounds: Grounds = field(default_factory=dict)
    sizes: Sizes = field(default_factory=dict)


def scene_of(cameras: Iterable[CameraInfo]) -> Scene:
    """Return what is known of these cameras."""
    known = list(cameras)
    return Scene({c.name: c.ground for c in known}, {c.name: (c.width, c.height) for c in known})


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of N visits from earlier decisions.

    Attributes:
        person: (N,) numbers; visits of one number stay together.
        excluded: (N, N) bool; cannot be one person for reasons of its own.
        maps: Between views, as learned before.
        least: Affinity that a further merge needs.
    """

    person: Sequence[int]
    excluded: BoolArray
    maps: Sequence[ViewMap]
    least: float = ONE_PERSON

    @property
    def together(self) -> BoolArray:
        """Tell which pairs (N, N) are one person already."""
        person = np.array(self.person)
        return np.asarray(person[:, None] == person[None])


def decide(
    visits: Sequence[Visit], config: LinkConfig, scene: Scene, before: Before | None = None,
    sure: SurePairs | None = None,
) -> list[Decision]:  # fmt: skip
    """Group visits, in order of appearance, into people.

    Args:
        visits: Of all cameras.
        config: Thresholds, and what is known of the cameras.
        scene: Calibration and picture sizes.
        before: Earlier decisions, to which this one only adds.
        sure: What a person has said, where there were no earlier decisions.

    Returns:
        One decision for few visits; for many one for each set of visits that may be one person's.
    """
    likeness = likeness_of(visits)
    maps = before.maps if before else learn_maps(visits, likeness, config, scene)
    case = _Case(visits, config, scene, likeness, maps, before, sure)
    first = [case.grouped(case.evidence(part)) for part in case.parts()]
    if before is not None and config.overlap == "auto":  # too little is seen to learn it
        config = replace(config, overlap="yes")
    ways = learn_ways([[d.visits[i] for i in group] for d in first for group in d.groups], config)
    return [case.within(ways, d) for d in first]


def learn_maps(
    visits: Sequence[Visit], likeness: Likeness, config: LinkConfig, scene: Scene
) -> list[ViewMap]:
    """Learn how views lie in each other, unless they do not overlap or the ground tells."""
    if config.overlap == "no":
        return []
    calibrated = [name for name, ground in scene.grounds.items() if ground]
    return learn_views(visits, likeness.affinity, scene.sizes, calibrated)


@dataclass(frozen=True, slots=True)
class _Case:
    """All that is known of the visits that are decided on; see `decide`."""

    visits: Sequence[Visit]
    config: LinkConfig
    scene: Scene
    likeness: Likeness
    maps: Sequence[ViewMap]
    before: Before | None
    sure: SurePairs | None

    @property
    def located(self) -> bool:
        """Whether places on the ground are known."""
        return any(self.scene.grounds.values())

    def parts(self) -> list[IntArray]:
        """Return the sets of visits to decide on, so that nobody has visits in two of them.

        Together are those that looks, places or somebody's word suggest.
        """
        if len(self.visits) <= TOGETHER:
            return [np.arange(len(self.visits))]
        more = [self._said()]
        if self.maps or self.located:
            more += [self._by_place(here) for here in in_view_together(self.visits)]
        if self.config.gallery_threshold is not None:
            more.append(similar(self.likeness, self.config.gallery_threshold))
        return components(self.likeness, ONE_PERSON, more)

    def _by_place(self, here: IntArray) -> Pairs:
        affinity = self.evidence(here).affinity
        one, other = np.nonzero(np.triu(affinity, k=1) >= ONE_PERSON)
        return here[one], here[other], affinity[one, other]

    def _said(self) -> Pairs:
        place = {visit.key: n for n, visit in enumerate(self.visits)}
        same = self.sure.same if self.sure else ()
        known = [[place[key] for key in group if key in place] for group in same]
        pairs = [pair for group in known for pair in pairwise(group)]
        one, other = np.array(pairs, np.int64).reshape(-1, 2).T
        return one, other, np.full(len(one), np.inf, np.float32)

    def evidence(self, part: IntArray) -> Decision:
        """Return all that a decision on a part of the visits is made from, with no groups yet."""
        here = [self.visits[i] for i in part]
        affinity = self.likeness.affinity(part, part)
        excluded, distance_m, near = impossible(here, self.config), None, None
        if self.located:
            ground = together(here, self.scene.grounds, self.scene.sizes)
            excluded |= ground.apart
            near, distance_m = ground.near, ground.distance_m
        if self.maps:
            told = nearness(here, self.maps, self.scene.sizes)
            near = told if near is None else np.where(np.isfinite(near), near, told)
        if near is not None:
            affinity = with_places(affinity, here, near, alone=distance_m is not None)
        if self.before is not None:
            excluded = (excluded | self.before.excluded) & ~self.before.together
            np.fill_diagonal(excluded, val=True)
        rivals = [self._rival(part, i) for i in part] if len(part) < len(self.visits) else ()
        scale = self.likeness.scale
        return Decision(here, [], affinity, excluded, scale, distance_m, near, self.maps, rivals)

    def _rival(self, part: IntArray, number: int) -> tuple[VisitKey, float] | None:
        """Return the visit outside a part that is most like one inside, and its affinity."""
        own, others = self.visits[number], self.likeness.nearest[number]
        taken = np.isin(others, part)
        for place in np.flatnonzero(~taken):
            visit = self.visits[others[place]]
            at_once = visit.start_s <= own.end_s and own.start_s <= visit.end_s
            taken[place] = at_once and visit.camera == own.camera
        near = np.where(taken, -np.inf, self.likeness.near[number])
        best = int(near.argmax())
        return (self.visits[others[best]].key, float(near[best])) if near[best] > -np.inf else None

    def grouped(self, evidence: Decision) -> Decision:
        """Cluster; a visit without views takes part only where places or a person tell of it."""
        before, sure, visits = self.before, self.sure, evidence.visits
        known = sure.visits if sure else frozenset()
        weight = [math.sqrt(max(len(v.embeddings), self.located or v.key in known)) for v in visits]
        affinity, excluded = evidence.affinity, evidence.impossible
        least = ONE_PERSON if before is None else before.least
        if self.config.gallery_threshold is not None and not self.located:
            affinity, least = similarities(visits), self.config.gallery_threshold
        if before is not None:
            affinity = np.where(before.together, SAME, affinity)
            weight = [max(w, 1.0) for w in weight] if self.located else weight
        if sure:
            affinity, excluded = sure.apply(visits, affinity, excluded)
        return replace(evidence, groups=constrained_groups(affinity, excluded, weight, least))

    def within(self, ways: Ways, first: Decision) -> Decision:
        """Decide again where time excludes what a first decision did not know of."""
        by_time = ways.excluded(first.visits)
        if by_time is None:
            return first
        if self.before is not None:
            by_time &= ~self.before.together
        return self.grouped(replace(first, impossible=first.impossible | by_time))
