"""Recognise a published data set by its folders and list its training and test parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tracker.core.errors import ConfigError
from tracker.datasets import cuhk03, grid, market, msmt17, viper
from tracker.datasets.folders import list_pictures
from tracker.datasets.pictures import PersonSet, Picture, number
from tracker.datasets.splits import Parts

SPLIT_FROM = "--split"


@dataclass(frozen=True, slots=True)
class _Layout:
    """How to recognise a data set on disk, over how many splits it averages, how to list one."""

    fits: Callable[[Path], bool]
    splits: int
    read: Callable[[Path, int], Parts]


LAYOUTS: dict[str, _Layout] = {
    "market1501": _Layout(market.fits, 1, lambda root, _: market.read(root)),
    "msmt17": _Layout(msmt17.fits, 1, lambda root, _: msmt17.read(root)),
    "cuhk03": _Layout(cuhk03.fits, 1, lambda root, _: cuhk03.read(root)),
    "viper": _Layout(viper.fits, viper.SPLITS, viper.read),
    "grid": _Layout(grid.fits, grid.SPLITS, grid.read),
}


def layout_of(source: Path) -> str | None:
    """Name the published data set that lies at `source`; None for plain pictures."""
    return next((name for name, layout in LAYOUTS.items() if layout.fits(source)), None)


def training_pictures(source: Path, *, split: int = 0, everything: bool = False) -> list[Picture]:
    """List the pictures to train on.

    Args:
        source: A published data set, or anything that `list_pictures` understands.
        split: Which of the set's splits, where it has several.
        everything: Whether the test part's people are learned too (MSMT17 "combineall").

    Raises:
        SourceError: The data are not as expected.
        ConfigError: No such split.
    """
    name = layout_of(source)
    if name is None:
        return list_pictures(source)
    parts = _read(LAYOUTS[name], source, split)
    if not everything:
        return list(parts.train)
    tested = [p for p in (*parts.query, *parts.gallery) if p.person not in parts.distractors]
    return [*parts.train, *parts.validation, *tested]


def published_tests(source: Path) -> list[tuple[PersonSet, PersonSet]]:
    """List query and gallery of each split, with people and cameras numbered alike in both.

    Raises:
        SourceError: The data are not as expected, or have no test part.
    """
    name = layout_of(source)
    if name is None:
        return []
    layout = LAYOUTS[name]
    return [_test(_read(layout, source, split)) for split in range(layout.splits)]


def _read(layout: _Layout, source: Path, split: int) -> Parts:
    if split >= layout.splits:
        last = layout.splits - 1
        raise ConfigError(f"{SPLIT_FROM} is {split}; '{source}' has the splits 0 to {last}")
    return layout.read(source, split)


def _test(parts: Parts) -> tuple[PersonSet, PersonSet]:
    both: Sequence[Picture] = [*parts.query, *parts.gallery]
    everything = number([both])
    places = np.arange(len(both))
    queries = len(parts.query)
    return everything.of(places[:queries]), everything.of(places[queries:])
