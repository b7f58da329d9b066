"""What a program imports gives what the command line gives, and refuses in one line."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import supervision

import tracker
from tests.media import logged, reid_track
from tracker import (
    CameraInfo,
    Detections,
    Frame,
    Options,
    ReidTrackError,
    Result,
    Step,
    Tracker,
    evaluate,
    load,
    report,
    track,
)
from tracker.core.errors import SourceError
from tracker.core.types import Image
from tracker.runtime.loading import load_detector
from tracker.video.camera_config import load_camera_config

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
CAMERAS = {name: SAMPLES / f"{name}.mp4" for name in ("cam1", "cam2")}
FRAMES = 75


def frames(path: Path, count: int = FRAMES) -> Iterator[Image]:
    video = cv2.VideoCapture(str(path))
    for _ in range(count):
        yield video.read()[1]
    video.release()


def ids(steps: Sequence[Step]) -> list[object]:
    return [
        (s.camera, s.index, s.track_ids.tolist(), s.global_ids.tolist(), s.xyxy.tolist())
        for s in steps
    ]


def content(path: Path) -> dict[str, object]:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def result() -> Result:
    return track(CAMERAS, max_frames=FRAMES)


def test_what_is_exported_is_there_and_sorted() -> None:
    assert sorted(tracker.__all__) == tracker.__all__
    assert all(getattr(tracker, name) is not None for name in tracker.__all__)
    with pytest.raises(AttributeError, match="no attribute 'trak'"):
        tracker.trak  # noqa: B018


def test_track_gives_what_the_command_line_gives(result: Result, tmp_path: Path) -> None:
    out = tmp_path / "cli.json"
    cams = ",".join(f"{name}={path}" for name, path in CAMERAS.items())
    assert reid_track("--cams", cams, "--json", out, "--max-frames", FRAMES, "--quiet") == 0
    assert content(result.save(tmp_path / "api")) == content(out)
    assert len(result.people) == 4


def test_a_stream_gives_what_online_gives(tmp_path: Path) -> None:
    out = tmp_path / "cli.json"
    words = ("--json", out, "--max-frames", FRAMES, "--online", "--quiet")
    assert reid_track(CAMERAS["cam1"], *words) == 0
    steps = track(CAMERAS["cam1"], stream=True, max_frames=FRAMES)
    assert [step.index for step in steps] == list(range(FRAMES))
    assert content(steps.result.save(tmp_path / "api.json")) == content(out)


def test_frame_by_frame_gives_what_a_stream_gives() -> None:
    steps = track(CAMERAS["cam1"], stream=True, max_frames=FRAMES)
    streamed = list(steps)
    own = Tracker(cameras=["cam1"], online=True, fps=25)
    again = [own.update(image, camera="cam1") for image in frames(CAMERAS["cam1"])]
    assert ids(again) == ids(streamed)
    assert any(len(step.boxes) > 1 for step in again)
    assert own.finish().to_pandas().equals(steps.result.to_pandas())


class Recorded:
    """A source of a program's own: pictures that are in memory."""

    def __init__(self, images: Sequence[Image], times_s: Sequence[float] | None = None) -> None:
        self._images = images
        self._times_s = times_s or [n / 25 for n in range(len(images))]
        self.info = CameraInfo("memory", "pictures in memory", 640, 480, 25.0, None)
        self.closed = 0

    def frames(self) -> Iterator[Frame]:
        for n, (image, time_s) in enumerate(zip(self._images, self._times_s, strict=True)):
            yield Frame("any name", n, time_s, image)

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("workers", [0, None])
def test_a_source_of_ones_own_gives_what_the_file_gives(workers: int | None) -> None:
    chosen = {"start": 0.4, "vid_stride": 2, "max_frames": 30, "workers": workers}
    source = Recorded(list(frames(CAMERAS["cam1"])))
    own = track({"cam1": source}, **chosen)
    assert own.to_pandas().equals(track(CAMERAS["cam1"], **chosen).to_pandas())
    assert len(own.people) == 2
    assert source.closed >= 1


def test_a_source_of_ones_own_names_its_camera() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    steps = track([Recorded([image] * 3)], stream=True, detector=nobody, reid=None)
    assert [(step.camera, step.index) for step in steps] == [("memory", n) for n in range(3)]


