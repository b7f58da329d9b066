"""The tracker of one camera: ids, order, independence, occlusion, revival."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parts import detections, look
from tracker.core.config import TrackerConfig
from tracker.core.types import Detections, TrackBox, no_embeddings
from tracker.tracking.crop_quality import covered_share
from tracker.tracking.deepsort import DeepSort

STEP_S = 0.1
Scene = Sequence[tuple[Sequence[Sequence[float]], Sequence[int]]]  # per frame: boxes, people


def box(x: float, y: float = 100.0) -> list[float]:
    return [x, y, x + 40, y + 100]


def feed(tracker: DeepSort, frame: int, boxes: Sequence[Sequence[float]], people: Sequence[int]):
    looks = np.stack([look(p) for p in people]) if people else no_embeddings()
    return tracker.update(frame, frame * STEP_S, detections(boxes), looks)


def play(
    scene: Scene, config: TrackerConfig | None = None
) -> tuple[DeepSort, list[list[TrackBox]]]:
    tracker = DeepSort("cam", config or TrackerConfig())
    return tracker, [feed(tracker, f, *content) for f, content in enumerate(scene)]


def test_ids_are_allotted_at_confirmation_without_holes() -> None:
    noise = [([box(300 + 150 * f)], [9]) for f in range(3)]  # never twice in one place
    steady = [([box(10), box(200)], [1, 2])] * 5
    _, seen = play([*noise, ([], []), *steady])
    assert [sorted(b.track_id for b in boxes) for boxes in seen[-3:]] == [[1, 2]] * 3
    assert not any(seen[:5])


def test_a_confirmed_visit_has_its_first_boxes_too() -> None:
    tracker, seen = play([([box(10)], [1])] * 4)
    assert [len(boxes) for boxes in seen] == [0, 0, 1, 1]
    assert tracker.visits()[0].frame.tolist() == [0, 1, 2, 3]


def test_the_detectors_score_does_not_decide_who_is_a_person() -> None:
    """Detectors differ in what they call sure; what is below --conf never gets here."""
    tracker = DeepSort("cam", TrackerConfig())
    seen = [
        tracker.update(f, f * STEP_S, detections([box(10)], score=0.3), look(1)[None])
        for f in range(4)
    ]
    assert [len(boxes) for boxes in seen] == [0, 0, 1, 1]


@pytest.mark.parametrize("appearance", [True, False])
def test_people_are_followed_at_two_frames_a_second(appearance: bool) -> None:
    """They walk more than the width of their boxes in between."""
    tracker = DeepSort("cam", TrackerConfig(), appearance=appearance)
    for frame in range(8):
        boxes = detections([box(100 + 45 * frame), box(900 - 45 * frame, y=300)])
        looks = np.stack([look(1), look(2)]) * appearance
        seen = tracker.update(frame, frame / 2, boxes, looks.astype(np.float32))
    assert [b.track_id for b in sorted(seen, key=lambda b: b.xyxy[0])] == [1, 2]
    assert [len(v.frame) for v in tracker.visits()] == [8, 8]


def test_one_crop_of_a_stranger_makes_nobody_like_them() -> None:
    """Else whoever was mistaken once would be taken for the other for good."""
    scene = [([box(100)], [1])] * 12 + [([box(100)], [2])] + [([box(100)], [1])] * 3
    scene += [([box(102), box(106, y=130)], [2, 1])] * 6
    _, seen = play(scene)
    first = next(b for b in seen[-1] if b.track_id == 1)
    assert first.xyxy[1] == pytest.approx(130)


def test_empty_frames_and_an_empty_run() -> None:
    tracker, seen = play([([], [])] * 5)
    assert seen == [[]] * 5
    assert tracker.visits() == []
    assert DeepSort("cam", TrackerConfig()).visits() == []


def test_two_trackers_do_not_share_anything() -> None:
    scene = [([box(10), box(200)], [1, 2])] * 5
    alone, _ = play(scene)
    first, second = DeepSort("cam", TrackerConfig()), DeepSort("cam", TrackerConfig())
    for frame, content in enumerate(scene):
        feed(first, frame, *content)
        feed(second, frame, [box(500)], [3])
    assert [t.track_id for t in first.visits()] == [t.track_id for t in alone.visits()]
    assert [t.track_id for t in second.visits()] == [1]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_detections_does_not_matter(seed: int) -> None:
    random = np.random.default_rng(seed)
    place = random.uniform(0, 500, 4)
    straight, shuffled = (DeepSort("cam", TrackerConfig()) for _ in range(2))
    for frame in range(12):
        place = place + random.normal(0, 4, 4)
        boxes = np.array([box(x) for x in place], np.float32)
        score = random.uniform(0.3, 1, 4).astype(np.float32)
        looks = np.stack([look(p) for p in range(4)])
        order = random.permutation(4)
        a = straight.update(frame, frame * STEP_S, Detections(boxes, score), looks)
        b = shuffled.update(
            frame, frame * STEP_S, Detections(boxes[order], score[order]), looks[order]
        )
        assert _plain(a) == _plain(b)


def _plain(boxes: Sequence[TrackBox]) -> set[tuple[int, tuple[float, ...]]]:
    return {(b.track_id, tuple(b.xyxy.tolist())) for b in boxes}


def test_crossing_people_keep_their_ids_by_their_looks() -> None:
    scene = [([box(100 + 12 * f), box(340 - 12 * f)], [1, 2]) for f in range(20)]
    tracker, _ = play(scene)
    visits = tracker.visits()
    assert [len(v.frame) for v in visits] == [20, 20]
    assert all((v.embeddings == v.embeddings[0]).all() for v in visits)


def test_an_occlusion_keeps_the_id() -> None:
    walk = [([box(100 + 5 * f)], [1]) if not 10 <= f < 20 else ([], []) for f in range(30)]
    tracker, _ = play(walk)
    assert [v.track_id for v in tracker.visits()] == [1]


def test_looks_revive_a_lost_track_outside_its_motion_gate() -> None:
    """Walks left behind a wall, comes out on the right: motion alone would lose them."""
    scene = [([box(400 - 8 * f)], [1]) for f in range(10)]
    scene += [([], [])] * 15
    scene += [([box(460)], [1])] * 5
    tracker, _ = play(scene)
    assert [v.track_id for v in tracker.visits()] == [1]
    stranger = [([box(460)], [2])] * 5
    tracker, _ = play([*scene[:25], *stranger])
    assert [v.track_id for v in tracker.visits()] == [1, 2]


def test_nobody_is_revived_farther_away_than_they_can_walk() -> None:
    scene = [([box(400)], [1])] * 5 + [([], [])] * 2 + [([box(1400)], [1])] * 5
    tracker, _ = play(scene)
    assert len(tracker.visits()) == 2


def test_a_visit_ends_after_the_time_unseen() -> None:
    scene = [([box(100)], [1])] * 5 + [([], [])] * 30 + [([box(100)], [1])] * 5
    assert len(play(scene, TrackerConfig(max_age_s=2))[0].visits()) == 2
    assert len(play(scene, TrackerConfig(max_age_s=4))[0].visits()) == 1


def test_motion_alone_follows_without_looks() -> None:
    tracker = DeepSort("cam", TrackerConfig(), appearance=False)
    nothing = np.zeros((2, 512), np.float32)
    for frame in range(10):
        boxes = detections([box(100 + 5 * frame), box(300 - 5 * frame)])
        tracker.update(frame, frame * STEP_S, boxes, nothing)
    assert [len(v.frame) for v in tracker.visits()] == [10, 10]


def test_the_memory_of_a_visit_is_bounded() -> None:
    tracker, _ = play([([box(100)], [1])] * 200, TrackerConfig(nn_budget=7))
    assert len(tracker.visits()[0].embeddings) <= 32
    assert len(tracker._tracks[0].gallery) == 7


@pytest.mark.parametrize("boxes", [[box(-30)], [[-500, -500, -400, -300]], [box(100, -90)]])
def test_boxes_off_the_image_are_followed(boxes: list[list[float]]) -> None:
    tracker, _ = play([(boxes, [1])] * 4)
    assert len(tracker.visits()) == 1


def test_covered_people_are_not_remembered_as_those_before_them() -> None:
    """While one stands before the other, both crops look like the nearer person."""
    apart = [([box(100), box(130, y=104)], [1, 2])] * 6
    behind = [([box(112), box(130, y=104)], [2, 2])] * 6
    tracker, _ = play([*apart, *behind])
    first = tracker.visits()[0]
    assert len(first.frame) == 12
    assert (first.embeddings @ look(2)).max() == 0


def test_cover_counts_for_the_farther_person_only() -> None:
    covered = covered_share(np.array([box(100), box(120, y=110), box(400)]))
    assert covered == pytest.approx([0.5 * 0.9, 0, 0])
    assert covered_share(np.zeros((0, 4))).shape == (0,)
