"""From visits to groups of visits: all that speaks for and against, and one decision."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.config import LinkConfig
from tracker.core.types import BoolArray, CameraInfo, Visit
from tracker.identity.affinity import ONE_PERSON, affinities, impossible, scale_of, similarities
from tracker.identity.camera_topology import excluded_by_time
from tracker.identity.clustering import constrained_groups
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
) -> Decision:  # fmt: skip
    """Group visits, in order of appearance, into people.

    Args:
        visits: Of all cameras.
        config: Thresholds, and what is known of the cameras.
        scene: Calibration and picture sizes.
        before: Earlier decisions, to which this one only adds.
        sure: What a person has said, where there were no earlier decisions.
    """
    evidence = _evidence(visits, config, scene, before)
    first = _grouped(evidence, config, scene, before, sure)
    if before is not None and config.overlap == "auto":  # too little is seen to learn it
        config = replace(config, overlap="yes")
    by_time = excluded_by_time(visits, first.groups, config)
    if by_time is None:
        return first
    if before is not None:
        by_time &= ~before.together
    evidence = replace(first, impossible=first.impossible | by_time)
    return _grouped(evidence, config, scene, before, sure)


def learn_maps(
    visits: Sequence[Visit], affinity: Floats, config: LinkConfig, scene: Scene
) -> list[ViewMap]:
    """Learn how views lie in each other, unless they do not overlap or the ground tells."""
    if config.overlap == "no":
        return []
    calibrated = [name for name, ground in scene.grounds.items() if ground]
    return learn_views(visits, affinity, scene.sizes, calibrated)


def _evidence(
    visits: Sequence[Visit], config: LinkConfig, scene: Scene, before: Before | None
) -> Decision:
    """Return all that a decision is made from, with no groups yet."""
    scale = scale_of(visits)
    affinity = affinities(visits, scale)
    excluded, distance_m, near = impossible(visits, config), None, None
    if any(scene.grounds.values()):
        ground = together(visits, scene.grounds, scene.sizes)
        excluded |= ground.apart
        near, distance_m = ground.near, ground.distance_m
    maps = before.maps if before else learn_maps(visits, affinity, config, scene)
    if maps:
        told = nearness(visits, maps, scene.sizes)
        near = told if near is None else np.where(np.isfinite(near), near, told)
    if near is not None:
        affinity = with_places(affinity, visits, near, alone=distance_m is not None)
    if before is not None:
        excluded = (excluded | before.excluded) & ~before.together
        np.fill_diagonal(excluded, val=True)
    return Decision(visits, [], affinity, excluded, scale, distance_m, near, maps)


def _grouped(
    evidence: Decision, config: LinkConfig, scene: Scene, before: Before | None = None,
    sure: SurePairs | None = None,
) -> Decision:  # fmt: skip
    """Cluster; a visit without views takes part only where places or a person tell of it."""
    located = any(scene.grounds.values())
    known = sure.visits if sure else frozenset()
    weight = [math.sqrt(max(len(v.embeddings), located or v.key in known)) for v in evidence.visits]
    affinity, excluded = evidence.affinity, evidence.impossible
    least = ONE_PERSON if before is None else before.least
    if config.gallery_threshold is not None and not located:
        affinity, least = similarities(evidence.visits), config.gallery_threshold
    if before is not None:
        affinity = np.where(before.together, SAME, affinity)
        weight = [max(w, 1.0) for w in weight] if located else weight
    if sure:
        affinity, excluded = sure.apply(evidence.visits, affinity, excluded)
    groups = constrained_groups(affinity, excluded, weight, least)
    return replace(evidence, groups=groups)