def nobody(image: Image) -> tuple[list[float], list[float]]:
    return [], []


@pytest.mark.parametrize(
    ("second", "at_s", "told"),
    [
        (np.zeros((480, 640, 3), np.uint8), 0.0, "frame 1 at 0 s after frame 0 at 0 s; numbers"),
        (np.zeros((640, 480, 3), np.uint8), 0.1, "frame 1 as uint8 (640, 480, 3); its info"),
        (np.zeros((480, 640, 3)), 0.1, "frame 1 as float64 (480, 640, 3); its info"),
    ],
)
def test_a_source_that_breaks_its_promise_ends_there(second, at_s: float, told: str) -> None:
    source = Recorded([np.zeros((480, 640, 3), np.uint8), second], [0.0, at_s])
    with logged() as lines:
        seen = track(source, detector=nobody, reid=None)
    assert seen.cameras[0].frames == 1
    assert len(lines) == 1
    assert lines[0].startswith(f"camera 'memory' (pictures in memory) gave {told}")


class InBatches:
    """The packaged detector, but several frames at a time, as on a GPU."""

    workers = 1

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self._detector, _ = load_detector("person_yolo11n", Options().yolo("cpu"))

    def detect(self, frame: Frame) -> Detections:
        return self._detector.detect(frame)

    def detect_all(self, seen: Sequence[Frame]) -> list[Detections]:
        return [self.detect(frame) for frame in seen]


@pytest.mark.parametrize("batch", [4, 8])
def test_ids_do_not_depend_on_how_many_frames_are_detected_together(
    result: Result, batch: int, tmp_path: Path
) -> None:
    batched = track(CAMERAS, max_frames=FRAMES, detector=InBatches(batch), workers=0)
    one, other = content(batched.save(tmp_path / "a")), content(result.save(tmp_path / "b"))
    assert [one[key] for key in ("tracks", "identities", "links")] == [
        other[key] for key in ("tracks", "identities", "links")
    ]


def test_networks_of_ones_own_are_functions() -> None:
    seen: list[int] = []

    def find(image: Image) -> tuple[np.ndarray, np.ndarray]:
        left = 10.0 * len(seen)
        return np.array([[left, 50, left + 60, 230], [400, 50, 460, 230]]), np.array([0.9, 0.8])

    def look(crops: list[Image]) -> np.ndarray:
        seen.append(len(crops))
        assert all(crop.shape == (180, 60, 3) for crop in crops)
        return np.eye(3)[: len(crops)]

    own = Tracker(detector=find, reid=look)
    image = np.zeros((480, 640, 3), np.uint8)
    steps = [own.update(image) for _ in range(6)]
    assert steps[-1].track_ids.tolist() == [1, 2]
    found = own.finish()
    assert (found.detector.name, found.reid and found.reid.name) == ("find", "look")
    assert len(found.people) == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_detections_of_supervision_come_back_with_ids(dtype: type) -> None:
    own = Tracker(reid=None)
    image = np.zeros((480, 640, 3), np.uint8)
    for n in range(5):
        given = supervision.Detections(
            xyxy=np.array([[300.1, 50, 360, 230], [100.1 + n, 50, 160 + n, 230]], dtype),
            confidence=np.array([0.7, 0.9], np.float32),
            class_id=np.array([0, 7]),
        )
        told = own.update(image, given)
    assert sorted(zip(told.tracker_id, told.class_id, told.xyxy[:, 0].round(1), strict=True)) == [
        (1, 7, pytest.approx(104.1)),
        (2, 0, pytest.approx(300.1)),
    ]
    last = own.finish().to_supervision("camera", 4)
    assert sorted(last.tracker_id) == [1, 2]


def test_two_trackers_share_nothing() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    one, other = Tracker(reid=None), Tracker(reid=None)
    for _ in range(5):
        one.update(image, [[300, 50, 360, 230]])
    for _ in range(5):
        seen = other.update(image, [[10, 50, 60, 230]])
    assert seen.global_ids.tolist() == [1]


