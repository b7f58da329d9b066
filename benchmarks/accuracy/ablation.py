"""Each part of our tracker off in turn."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from benchmarks.accuracy.ours import Followed, follow
from benchmarks.accuracy.recording import Recording
from benchmarks.accuracy.scoring import TOGETHER, Judge
from benchmarks.accuracy.sequences import Answer
from benchmarks.accuracy.tables import by_sequence, markdown, pair
from tracker.core.config import TrackerConfig
from tracker.tracking.appearance_odds import AppearanceOdds
from tracker.tracking.deepsort import DeepSort


@dataclass(frozen=True, slots=True)
class Variant:
    """Our tracker with one part changed.

    Attributes:
        replaced: What is put in the place of named objects of the package meanwhile.
        ask: Which answer is taken.
    """

    config: TrackerConfig = field(default_factory=TrackerConfig)
    replaced: Mapping[str, Any] = field(default_factory=dict)
    ask: Callable[[Followed], Answer] = Followed.settled

    def answers(self, recordings: Mapping[str, Recording]) -> dict[str, Answer]:
        """Follow and answer, for each recording."""
        with ExitStack() as stack:
            for name, thing in self.replaced.items():
                stack.enter_context(patch(name, thing))
            return {name: self.ask(follow(r, self.config)) for name, r in recordings.items()}


RAW = TrackerConfig(smooth=False, fill_gap_s=0)
WITH_LOOKS = {
    "all of it": Variant(),
    "no second pass": Variant(ask=Followed.first_pass),
    "second pass on whole tracks, not on pieces": Variant(
        replaced={"tracker.tracking.deepsort.DeepSort.fragments": DeepSort.visits}
    ),
    "likeness not learned, only the prior": Variant(
        replaced={"tracker.runtime.camera.learn_appearance_odds": lambda _: AppearanceOdds()}
    ),
    "covered crops remembered, no cut where people pass (max_cover 1)": Variant(
        TrackerConfig(max_cover=1)
    ),
    "small people too (min_height 0)": Variant(TrackerConfig(min_height=0)),
    "boxes not smoothed": Variant(TrackerConfig(smooth=False)),
    "gaps not filled (fill_gap_s 0)": Variant(TrackerConfig(fill_gap_s=0)),
    "neither smoothed nor filled": Variant(RAW),
    "--online": Variant(TrackerConfig(wary=True), ask=Followed.online),
    "--online, not wary of strange looks": Variant(ask=Followed.online),
    "--online, neither smoothed nor filled": Variant(replace(RAW, wary=True), ask=Followed.online),
}
BY_MOTION = {
    "all of it": Variant(),
    "no second pass": Variant(ask=Followed.first_pass),
    "weak boxes as good as others (high_score 0)": Variant(TrackerConfig(high_score=0)),
    "gaps not filled (fill_gap_s 0)": Variant(TrackerConfig(fill_gap_s=0)),
    "--online, gaps not filled": Variant(RAW, ask=Followed.first_pass),
}


def with_looks(judge: Judge, recordings: Mapping[str, Recording]) -> str:
    """Write visits and people with each part off."""
    rows = []
    for part, variant in WITH_LOOKS.items():
        answers = variant.answers(recordings)
        visits, people = judge.visits(answers), judge.people(answers)
        cells = [pair(scores[n]) for n in (*recordings, TOGETHER) for scores in (visits, people)]
        rows.append([part, *cells])
    names = [*recordings, "together"]
    head = [f"{name}: {level}" for name in names for level in ("visits", "people")]
    return markdown(["part", *head], rows)


def by_motion(judge: Judge, recordings: Mapping[str, Recording]) -> str:
    """Write visits with each part off that counts without looks."""
    rows = {part: judge.visits(v.answers(recordings)) for part, v in BY_MOTION.items()}
    return by_sequence("part", rows)
