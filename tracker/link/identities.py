"""Decide which visits of a finished recording are one person."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from tracker.config import LinkConfig
from tracker.link.cluster import constrained_groups
from tracker.link.evidence import (
    ONE_PERSON,
    affinities,
    impossible,
    scale_of,
    similarities,
)
from tracker.link.reasons import Decision, reasons
from tracker.types import Identity, Link, Merge, Tracklet

Key = tuple[str, int]  # camera, track_id


@dataclass(frozen=True, slots=True)
class Linked:
    """People, and why each of their visits belongs to them."""

    identities: list[Identity]
    links: list[Link]
    merges: list[Merge] = field(default_factory=list)


def link(tracklets: Iterable[Tracklet], config: LinkConfig) -> Linked:
    """Group all visits of a finished recording into people.

    Holds always: no person has two visits to one camera that share an instant; the order of
    the input does not matter.

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
    given = config.gallery_threshold
    groups = constrained_groups(
        affinity if given is None else similarities(ordered),
        excluded,
        [math.sqrt(len(t.embeddings)) for t in ordered],
        ONE_PERSON if given is None else given,
    )
    people = [Identity(number, [ordered[i] for i in g]) for number, g in enumerate(groups, 1)]
    return Linked(people, reasons(Decision(ordered, groups, affinity, excluded, scale)))


def appearance_order(tracklet: Tracklet) -> tuple[float, str, int]:
    """Sort visits by the time at which they begin."""
    return tracklet.start_s, tracklet.camera, tracklet.track_id