def test_a_result_becomes_tables(result: Result, tmp_path: Path) -> None:
    boxes, visits = result.to_pandas(), result.to_pandas("visits")
    assert len(boxes) == visits["boxes"].sum() > FRAMES
    assert set(boxes["global_id"]) == {p.global_id for p in result.people}
    assert (visits["end_s"] > visits["start_s"]).all()
    with pytest.raises(ReidTrackError, match="exists"):
        result.save(result.save(tmp_path / "made" / "anew"))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: track("nowhere.mp4"), "no file 'nowhere.mp4'"),
        (lambda: Tracker(ried=None), "no option 'ried'. Did you mean 'reid'"),
        (lambda: Tracker(reid=3), "reid is 3; allowed are a name, a path, a function"),
        (lambda: Tracker(reid=None, max_age=-1), "--max-age is -1"),
    ],
)
def test_bad_input_is_one_line(call, told: str) -> None:
    with pytest.raises(ReidTrackError) as error:
        call()
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_tracker_refuses_what_cannot_be_a_next_frame() -> None:
    own = Tracker(reid=None, cameras=["door", "yard"])
    image = np.zeros((48, 64, 3), np.uint8)
    own.update(image, [], camera="door", time_s=1.0)
    with pytest.raises(ReidTrackError, match="camera is 'dor'; this tracker's are: door, yard"):
        own.update(image, [], camera="dor")
    with pytest.raises(ReidTrackError, match="time_s 1 is not later than the 1"):
        own.update(image, [], camera="door", time_s=1.0)
    with pytest.raises(ReidTrackError, match="64x48 pixels before, now 48x64"):
        own.update(image.transpose(1, 0, 2), [], camera="door", time_s=2.0)
    with pytest.raises(ValueError, match=r"xyxy must have shape \(N, 4\)"):
        own.update(image, [[1, 2, 3]], camera="door", time_s=3.0)
    with pytest.raises(ValueError, match="score must have shape"):
        own.update(image, [[1, 2, 3, 4]], [0.5, 0.5], camera="door", time_s=4.0)


def test_a_result_is_read_again_scored_and_shown(result: Result, tmp_path: Path) -> None:
    again = load(result.save(tmp_path))
    assert again.to_pandas()["global_id"].tolist() == result.to_pandas()["global_id"].tolist()
    truth = {name: SAMPLES / f"{name}.gt.txt" for name in CAMERAS}
    rows = evaluate(again, truth)
    assert rows.keys() >= {"cam1", "cam2", "JOINT"}
    assert rows == evaluate(result, truth)
    assert evaluate(again, {"cam1": truth["cam1"]})["cam1"]["MOTA"] > 0
    page = report(again, tmp_path / "page.html", title="two doors")
    assert "two doors" in page.read_text(encoding="utf-8")
    with pytest.raises(ReidTrackError, match="exists"):
        report(again, page)


def test_a_refused_frame_is_not_counted() -> None:
    own = Tracker(reid=None)
    image = np.zeros((480, 640, 3), np.uint8)
    with pytest.raises(ValueError, match="all finite"):
        own.update(image, [[9, 9, 1, 1]], time_s=1.0)
    assert own.update(image, [[1, 1, 9, 9]], time_s=1.0).index == 0


def test_a_stream_of_which_nothing_comes_tells_why() -> None:
    class Broken:
        """A fake source that breaks at once."""

        info = CameraInfo("door", "fake", 64, 48, 25.0, 10)

        def frames(self) -> Iterator[Frame]:
            raise SourceError("the cable is out")
            yield

        def close(self) -> None:
            """Nothing to close."""

    steps = track(Broken(), stream=True, reid=None, detector=lambda _: ([], []))
    with pytest.raises(SourceError, match="the cable is out"):
        list(steps)
    assert list(steps.failures) == ["door"]


def test_cameras_yaml_counts_unless_the_program_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(f"cameras: {{a: {CAMERAS['cam1']}}}\noverlap: no\n")
    file = load_camera_config(tmp_path / "c.yaml")
    assert Options().knowing(file).link.overlap == "no"
    assert Options(overlap="auto").knowing(file).link.overlap == "auto"
    assert Options().link.overlap == "auto"
