"""Where is searched: runs in their folders, and an index of many."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tracker.apps.search.index import PeopleIndex
from tracker.apps.search.query import Query, mean_look
from tracker.apps.search.ranking import Collection
from tracker.apps.search.visits import RunVisits, read_run, same_model
from tracker.core.errors import ConfigError
from tracker.core.pictures import read_image
from tracker.results.result import ModelUse


@dataclass(frozen=True, slots=True)
class SearchScope:
    """What is searched."""

    named: list[RunVisits]  # the runs that were named, in this order
    collections: list[Collection]  # everything that is searched, each run once
    runs: int  # how many runs that are
    reid: ModelUse  # the model that all of it was made with

    @property
    def visits(self) -> int:
        """How many visits are searched."""
        return sum(map(len, self.collections))

    def query_of(self, global_id: int) -> Query:
        """Return a person of the first run that was named, to be searched for in all others.

        Raises:
            ConfigError: There is nobody of this id, or no crop shows them.
        """
        run = self.named[0]
        places = [n for n, visit in enumerate(run.visits) if visit.global_id == global_id]
        if not places:
            known = sorted({visit.global_id for visit in run.visits})
            raise ConfigError(
                f"--person {global_id}: '{run.run.name}' has no crop of anybody of this id; it has "
                f"{', '.join(map(str, known)) or 'none at all'}"
            )
        pictures = [read_image(run.visits[n].crop) for n in places]
        return Query(
            mean_look(run.looks[places]), [], run.visits[places[0]].person,
            [np.asarray(p, np.uint8) for p in pictures if p is not None],
        )  # fmt: skip


def open_scope(runs: Sequence[Path], index: Path | None, stack: ExitStack) -> SearchScope:
    """Read runs and open an index, until `stack` closes.

    Raises:
        SourceError: One of them is missing or damaged.
        ConfigError: They were made with different models, or the index is empty.
    """
    named = list({found.run.tracks_json: found for found in map(read_run, runs)}.values())
    models = [(f"'{found.run.name}'", found.reid) for found in named]
    collections: list[Collection] = list(named)
    count = len(named)
    if index is not None:
        people = stack.enter_context(PeopleIndex(index))
        known = {run.tracks_json for run, _, _ in people.runs()}
        new = [found for found in named if found.run.tracks_json not in known]
        collections, count = [*new, people], len(new) + len(known)
        models += [(f"the index '{index}'", people.reid)] if people.reid else []
    if not models:
        raise ConfigError(f"the index '{index}' is empty; 'reid-track search add' puts runs there")
    return SearchScope(named, collections, count, same_model(models))
