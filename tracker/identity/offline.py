"""Decide which visits of a finished recording are one person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

import numpy as np

from tracker.core.config import LinkConfig
from tracker.core.types import Identity, Link, Merge, Visit, VisitKey
from tracker.identity.constraints import SurePairs
from tracker.identity.doubt import without_doubtful_links
from tracker.identity.grouping import Scene, decide
from tracker.identity.link_probability import Decision, reasons
from tracker.identity.switch_repair import part_at_gaps, split_mixed, trim_overlaps

MOST = 0.75  # quantile
DOUBTFUL = 0.6  # of the best scores that most visits reach; below is no person,
LEAST_SEEN = 4.0  # nor below such a sum of the scores of all boxes,
HARDLY_SEEN = 0.1  # or so much of what most people reach, where that is less


@dataclass(frozen=True, slots=True)
class Linked:
    """People, and why each of their visits belongs to them.

    Attributes:
        suggestions: Links that are too doubtful to be made.
    """

    identities: list[Identity]
    links: list[Link]
    merges: list[Merge] = field(default_factory=list)
    suggestions: list[Link] = field(default_factory=list)


def link(
    visits: Iterable[Visit], config: LinkConfig, scene: Scene | None = None,
    sure: SurePairs | None = None,
) -> Linked:  # fmt: skip
    """Group all visits of a finished recording into people.

    Holds always: no person has two visits to one camera that share an instant, nor is at two
    places on the ground at once; the order of the input does not matter.

    Args:
        visits: Of all cameras.
        config: Thresholds, and what is known of the cameras.
        scene: Calibration and picture sizes, where known.
        sure: Visits about which a person has said who they are; all visits then stay as they are.

    Returns:
        People numbered 1, 2, 3 … in the order in which they first appear; every visit in
        exactly one, sorted by time. A visit that the views of other cameras show to be two
        people, one after the other, is two visits there (`split_mixed`).
    """
    ordered = sorted(visits, key=appearance_order)
    if not ordered:
        return Linked([], [])
    scene = scene or Scene()
    if sure is None:
        sure, decisions = SurePairs(), _decided(ordered, config, scene)
    else:
        decisions = decide(ordered, config, scene, sure=sure)
    found = [[d.visits[i] for i in group] for d in decisions for group in d.groups]
    found.sort(key=lambda visits: appearance_order(visits[0]))
    people = [Identity(number, visits) for number, visits in enumerate(found, 1)]
    links = sorted(
        (x for d in decisions for x in reasons(_preferred(d, sure))),
        key=lambda link: (link.second_enters_s, link.second),
    )
    people, kept, taken_back = without_doubtful_links(people, sure.vouch(links))
    return Linked(people, kept, suggestions=taken_back)


def _preferred(decision: Decision, sure: SurePairs) -> Decision:
    return replace(decision, affinity=sure.preferred(decision.visits, decision.affinity))


def one_person_each(visits: Iterable[Visit], config: LinkConfig, scene: Scene) -> list[Visit]:
    """Return the visits as `link` cuts them where the views of other cameras tell of two people."""
    ordered = sorted(visits, key=appearance_order)
    found = [v for d in _decided(ordered, config, scene) for v in d.visits] if ordered else []
    return sorted(found, key=appearance_order)


def _decided(visits: list[Visit], config: LinkConfig, scene: Scene) -> list[Decision]:
    """Decide, and again if the maps between views that this teaches show visits of two people."""
    decisions = decide(visits, config, scene)
    maps = decisions[0].maps
    parts = part_at_gaps(visits, maps)
    parts = split_mixed(parts, maps, scene.sizes)
    parts = trim_overlaps(parts, maps, scene.sizes)
    if all(part is visit for part, visit in zip_longest(parts, visits)):
        return decisions
    return decide(sorted(parts, key=appearance_order), config, scene)


def only_clearly_seen(linked: Linked, *, renumber: bool = True) -> Linked:
    """Leave out people whom the detector never saw clearly, or hardly saw, in all their visits.

    A lamp or a chair that looks a little like a person does so for as long as it is in view, and
    its best score stays far below what people reach in the same recording. What is seen in a few
    boxes only, where people are seen for long, is mostly a mistake too. Somebody half hidden in
    one camera is kept where another one shows them well, and so is whoever somebody has named or
    confirmed.

    Args:
        linked: People with all their visits.
        renumber: Number those who stay 1, 2, 3 …; not where numbers have been shown already.
    """
    if not linked.identities:
        return linked
    vouched = {link.second for link in linked.links if link.confirmed}
    kept = [
        p
        for p, clear in zip(linked.identities, _clearly_seen(linked.identities), strict=True)
        if clear or p.name or vouched & {v.key for v in p.visits}
    ]
    people = [
        Identity(number if renumber else p.global_id, p.visits, p.name)
        for number, p in enumerate(kept, 1)
    ]
    known = {v.key for p in people for v in p.visits}
    links = [_known(x, known) for x in linked.links if x.second in known]
    suggestions = [_known(x, known) for x in linked.suggestions if {x.first, x.second} <= known]
    gone = {p.global_id for p in linked.identities} - {p.global_id for p in kept}
    for merge in reversed(linked.merges):
        gone |= {merge.gone} if merge.kept in gone else set()
    merges = [m for m in linked.merges if m.kept not in gone]
    return Linked(people, links, merges, suggestions)


def _clearly_seen(people: Sequence[Identity]) -> list[bool]:
    """Tell of each person whether the detector saw them well and for long enough to be one."""
    best = [[float(v.score.max()) for v in p.visits] for p in people]
    seen = [sum(float(v.score[v.observed].sum()) for v in p.visits) for p in people]
    least_best = DOUBTFUL * float(np.quantile([score for own in best for score in own], MOST))
    least_seen = min(LEAST_SEEN, HARDLY_SEEN * float(np.quantile(seen, MOST)))
    return [
        max(own) >= least_best and total >= least_seen
        for own, total in zip(best, seen, strict=True)
    ]


def _known(link: Link, visits: set[VisitKey]) -> Link:
    """Forget a runner-up that is left out."""
    if link.runner_up in visits:
        return link
    return replace(link, runner_up=None, runner_up_probability=None)


def appearance_order(visit: Visit) -> tuple[float, str, int]:
    """Sort visits by the time at which they begin."""
    return visit.start_s, visit.camera, visit.track_id
