"""All stages at once give what one thing after another gives, in the same order."""

import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parts import look
from tracker.core.config import LinkConfig, TrackerConfig
from tracker.core.errors import SourceError
from tracker.core.types import CameraInfo, Detections, FloatArray, Frame, Image, Step
from tracker.detection.detector import OneByOne
from tracker.runtime.multi_camera import CoreSettings, MultiCameraTracker
from tracker.runtime.stages import Intake, follow
from tracker.video.read_ahead import ReadAhead

PEOPLE = 3


class FakeCamera:
    """A fake camera whose picture says which frame it is; it may break at one."""

    def __init__(self, name: str, frames: int, fps: float = 10.0, breaks_at: int = -1) -> None:
        self.info = CameraInfo(name, "fake", 640, 480, fps, frames)
        self._breaks_at = breaks_at
        self.closed = False

    def frames(self) -> Iterator[Frame]:
        for index in range(self.info.frames or 0):
            if index == self._breaks_at:
                raise SourceError("it broke")
            image = np.full((480, 640, 3), index % 250, np.uint8)
            yield Frame(self.info.name, index, index / self.info.fps, image)

    def close(self) -> None:
        self.closed = True


class FakeDetector(OneByOne):
    """People who walk side by side; frames take uneven times, in as many threads as asked for."""

    def __init__(self, workers: int = 3, batch: int = 1) -> None:
        self.workers, self.batch = workers, batch
        self.chunks: list[list[tuple[str, int]]] = []
        self.threads: set[str] = set()

    def detect(self, frame: Frame) -> Detections:
        self.threads.add(threading.current_thread().name)
        time.sleep(0.004 * (frame.index % 3))
        left = np.arange(PEOPLE) * 150 + 3.0 * frame.index
        xyxy = np.stack([left, left * 0 + 100, left + 60, left * 0 + 280], axis=1)
        return Detections(xyxy.astype(np.float32), np.full(PEOPLE, 0.9, np.float32))

    def detect_all(self, frames: list[Frame]) -> list[Detections]:  # type: ignore[override]
        self.chunks.append([(frame.camera, frame.index) for frame in frames])
        return [self.detect(frame) for frame in frames]


class FakeEmbedder:
    """Knows people by their place, and counts whom it looked at."""

    def __init__(self) -> None:
        self.looked_at = 0

    def embed(self, image: Image, xyxy: FloatArray) -> FloatArray:
        return self.embed_all([(image, xyxy)])[0]

    def embed_all(self, seen: list[tuple[Image, FloatArray]]) -> list[FloatArray]:
        self.looked_at += sum(len(xyxy) for _, xyxy in seen)
        return [np.stack([look(self._who(image, box)) for box in xyxy]) for image, xyxy in seen]

    @staticmethod
    def _who(image: Image, box: FloatArray) -> int:
        return round((float(box[0]) - 3 * int(image[0, 0, 0])) / 150)


def core_for(
    sources: Sequence[FakeCamera | ReadAhead], embedder: FakeEmbedder | None = None,
    config: TrackerConfig | None = None, *, online: bool = False,
) -> MultiCameraTracker:  # fmt: skip
    core = MultiCameraTracker(
        CoreSettings(config or TrackerConfig(), LinkConfig(), online=online), embedder
    )
    for source in sources:
        core.add(source.info)
    return core


def taken(intake: Intake, core: MultiCameraTracker | None = None) -> list[Step]:
    return list(follow(intake, core or core_for(intake.sources)))  # type: ignore[arg-type]


def both(detector: OneByOne) -> dict[str, OneByOne]:
    return dict.fromkeys("ab", detector)


def films(**breaks: int) -> list[FakeCamera]:
    return [FakeCamera("a", 40, 10.0, **breaks), FakeCamera("b", 25, 6.0)]


def followed(
    *, threads: bool, batch: int = 1, ahead: bool = False, online: bool = False
) -> list[object]:
    sources = [ReadAhead(film) if ahead else film for film in films()]
    core = core_for(sources, FakeEmbedder(), online=online)
    intake = Intake(sources, both(FakeDetector(batch=batch)), threads=threads)
    steps = [
        (s.camera, s.index, s.people, [(b.track_id, b.global_id, b.xyxy.tolist()) for b in s.boxes])
        for s in taken(intake, core)
    ]
    people = [
        (p.global_id, v.key, v.embeddings.tolist(), v.frame.tolist())
        for p in core.settled().identities
        for v in p.visits
    ]
    return [steps, people]


