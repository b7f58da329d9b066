"""Decide which visits of a finished recording are one person."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tracker.config import LinkConfig
from tracker.link.decide import Scene, decide
from tracker.link.reasons import reasons
from tracker.types import Identity, Link, Merge, Tracklet

Key = tuple[str, int]  # camera, track_id


@dataclass(frozen=True, slots=True)
class Linked:
    """People, and why each of their visits belongs to them."""

    identities: list[Identity]
    links: list[Link]
    merges: list[Merge] = field(default_factory=list)


def link(tracklets: Iterable[Tracklet], config: LinkConfig, scene: Scene | None = None) -> Linked:
    """Group all visits of a finished recording into people.

    Holds always: no person has two visits to one camera that share an instant, nor is at two
    places on the ground at once; the order of the input does not matter.

    Args:
        tracklets: Of all cameras.
        config: Thresholds, and what is known of the cameras.
        scene: Calibration and picture sizes, where known.

    Returns:
        People numbered 1, 2, 3 … in the order in which they first appear; every tracklet in
        exactly one, sorted by time.
    """
    ordered = sorted(tracklets, key=appearance_order)
    if not ordered:
        return Linked([], [])
    decision = decide(ordered, config, scene or Scene())
    people = [
        Identity(number, [ordered[i] for i in group])
        for number, group in enumerate(decision.groups, 1)
    ]
    return Linked(people, reasons(decision))


def appearance_order(tracklet: Tracklet) -> tuple[float, str, int]:
    """Sort visits by the time at which they begin."""
    return tracklet.start_s, tracklet.camera, tracklet.track_id
