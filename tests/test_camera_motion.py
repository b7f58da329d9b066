"""Moving cameras: what the pictures tell of them, and that tracks and boxes go along."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parts import detections, look, visit
from tracker.core.config import TrackerConfig
from tracker.core.types import CameraInfo, Detections, Frame, Visit
from tracker.detection.detector import OneByOne
from tracker.runtime.camera import CameraTracker
from tracker.tracking import kalman_batch
from tracker.tracking.appearance_odds import AppearanceOdds
from tracker.tracking.camera_motion import SURE_FRAMES, CameraMotion, carry
from tracker.tracking.camera_path import CameraPath
from tracker.tracking.deepsort import DeepSort
from tracker.tracking.second_pass import polish
from tracker.tracking.stitching import rejoin

SIZE = (320, 240)
NOBODY = np.zeros((0, 4))
Array = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]


def place(seed: int = 0, size: tuple[int, int] = (640, 480)) -> Picture:
    """A place with something to hold on to everywhere."""
    noise = np.random.default_rng(seed).integers(0, 255, (size[1] // 8, size[0] // 8, 3), np.uint8)
    return np.asarray(cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def looked_at(scene: Picture, move: Array) -> Picture:
    return np.asarray(cv2.warpAffine(scene, move, SIZE), np.uint8)


def view(x: float, y: float, degrees: float = 0, zoom: float = 1) -> Array:
    """The move from the scene to the picture of a camera that looks at (x, y)."""
    move = np.asarray(cv2.getRotationMatrix2D((x, y), degrees, zoom))
    return move + np.array([[0, 0, SIZE[0] / 2 - x], [0, 0, SIZE[1] / 2 - y]])


def shift(x: float, y: float = 0.0) -> Array:
    return np.array([[1, 0, x], [0, 1, y]], np.float64)


def corners_under(move: Array) -> Array:
    corners = np.array([[0, 0], [SIZE[0], 0], [0, SIZE[1]], SIZE], np.float64)
    return corners @ move[:, :2].T + move[:, 2]


@pytest.mark.parametrize(
    "second",
    [view(303, 240), view(320, 246), view(314, 237, 1.0), view(320, 240, 0, 1.03)],
    ids=["pan", "tilt", "roll", "zoom"],
)
def test_a_move_is_found_though_a_person_goes_another_way(second: Array) -> None:
    motion = CameraMotion()
    before, after = looked_at(place(), view(320, 240)), looked_at(place(), second)
    before[60:220, 100:180] = place(1)[60:220, 100:180]
    after[60:220, 112:192] = place(1)[60:220, 100:180]
    assert motion.update(before, np.array([[100, 60, 180, 220.0]])) is None  # the first picture
    move = motion.update(after, np.array([[112, 60, 192, 220.0]]))
    assert move is not None
    back = cv2.invertAffineTransform(view(320, 240))
    true = (np.vstack([second, [0, 0, 1]]) @ np.vstack([back, [0, 0, 1]]))[:2]
    assert np.abs(corners_under(move) - corners_under(true)).max() < 0.5


def test_moves_are_in_pixels_of_the_whole_picture() -> None:
    scene, motion = place(size=(1400, 1000)), CameraMotion()
    motion.update(scene[100:820, 60:1340], NOBODY)
    move = motion.update(scene[100:820, 70:1350], NOBODY)
    assert move == pytest.approx(shift(-10), abs=0.3)


def test_a_fixed_camera_stays_fixed_whatever_passes_by() -> None:
    motion, random = CameraMotion(), np.random.default_rng(3)
    scene, lorry = looked_at(place(), view(320, 240)), place(1)[:150, :200]
    for number in range(60):
        left = (10 * number) % 340 - 20
        picture = scene.astype(np.float64)
        part = picture[40:190, max(left, 0) : max(left + 200, 0)]
        part[:] = lorry[:, max(-left, 0) : max(-left, 0) + part.shape[1]]
        picture += random.normal(0, 3, picture.shape)
        assert motion.update(np.clip(picture, 0, 255).astype(np.uint8), NOBODY) is None


def test_darkness_and_a_cut_are_no_motion() -> None:
    motion, dark = CameraMotion(), np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    shown = [dark, dark, looked_at(place(), view(320, 240)), looked_at(place(9), view(320, 240))]
    assert [motion.update(picture, NOBODY) for picture in shown] == [None] * 4
    larger = place(9)
    assert motion.update(larger, NOBODY) is None


def test_a_fixed_camera_that_begins_to_move_is_found_out_soon() -> None:
    motion = CameraMotion()
    for _ in range(3 * SURE_FRAMES):
        assert motion.update(looked_at(place(), view(320, 240)), NOBODY) is None
    moves = [motion.update(looked_at(place(), view(320 + 4 * n, 240)), NOBODY) for n in range(20)]
    found = [m for m in moves if m is not None]
    assert len(found) >= 10
    assert all(m == pytest.approx(shift(-4), abs=0.3) for m in found)


numbers = st.floats(-50, 50)


@settings(max_examples=50)
@given(numbers, numbers, st.floats(0.5, 2), st.lists(st.tuples(numbers, numbers), min_size=2))
def test_filters_do_not_care_whether_people_or_the_camera_move(
    x: float, y: float, zoom: float, walk: list[tuple[float, float]]
) -> None:
    move = np.array([[zoom, 0, x], [0, zoom, y]])
    boxes = [np.array([[100 + a, 100 + b, 140 + a, 200 + b]]) for a, b in walk]
    plain = kalman_batch.begin(boxes[0])
    moved = kalman_batch.begin(carry(boxes[0], move))
    for box in boxes[1:]:
        plain = kalman_batch.update(kalman_batch.predict(plain, np.array([0.1])), box)
        moved = kalman_batch.predict(moved, np.array([0.1]))
        moved = kalman_batch.update(moved, carry(box, move))
    assert kalman_batch.carry(plain, move) == pytest.approx(moved)


def test_a_turn_turns_velocities() -> None:
    state = kalman_batch.begin(np.array([[100, 100, 140, 200.0]]))
    state[:, kalman_batch.VELOCITY, :2] = 3, 0
    turned = kalman_batch.carry(state, np.array([[0, -1, 0], [1, 0, 0.0]]))
    assert turned[0, kalman_batch.VELOCITY, :2] == pytest.approx([0, 3])
    assert turned[0, kalman_batch.PLACE, :2] == pytest.approx([-150, 120])


def panned(frames: int = 40) -> tuple[list[Array], CameraPath]:
    """Moves to frames 0, 1, …: a jerky pan with some zoom; and the path that they make."""
    random = np.random.default_rng(4)
    path, moves = CameraPath(SIZE), [shift(0)]
    for frame in range(1, frames):
        zoom = 1 + random.normal(0, 0.01)
        moves.append(np.array([[zoom, 0, 30 * (-1) ** frame], [0, zoom, random.normal(0, 10)]]))
        path.add(frame, moves[-1])
    return moves, path


def in_pictures(still: Visit, moves: list[Array]) -> Visit:
    """What a moving camera sees of somebody who stands still."""
    seen, box = [], still.xyxy[:1].astype(np.float64)
    for move in moves:
        box = carry(box, move)
        seen.append(box[0])
    return replace(still, xyxy=np.array(seen, np.float32)[still.frame])


def test_steady_boxes_stand_still_and_come_back_where_they_were() -> None:
    moves, path = panned()
    seen = in_pictures(visit("cam", 1, (0, 3.9), 1), moves)
    steady = path.steady(seen)
    assert np.abs(np.diff(steady.xyxy, axis=0)).max() < 0.1
    assert path.seen(steady).xyxy == pytest.approx(seen.xyxy, abs=0.01)
    assert path.seen_box(20, steady.xyxy[20]) == pytest.approx(seen.xyxy[20], abs=0.01)


def test_a_camera_at_rest_leaves_everything_as_it_is() -> None:
    path, seen = CameraPath(SIZE), visit("cam", 1, (0, 3.9), 1)
    assert not path.moves
    assert path.steady(seen) is seen
    assert path.seen(seen) is seen


def test_zooming_in_for_ever_keeps_places_finite() -> None:
    path = CameraPath(SIZE)
    for frame in range(1, 5000):
        path.add(frame, view(SIZE[0] / 2, SIZE[1] / 2, 0, 1.01))
    last = replace(visit("cam", 1, (0, 0), 1), frame=np.array([4999]))
    height = np.diff(path.steady(last).xyxy[0, 1::2])[0]
    assert 20 < height < 100


def test_a_track_goes_with_the_camera() -> None:
    def ids(*, told: bool) -> set[int]:
        tracker, found = DeepSort("cam", TrackerConfig(), appearance=False), set()
        for frame in range(20):
            x = 100 + 35 * (frame % 2)
            move = shift(35 if frame % 2 else -35) if told and frame else None
            seen = detections([[x, 100, x + 40, 200]])
            boxes = tracker.update(frame, frame / 10, seen, np.zeros((1, 512), np.float32), move)
            found |= {b.track_id for b in boxes}
        return found

    assert ids(told=True) == {1}
    assert ids(told=False) != {1}


def test_a_lost_person_is_looked_for_where_the_pan_has_taken_them() -> None:
    def ids(pan: float, *, told: bool) -> list[int]:
        tracker = DeepSort("cam", TrackerConfig())
        for frame in range(5):
            seen = detections([[500, 100, 540, 200]])
            tracker.update(frame, frame / 10, seen, look(1)[None])
        nobody = detections([]), np.zeros((0, 512), np.float32)
        for frame in range(5, 8):
            tracker.update(frame, frame / 10, *nobody, shift(pan / 3) if told else None)
        seen = detections([[500 + pan, 100, 540 + pan, 200]])
        return [b.track_id for b in tracker.update(8, 0.8, seen, look(1)[None])]

    assert ids(-300, told=True) == [1]
    assert ids(-300, told=False) == []


def test_pieces_are_joined_across_a_pan() -> None:
    path = CameraPath((640, 480))
    for frame in range(21, 40):
        path.add(frame, shift(20))
    first, second = visit("cam", 1, (0, 2), 1, x=60), visit("cam", 2, (4, 6), 1, x=60 + 19 * 20)
    views = [replace(v, embeddings=np.stack([look(1)] * 2)) for v in (first, second)]
    plain = [replace(v, embeddings=v.embeddings[:0]) for v in views]
    assert len(rejoin(plain, (640, 480), None, path)) == 1
    assert len(rejoin(plain, (640, 480), None)) == 2
    joined = rejoin(views, (640, 480), AppearanceOdds(), path)
    assert len(joined) == 1
    both = np.concatenate([first.xyxy, second.xyxy])
    assert joined[0].xyxy == pytest.approx(both, abs=0.01)


def test_boxes_are_smoothed_and_filled_in_as_if_the_camera_stood_still() -> None:
    moves, path = panned()
    random = np.random.default_rng(5)
    true = [in_pictures(visit("cam", n, (0, 3.9), n, x=100.0 * n), moves) for n in (1, 2, 3)]
    kept = np.r_[:10, 22:40]
    visits = [
        replace(
            v, frame=v.frame[kept], time_s=v.time_s[kept], score=v.score[kept],
            observed=v.observed[kept],
            xyxy=v.xyxy[kept] + random.normal(0, 3, (28, 4)).astype(np.float32),
        )
        for v in true
    ]  # fmt: skip
    polished = polish(visits, SIZE, TrackerConfig(), path=path)
    for v, w, seen in zip(true, polished, visits, strict=True):
        assert w.frame.tolist() == v.frame.tolist()
        assert np.abs(w.xyxy - v.xyxy).mean() < 0.6 * np.abs(seen.xyxy - v.xyxy[kept]).mean()


class Film(OneByOne):
    """A source and detector: somebody walks through a place that a camera looks at."""

    def __init__(self, views: list[Array]) -> None:
        self.info = CameraInfo("cam", "film", *SIZE, 10.0, len(views))
        self._views = views

    def frames(self) -> Iterator[Frame]:
        for number, move in enumerate(self._views):
            yield Frame("cam", number, number / 10, looked_at(place(), move))

    def detect(self, frame: Frame) -> Detections:
        x = 300 + 3 * frame.index
        return detections(carry(np.array([[x, 200, x + 30, 280]]), self._views[frame.index]))

    def close(self) -> None:
        pass


def tracked(views: list[Array], *, motion: bool) -> list[Visit]:
    film = Film(views)
    camera = CameraTracker(film.info, TrackerConfig(camera_motion=motion), appearance=False)
    for frame in film.frames():
        found = film.detect(frame)
        camera.needed(frame, found)
        camera.take(frame, found, np.zeros((len(found), 512), np.float32))
    return camera.visits()


def test_a_shaken_camera_keeps_a_walker_in_one_visit() -> None:
    views = [view(320 + 12 * (-1) ** n, 240 + 6 * (n % 3)) for n in range(30)]
    found = tracked(views, motion=True)
    assert [len(v.frame) for v in found] == [30]
    assert len(tracked(views, motion=False)) != 1


def test_with_a_fixed_camera_nothing_changes() -> None:
    views = [view(320, 240)] * 30
    with_it, without = tracked(views, motion=True), tracked(views, motion=False)
    assert len(with_it) == 1
    assert np.array_equal(with_it[0].xyxy, without[0].xyxy)
