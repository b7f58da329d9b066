"""Links that are more likely wrong than right: taken back, and told as suggestions."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tracker.core.types import Identity, Link, Visit

LEAST_PROBABILITY = 0.5


def is_doubtful(link: Link) -> bool:
    """Tell whether a link is rather wrong than right; what a person has confirmed is not."""
    return not link.confirmed and link.probability < LEAST_PROBABILITY


def without_doubtful_links(
    people: Sequence[Identity], links: Sequence[Link]
) -> tuple[list[Identity], list[Link], list[Link]]:
    """Part people where a doubtful link alone holds their visits together.

    Every visit but a person's first has one link, to an earlier one, so the links of a person
    are a tree: without one of them it falls into two.

    Returns:
        People numbered by the time at which they first appear, the links that stay, and those
        that were taken back.
    """
    kept = [link for link in links if not is_doubtful(link)]
    taken_back = [link for link in links if is_doubtful(link)]
    if not taken_back:
        return list(people), kept, []
    visits = [visit for person in people for visit in person.visits]
    parts = _parts(visits, kept)
    parts.sort(key=lambda part: (part[0].start_s, part[0].camera, part[0].track_id))
    return [Identity(n, part) for n, part in enumerate(parts, 1)], kept, taken_back


def _parts(visits: Sequence[Visit], links: Sequence[Link]) -> list[list[Visit]]:
    """Return visits that links hold together; each person's stay in the order of time."""
    place = {visit.key: n for n, visit in enumerate(visits)}
    ends = np.array([(place[x.first], place[x.second]) for x in links], int).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), ends.T), (len(visits), len(visits)))
    count, part = connected_components(graph, directed=False)
    found: list[list[Visit]] = [[] for _ in range(count)]
    for visit, number in zip(visits, part, strict=True):
        found[number].append(visit)
    return found
