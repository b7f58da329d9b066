"""The second pass: visits are whole, nobody is twice in one frame, and clear cases come right."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parts import look
from tracker.core.config import TrackerConfig
from tracker.core.types import Visit
from tracker.tracking.appearance_odds import AppearanceOdds, learn_appearance_odds
from tracker.tracking.fragment import concatenate
from tracker.tracking.hand_over import handed_over
from tracker.tracking.second_pass import polish, settle
from tracker.tracking.smoothing import camera_moves, smooth
from tracker.tracking.stitching import rejoin

SIZE = (640, 480)
RATE = 10.0
Span = tuple[int, int]  # first and last frame


def piece(track_id: int, frames: Span, person: int | None, x: Span, height: float = 100.0) -> Visit:
    """Boxes of somebody who walks evenly from x[0] to x[1]; no looks where person is None."""
    frame = np.arange(frames[0], frames[1] + 1)
    left = np.linspace(x[0], x[1], len(frame))
    xyxy = np.stack([left, 0 * left + 200, left + 40, 0 * left + 200 + height], axis=1)
    views = np.zeros((0, 512), np.float32) if person is None else np.stack([look(person)] * 10)
    return Visit(
        "cam", track_id, frame, frame / RATE, xyxy.astype(np.float32),
        np.full(len(frame), 0.9, np.float32), np.ones(len(frame), bool), views,
    )  # fmt: skip


def spans(visits: Sequence[Visit]) -> list[Span]:
    return [(int(v.frame[0]), int(v.frame[-1])) for v in visits]


def rows(tracklets: Sequence[Visit]) -> list[tuple[float, ...]]:
    return sorted((f, *b) for t in tracklets for f, b in zip(t.frame, t.xyxy, strict=True))


@st.composite
def random_pieces(draw: st.DrawFn) -> list[Visit]:
    """Pieces of three people, or of nobody known, anywhere in time and place."""
    pieces = []
    for number in range(draw(st.integers(0, 8))):
        first = draw(st.integers(0, 60))
        last = first + draw(st.integers(0, 30))
        person = draw(st.sampled_from([0, 1, 2, None]))
        x = draw(st.sampled_from([0, 100, 110, 300])), draw(st.sampled_from([0, 100, 300, 595]))
        pieces.append(piece(number + 1, (first, last), person, x))
    return pieces


@settings(max_examples=200)
@given(random_pieces(), st.booleans(), st.randoms(use_true_random=False))
def test_every_box_is_in_one_visit_and_no_visit_is_in_two_places(
    pieces: list[Visit], known: bool, chance: object
) -> None:
    likeness = AppearanceOdds() if known else None
    visits = rejoin(pieces, SIZE, likeness)
    assert rows(visits) == rows(pieces)
    assert all((np.diff(v.frame) > 0).all() for v in visits)
    assert [v.track_id for v in visits] == list(range(1, len(visits) + 1))
    shuffled = list(pieces)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert spans(rejoin(shuffled, SIZE, likeness)) == spans(visits)


@pytest.mark.parametrize(
    ("x", "ends"), [(100, 19), (120, 19), (135, 22), (300, 22)], ids=["same", "near", "off", "far"]
)
def test_who_takes_over_at_ones_place_ends_ones_visit(x: int, ends: int) -> None:
    first, second = piece(1, (0, 22), 0, (100, 100)), piece(2, (20, 60), 1, (x, x))
    visits = settle([first, second], SIZE, AppearanceOdds(), TrackerConfig())
    assert spans(visits) == [(0, ends), (20, 60)]


@pytest.mark.parametrize("frames", [(5, 15), (14, 60)], ids=["inside", "for long"])
def test_two_at_one_place_who_do_not_take_turns_stay_two(frames: Span) -> None:
    first, second = piece(1, (0, 22), 0, (100, 100)), piece(2, frames, 1, (110, 110))
    assert spans(handed_over([first, second])) == [(0, 22), frames]


def test_a_frame_at_which_both_are_seen_ends_the_first() -> None:
    first, second = piece(1, (0, 20), 0, (100, 100)), piece(2, (20, 60), 1, (130, 130))
    assert spans(handed_over([second, first])) == [(20, 60), (0, 19)]


@settings(max_examples=100)
@given(random_pieces())
def test_settled_and_polished_visits_hold_one_box_per_frame(pieces: list[Visit]) -> None:
    config = TrackerConfig()
    visits = settle(pieces, SIZE, AppearanceOdds(), config)
    polished = polish(visits, SIZE, config)
    assert [v.key for v in polished] == [v.key for v in visits]
    for visit, whole in zip(visits, polished, strict=True):
        assert (np.diff(whole.frame) > 0).all()
        assert set(visit.frame) == set(whole.frame[whole.observed])


def test_a_swap_at_a_crossing_is_undone() -> None:
    first = [piece(1, (0, 20), 0, (100, 300)), piece(2, (0, 20), 1, (500, 320))]
    swapped = [piece(1, (24, 44), 1, (280, 80)), piece(2, (24, 44), 0, (340, 540))]
    visits = rejoin([*first, *swapped], SIZE, AppearanceOdds())
    assert len(visits) == 2
    for visit in visits:
        assert len({int(view.argmax()) for view in visit.embeddings}) == 1


def test_who_stood_behind_something_goes_on_with_the_visit() -> None:
    hidden = [piece(1, (0, 20), 0, (100, 300)), piece(5, (70, 90), 0, (310, 500))]
    assert spans(rejoin(hidden, SIZE, AppearanceOdds())) == [(0, 90)]


def test_who_left_by_the_edge_and_came_back_makes_a_second_visit() -> None:
    left = [piece(1, (0, 20), 0, (300, 600)), piece(5, (50, 70), 0, (600, 300))]
    assert spans(rejoin(left, SIZE, AppearanceOdds())) == [(0, 20), (50, 70)]


def test_strangers_are_not_joined_though_one_comes_where_the_other_went() -> None:
    strangers = [piece(1, (0, 20), 0, (100, 300)), piece(2, (30, 50), 1, (390, 590))]
    assert len(rejoin(strangers, SIZE, AppearanceOdds())) == 2
    assert len(rejoin(strangers, SIZE, None)) == 1  # by motion alone they look like one


def test_boxes_without_looks_go_into_the_gap_where_they_fit() -> None:
    parts = [piece(1, (0, 20), 0, (100, 300)), piece(3, (40, 60), 0, (500, 590))]
    between = piece(2, (25, 35), None, (350, 450))
    assert spans(rejoin([*parts, between], SIZE, AppearanceOdds())) == [(0, 60)]
    elsewhere = replace(between, xyxy=between.xyxy - np.float32([0, 190, 0, 190]))
    assert len(rejoin([*parts, elsewhere], SIZE, AppearanceOdds())) == 2


def test_by_motion_alone_only_short_gaps_are_joined() -> None:
    soon = [piece(1, (0, 20), None, (100, 300)), piece(2, (30, 50), None, (390, 590))]
    late = [soon[0], piece(2, (50, 70), None, (390, 590))]
    assert spans(rejoin(soon, SIZE, None)) == [(0, 50)]
    assert len(rejoin(late, SIZE, None)) == 2


def test_small_people_and_doubles_are_left_out() -> None:
    config = TrackerConfig()
    small = piece(2, (0, 30), 1, (100, 200), height=30)
    double = piece(3, (10, 19), 2, (102, 150))
    person = piece(1, (0, 30), 0, (50, 210))
    assert spans(settle([person, small, double], SIZE, AppearanceOdds(), config)) == [(0, 30)]
    apart = replace(double, xyxy=double.xyxy + np.float32([300, 0, 300, 0]))
    assert len(settle([person, apart], SIZE, AppearanceOdds(), config)) == 2
    assert len(settle([small], SIZE, None, config)) == 1  # where looks do not count


def test_smoothing_keeps_an_even_walk_and_calms_a_shivering_one() -> None:
    even = piece(1, (0, 100), 0, (100, 500))
    assert np.abs(smooth(even).xyxy - even.xyxy).max() < 0.1
    noise = np.random.default_rng(0).normal(0, 4, even.xyxy.shape).astype(np.float32)
    shivering = replace(even, xyxy=even.xyxy + noise)
    error = np.abs(smooth(shivering).xyxy - even.xyxy).mean()
    assert error < 0.5 * np.abs(noise).mean()


def test_a_long_visit_is_smoothed_like_its_parts() -> None:
    long = piece(1, (0, 2000), 0, (0, 500))
    noise = np.random.default_rng(1).normal(0, 3, long.xyxy.shape).astype(np.float32)
    long = replace(long, xyxy=long.xyxy + noise)
    part = replace(
        long, frame=long.frame[400:700], time_s=long.time_s[400:700], xyxy=long.xyxy[400:700],
        score=long.score[400:700], observed=long.observed[400:700],
    )  # fmt: skip
    middle = smooth(part).xyxy[50:-50]
    assert np.allclose(smooth(long).xyxy[450:650], middle, atol=1e-3)


def test_boxes_that_the_edge_cuts_stay_as_they_are() -> None:
    """Somebody comes in from the left: half a second of growing boxes, then whole ones."""
    entering = piece(1, (0, 30), 0, (-30, 300))
    boxes = entering.xyxy.copy()
    boxes[:, 0] = np.maximum(boxes[:, 0], 0)
    (calm,) = polish([replace(entering, xyxy=boxes)], SIZE, TrackerConfig())
    cut = boxes[:, 0] == 0
    assert 2 <= cut.sum() < 10
    assert np.array_equal(calm.xyxy[cut], boxes[cut])
    width = calm.xyxy[~cut, 2] - calm.xyxy[~cut, 0]
    assert np.abs(width - 40).max() < 4


@pytest.mark.parametrize("together", [True, False])
def test_a_moving_camera_is_told_by_boxes_that_shiver_together(together: bool) -> None:
    random = np.random.default_rng(2)
    common = random.normal(0, 5, (101, 1))
    visits = []
    for number in range(3):
        walk = piece(number + 1, (0, 100), 0, (100 * number, 100 * number + 200))
        shiver = common if together else random.normal(0, 5, (101, 1))
        visits.append(replace(walk, xyxy=walk.xyxy + shiver.astype(np.float32)))
    assert camera_moves(visits) is together
    polished = polish(visits, SIZE, TrackerConfig())
    assert np.array_equal(polished[0].xyxy, visits[0].xyxy) is together


def test_nothing_to_settle() -> None:
    assert settle([], SIZE, AppearanceOdds(), TrackerConfig()) == []
    assert polish([], SIZE, TrackerConfig()) == []
    assert learn_appearance_odds([]) == AppearanceOdds()


def test_likeness_is_learned_from_who_is_surely_another() -> None:
    similar = np.float32([1, 0.8]), np.float32([0.8, 1])

    def person(number: int, camera: str, frames: Span) -> Visit:
        views = np.zeros((10, 512), np.float32)
        views[:, :2] = similar[number % 2] / np.linalg.norm(similar[number % 2])
        return replace(piece(number, frames, 0, (0, 100)), camera=camera, embeddings=views)

    crowd = [person(n, "a", (0, 20)) for n in range(1, 31)]
    learned = learn_appearance_odds(crowd)
    assert learned.other_mean > AppearanceOdds().other_mean + 0.2
    apart = [person(n, "a", (30 * n, 30 * n + 20)) for n in range(1, 31)]
    elsewhere = [person(n, f"cam{n}", (0, 20)) for n in range(1, 31)]
    for unknown in (apart, elsewhere):  # who was never seen beside another
        assert learn_appearance_odds(unknown).other_mean == AppearanceOdds().other_mean


def test_more_alike_is_more_likely_one_and_few_views_prove_little() -> None:
    likeness = AppearanceOdds()
    similarity = np.linspace(0.3, 1, 30)
    odds = likeness.log_odds(similarity, np.full(30, 20.0))
    assert (np.diff(odds) >= 0).all()
    assert odds[0] < 0 < odds[-1]
    assert abs(likeness.log_odds(np.array(0.4), np.array(1.0))) < abs(odds[4])
    assert likeness.log_odds(np.array(0.9), np.array(0.0)) == 0


def test_pieces_in_a_row_make_one_tracklet() -> None:
    joined = concatenate([piece(1, (0, 4), 0, (0, 10)), piece(1, (7, 9), None, (20, 30))], 5)
    assert joined.track_id == 5
    assert joined.frame.tolist() == [0, 1, 2, 3, 4, 7, 8, 9]
    assert len(joined.xyxy) == len(joined.score) == len(joined.observed) == 8
    assert len(joined.embeddings) == 10
