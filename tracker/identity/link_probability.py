"""Why two visits were taken for one person, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import BoolArray, IntArray, Link, Visit, VisitKey
from tracker.identity.view_affinity import ViewMap
from tracker.tracking.appearance_odds import AppearanceOdds, look

# Logistic regression on links found among Market-1501 visits of 3 to 50 people; docs/linking.md
# has how often links of each stated probability were right, also for people not fitted to.
AFFINITY, RELATED, RUNNER_UP, CONSTANT = 4.15, 2.81, -1.87, -3.68
NEAR, CONSTANT_NEAR = 12.0, -6.6  # set by hand to links in made-up rooms; docs/linking.md


@dataclass(frozen=True, slots=True)
class Decision:
    """What the decision on N visits was made from, and what came out.

    Attributes:
        visits: In order of appearance.
        groups: Numbers of the visits of each person, sorted.
        affinity: (N, N) float32.
        impossible: (N, N) bool.
        scale: What similarities mean in this recording.
        distance_m: (N, N) metres on the ground while both were in view; NaN where unknown.
        near: (N, N) in [0, 1]: how near, as places tell; NaN where they do not.
        maps: Between the views of cameras without calibration.
        rivals: Of many more visits, which one of the others is most like each, and its affinity;
            empty where all visits are here.
    """

    visits: Sequence[Visit]
    groups: list[list[int]]
    affinity: Floats
    impossible: BoolArray
    scale: AppearanceOdds
    distance_m: Floats | None = None
    near: Floats | None = None
    maps: Sequence[ViewMap] = ()
    rivals: Sequence[tuple[VisitKey, float] | None] = ()


def probability(affinity: float, related: float, runner_up: float) -> float:
    """Return how likely a link is right.

    Args:
        affinity: Of the two visits.
        related: Their relatedness.
        runner_up: Largest affinity to a visit of anybody else.
    """
    odds = AFFINITY * affinity + RELATED * related + RUNNER_UP * runner_up + CONSTANT
    return float(1 / (1 + np.exp(-odds)))


def probability_placed(near: float) -> float:
    """Return how likely two visits are one person's that were so near while both were in view."""
    return float(1 / (1 + np.exp(-(NEAR * near + CONSTANT_NEAR))))


def reasons(decision: Decision, groups: Sequence[list[int]] | None = None) -> list[Link]:
    """Link every visit of a person but the first to the earlier one that is most like it.

    Args:
        decision: On all visits.
        groups: Only these; by default all of the decision's.
    """
    person_of = np.empty(len(decision.visits), np.int64)
    for number, group in enumerate(decision.groups):
        person_of[group] = number
    links = []
    for group in decision.groups if groups is None else groups:
        for place, later in enumerate(group[1:], start=1):
            known = np.array(group[:place])
            earlier = int(known[decision.affinity[later, known].argmax()])
            links.append(_link(decision, person_of, earlier, later))
    return sorted(links, key=lambda link: (link.second_enters_s, link.second))


def _link(decision: Decision, person_of: IntArray, earlier: int, later: int) -> Link:
    first, second = decision.visits[earlier], decision.visits[later]
    row = decision.affinity[later]
    taken = np.isin(person_of, person_of[decision.impossible[later]])  # cannot be that person
    free = np.flatnonzero((person_of != person_of[later]) & ~taken)
    other = int(free[row[free].argmax()]) if len(free) else None
    rival = 0.0 if other is None else float(row[other])
    chosen = float(row[earlier])
    runner_up, its = None, None
    if other is not None:
        runner_up, its = decision.visits[other].key, _probability(decision, other, later, chosen)
    elsewhere = decision.rivals[later] if decision.rivals else None
    if elsewhere and (other is None or elsewhere[1] > rival):
        runner_up, rival = elsewhere
        its = probability(rival, rival, chosen)
    return Link(
        first=first.key,
        second=second.key,
        probability=_probability(decision, earlier, later, rival),
        similarity=float(look(first) @ look(second)),
        gap_s=second.start_s - first.end_s,
        second_enters_s=second.start_s,
        distance_m=_distance(decision, earlier, later),
        runner_up=runner_up,
        runner_up_probability=its,
    )


def _probability(decision: Decision, one: int, other: int, rival: float) -> float:
    """Return how likely two visits are one person's: by places where these tell, or by looks.

    Args:
        decision: On all visits.
        one: Number of a visit.
        other: Of another.
        rival: Affinity to what else it may be.
    """
    first, second = decision.visits[one], decision.visits[other]
    shared_s = min(first.end_s, second.end_s) - max(first.start_s, second.start_s)
    if decision.near is not None and shared_s > 0 and np.isfinite(decision.near[one, other]):
        return probability_placed(float(decision.near[one, other]))
    affinity = float(decision.affinity[one, other])
    return probability(affinity, _related(decision, one, other), rival)


def _distance(decision: Decision, one: int, other: int) -> float | None:
    if decision.distance_m is None or not np.isfinite(decision.distance_m[one, other]):
        return None
    return float(decision.distance_m[one, other])


def _related(decision: Decision, one: int, other: int) -> float:
    first, second = decision.visits[one], decision.visits[other]
    if not (first.embeddings.any() and second.embeddings.any()):
        return float(decision.affinity[one, other])  # then the ground has decided
    elsewhere = first.camera != second.camera
    return float(decision.scale.related(look(first) @ look(second), elsewhere=elsewhere))
