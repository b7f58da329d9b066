"""From visits to groups of visits: all that speaks for and against, and one decision."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tracker.boxes import FloatArray
from tracker.config import LinkConfig
from tracker.link.cluster import constrained_groups
from tracker.link.evidence import ONE_PERSON, affinities, impossible, scale_of, similarities
from tracker.link.overlap import excluded_by_time
from tracker.link.places import Grounds, together, with_places
from tracker.link.reasons import Decision
from tracker.link.view_fit import learn_views
from tracker.link.views import Sizes, ViewMap, nearness
from tracker.types import BoolArray, CameraInfo, Tracklet

SAME = 9.0  # affinity of visits that are one person already


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of the cameras.

    Attributes:
        grounds: By camera, where it is calibrated.
        sizes: Of their pictures; without, boxes at an edge are taken for whole ones, and no maps
            between views are learned.
    """

    grounds: Grounds = field(default_factory=dict)
    sizes: Sizes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settled:
    """What an earlier decision says of the visits at hand.

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


def scene_of(cameras: Iterable[CameraInfo]) -> Scene:
    """Return what is known of these cameras."""
    known = list(cameras)
    return Scene({c.name: c.ground for c in known}, {c.name: (c.width, c.height) for c in known})


def decide(
    visits: Sequence[Tracklet], config: LinkConfig, scene: Scene, settled: Settled | None = None
) -> Decision:
    """Group visits, in order of appearance, into people."""
    scale = scale_of(visits)
    affinity = affinities(visits, scale)
    excluded = impossible(visits, config)
    ground = together(visits, scene.grounds, scene.sizes)
    excluded |= ground.apart
    maps = settled.maps if settled else learn_maps(visits, affinity, config, scene)
    near = np.where(np.isfinite(ground.near), ground.near, nearness(visits, maps, scene.sizes))
    located = bool(np.isfinite(ground.distance_m).any() or any(scene.grounds.values()))
    if located or maps:
        affinity = with_places(affinity, visits, near, alone=located)
    if settled:
        person = np.array(settled.person)
        excluded |= settled.excluded
        known = person[:, None] == person[None]
        excluded &= ~known
        np.fill_diagonal(excluded, True)
        return _decision(visits, affinity, excluded, config, scale, ground, located, known, settled.least)
    first = _decision(visits, affinity, excluded, config, scale, ground, located)
    by_time = excluded_by_time(visits, first.groups, config)
    if by_time is None:
        return first
    return _decision(visits, affinity, excluded | by_time, config, scale, ground, located)


def learn_maps(visits, affinity, config, scene):
    """Learn the maps."""
    if config.overlap == "no":
        return []
    skip = [name for name, ground in scene.grounds.items() if ground]
    return learn_views(visits, affinity, scene.sizes, skip)


def _decision(visits, affinity, excluded, config, scale, ground, located, known=None, least=ONE_PERSON):
    weight = [math.sqrt(max(len(v.embeddings), located)) for v in visits]
    given = config.gallery_threshold
    if given is not None and not located:
        used, least = similarities(visits), given
    else:
        used = affinity
    if known is not None:
        used = np.where(known, SAME, used)
    groups = constrained_groups(used, excluded, weight, least)
    return Decision(visits, groups, affinity, excluded, scale, ground.distance_m)
