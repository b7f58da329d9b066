"""What a person said of an earlier run, found again in the visits of this one."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tracker.core.config import LinkConfig
from tracker.core.errors import ConfigError
from tracker.core.types import Identity, Visit, VisitKey
from tracker.corrections.anchors import anchor_of
from tracker.corrections.constraints import KnownPairs, known_in
from tracker.corrections.recut import recut
from tracker.identity.grouping import Scene
from tracker.identity.offline import Linked, link, one_person_each
from tracker.results.corrections_file import NOTHING_KNOWN, KnownPlaces, read_corrections_file

logger = logging.getLogger(__name__)


def read_known(path: Path | None, *, online: bool) -> KnownPlaces:
    """Read what ``--corrections`` names; only whole recordings are settled anew.

    Raises:
        ConfigError: IDs are given while the recording goes on.
        SourceError: No corrections.json of a review.
    """
    if path is None:
        return NOTHING_KNOWN
    if online:
        raise ConfigError("--corrections needs recordings, and not --online: IDs are given at once")
    return read_corrections_file(path).sure


def found_in(places: KnownPlaces, visits: Sequence[Visit]) -> KnownPairs:
    """Say what is known of this run's visits; how many of the earlier ones are lost is logged."""
    known, lost = known_in(places, map(anchor_of, visits))
    if lost:
        logger.warning(
            "--corrections: %d of %d visits are not in this run; what was said of them is left out",
            lost, len(places.visits),
        )  # fmt: skip
    return known


def link_knowing(
    places: KnownPlaces, visits: Sequence[Visit], config: LinkConfig, scene: Scene
) -> Linked:
    """Group visits into people as `link` does, so that what is known holds, and give names."""
    if not places.visits:
        return link(visits, config, scene)
    visits = recut(places, one_person_each(visits, config, scene))
    known = found_in(places, visits)
    visits = [visit for visit in visits if visit.key not in known.nobody]
    linked = link(visits, config, scene, known.pairs)
    give_names(linked.identities, known.names)
    return linked


def give_names(people: Iterable[Identity], names: Mapping[VisitKey, str]) -> None:
    """Call each person by the name that most of the visits have."""
    for person in people:
        own = [names[t.key] for t in person.visits if t.key in names]
        if own:
            person.name = max(own, key=own.count)