@pytest.mark.parametrize("online", [False, True], ids=["offline", "online"])
@pytest.mark.parametrize("batch", [1, 4, 8])
def test_neither_threads_nor_batches_change_anything(batch: int, online: bool) -> None:
    alone = followed(threads=False, online=online)
    assert len(alone[0]) == 65
    assert followed(threads=False, batch=batch, online=online) == alone
    assert followed(threads=True, batch=batch, online=online) == alone
    assert followed(threads=True, batch=batch, ahead=True, online=online) == alone


def test_batches_hold_frames_of_all_cameras() -> None:
    detector = FakeDetector(batch=4)
    taken(Intake(films(), both(detector), threads=False))
    assert [len(chunk) for chunk in detector.chunks] == [4] * 16 + [1]
    assert {name for name, _ in detector.chunks[0]} == {"a", "b"}


def test_detection_runs_beside_the_rest() -> None:
    detector = FakeDetector(workers=3)
    taken(Intake(films(), both(detector)))
    assert 1 <= len(detector.threads) <= 3
    assert threading.current_thread().name not in detector.threads


def test_a_camera_that_breaks_is_noted_after_its_frames() -> None:
    broken, whole = films(breaks_at=12)
    intake = Intake([broken, whole], both(FakeDetector()))
    core = core_for([broken, whole])
    steps = [(step.camera, step.index) for step in taken(intake, core)]
    assert [i for name, i in steps if name == "a"] == list(range(12))
    assert [i for name, i in steps if name == "b"] == list(range(25))
    assert {name: str(error) for name, error in intake.failures.items()} == {"a": "it broke"}
    assert core.cameras["a"].frames_read == 12
    assert broken.closed
    assert whole.closed


def test_who_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    source = FakeCamera("a", 1000)
    reader = ReadAhead(source)
    steps = follow(Intake([reader], {"a": FakeDetector()}), core_for([reader]))
    assert next(steps).index == 0
    steps.close()
    assert source.closed
    assert threading.active_count() == before


@given(after=st.integers(1, 64), batch=st.sampled_from([1, 4, 8]), online=st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_stop_at_any_frame_leaves_a_whole_result(after: int, batch: int, online: bool) -> None:
    sources = films()
    core = core_for(sources, FakeEmbedder(), online=online)
    done: list[Step] = []
    intake = Intake(
        sources, both(FakeDetector(batch=batch)), stopped=lambda: len(done) >= after
    )  # fmt: skip
    for step in follow(intake, core):
        done.append(step)
    assert len(done) == after
    seen = {(s.camera, s.index) for s in done}
    visits = [v for p in core.settled().identities for v in p.visits]
    assert len({v.key for v in visits}) == len(visits)
    boxes = [
        (v.camera, int(f), *xy)
        for v in visits
        for f, xy in zip(v.frame, v.xyxy.tolist(), strict=True)
    ]
    assert {(camera, frame) for camera, frame, *_ in boxes} <= seen
    assert len(set(boxes)) == len(boxes), "somebody is there twice"


def test_an_error_of_the_detector_comes_out() -> None:
    class Failing(FakeDetector):
        """Fails at the tenth frame."""

        def detect(self, frame: Frame) -> Detections:
            if frame.index == 10:
                raise RuntimeError("no memory")
            return super().detect(frame)

    with pytest.raises(RuntimeError, match="no memory"):
        taken(Intake([FakeCamera("a", 30)], {"a": Failing()}))


def test_people_who_are_in_no_doubt_are_seldom_embedded() -> None:
    counts = {}
    for interval_s in (0.0, 0.5):
        embedder = FakeEmbedder()
        config = TrackerConfig(reid_interval_s=interval_s)
        source = FakeCamera("a", 60)
        core = core_for([source], embedder, config)
        taken(Intake([source], {"a": FakeDetector()}, threads=False), core)
        counts[interval_s] = embedder.looked_at
        assert [len(v.frame) for v in core.cameras["a"].visits()] == [60] * PEOPLE
    assert counts[0.0] == 60 * PEOPLE
    assert counts[0.5] <= 0.3 * counts[0.0]


def test_reading_ahead_gives_frames_and_errors_in_their_order() -> None:
    source = ReadAhead(FakeCamera("a", 20, breaks_at=7))
    frames = source.frames()
    assert [next(frames).index for _ in range(7)] == list(range(7))
    with pytest.raises(SourceError, match="it broke"):
        next(frames)
    source.close()
