"""Decide which visits of a finished recording are one person."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tracker.boxes import FloatArray
from tracker.config import LinkConfig
from tracker.link.cluster import constrained_groups
from tracker.link.evidence import (
    ONE_PERSON,
    affinities,
    impossible,
    scale_of,
    similarities,
)
from tracker.link.overlap import excluded_by_time
from tracker.link.places import Grounds, together, with_ground
from tracker.link.reasons import Decision, reasons
from tracker.link.sure import SurePairs
from tracker.types import BoolArray, Identity, Link, Merge, Tracklet

Key = tuple[str, int]  # camera, track_id


@dataclass(frozen=True, slots=True)
class Linked:
    """People, and why each of their visits belongs to them."""

    identities: list[Identity]
    links: list[Link]
    merges: list[Merge] = field(default_factory=list)


def link(
    tracklets: Iterable[Tracklet], config: LinkConfig, grounds: Grounds | None = None,
    sure: SurePairs | None = None,
) -> Linked:  # fmt: skip
    """Group all visits of a finished recording into people.

    Holds always: no person has two visits to one camera that share an instant, nor is at two
    places on the ground at once; the order of the input does not matter.

    Args:
        tracklets: Of all cameras.
        config: Thresholds, and what is known of the cameras.
        grounds: By camera, where it is calibrated.
        sure: Visits about which a person has said who they are.

    Returns:
        People numbered 1, 2, 3 … in the order in which they first appear; every tracklet in
        exactly one, sorted by time.
    """
    ordered = sorted(tracklets, key=appearance_order)
    if not ordered:
        return Linked([], [])
    scale = scale_of(ordered)
    affinity = affinities(ordered, scale)
    excluded = impossible(ordered, config)
    distance_m = None
    if grounds and any(grounds.values()):
        ground = together(ordered, grounds)
        affinity, distance_m = with_ground(affinity, ordered, ground), ground.distance_m
        excluded |= ground.apart
    sure, located = sure or SurePairs(), distance_m is not None
    groups = _groups(ordered, affinity, sure, excluded, config, located=located)
    by_time = excluded_by_time(ordered, groups, config)
    if by_time is not None:
        excluded |= by_time
        groups = _groups(ordered, affinity, sure, excluded, config, located=located)
    people = [Identity(number, [ordered[i] for i in g]) for number, g in enumerate(groups, 1)]
    affinity = sure.preferred(ordered, affinity)
    decision = Decision(ordered, groups, affinity, excluded, scale, distance_m)
    return Linked(people, sure.vouch(reasons(decision)))


def _groups(
    visits: Sequence[Tracklet], affinity: FloatArray, sure: SurePairs, excluded: BoolArray,
    config: LinkConfig, *, located: bool,
) -> list[list[int]]:  # fmt: skip
    """Cluster; a visit without views takes part only where places on the ground are known."""
    known = sure.visits
    weight = [math.sqrt(max(len(v.embeddings), located or v.key in known)) for v in visits]
    given = config.gallery_threshold
    likeness, least = affinity, ONE_PERSON
    if given is not None and not located:
        likeness, least = similarities(visits), given
    if sure:
        likeness, excluded = sure.apply(visits, likeness, excluded)
    return constrained_groups(likeness, excluded, weight, least)


def appearance_order(tracklet: Tracklet) -> tuple[float, str, int]:
    """Sort visits by the time at which they begin."""
    return tracklet.start_s, tracklet.camera, tracklet.track_id
