"""Boxes and looks of a recording, found once and kept, so that all trackers get the same ones."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.accuracy.sequences import Sequence as Footage
from tracker.core.types import BoolArray, CameraInfo, Detections, FloatArray, Frame, Image, IntArray
from tracker.detection.detector import Detector, OneByOne, YoloOptions
from tracker.detection.replay import ReplayDetector
from tracker.models.locate import LocatedModel, find_model, sha256_of
from tracker.reid.embedder import Embedder
from tracker.runtime.loading import load_detector, load_reid
from tracker.runtime.open_sources import boxes_only_source
from tracker.video.cameras import CameraSpec, open_camera
from tracker.video.source import FrameSource, Sampling

LEAST_SCORE = 0.1  # kept in the cache, since other trackers use weak boxes as well
DETECTOR = "yolo11n_int8_openvino_model"
REID = "osnet_x0_25_msmt17.pth"


@dataclass(frozen=True, slots=True)
class Recording:
    """All boxes of one sequence, frame after frame.

    Attributes:
        info: The camera.
        file: Where the arrays are kept; its name changes with the models and the video.
        video: None where only boxes are known.
        frame: (N,) from 0.
        xyxy: (N, 4) float32 pixels.
        score: (N,) float32.
        looks: (N, 512) float32 of unit length; (N, 0) where there are no pictures.
    """

    info: CameraInfo
    file: Path
    video: Path | None
    frame: IntArray
    xyxy: FloatArray
    score: FloatArray
    looks: FloatArray

    @property
    def frames(self) -> int:
        """How many frames there are."""
        assert self.info.frames is not None
        return self.info.frames

    def chosen(self, index: int, least_score: float) -> BoolArray:
        """Tell which boxes are of that frame and sure enough, (N,) bool."""
        return np.asarray((self.frame == index) & (self.score >= least_score))


class Replay(OneByOne):
    """Stands in for camera, detector and embedder: gives what was found before."""

    def __init__(self, recording: Recording, least_score: float) -> None:
        self.info = recording.info
        self._recording = recording
        self._least_score = least_score
        self._now: BoolArray = np.zeros(0, np.bool_)

    def frames(self) -> Iterator[Frame]:
        """See `tracker.video.source.FrameSource.frames`; the pictures are empty."""
        nothing = np.zeros((0, 0, 3), np.uint8)
        for index in range(self._recording.frames):
            yield Frame(self.info.name, index, index / self.info.fps, nothing)

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def detect(self, frame: Frame) -> Detections:
        """See `tracker.detection.detector.Detector.detect`."""
        self._now = self._recording.chosen(frame.index, self._least_score)
        return Detections(self._recording.xyxy[self._now], self._recording.score[self._now])

    def embed(self, image: Image, xyxy: FloatArray) -> FloatArray:
        """See `tracker.reid.embedder.Embedder.embed`; of boxes of the latest `detect`."""
        same = (xyxy[:, None] == self._recording.xyxy[self._now][None]).all(axis=2)
        return self._recording.looks[self._now][same.argmax(axis=1)]

    def embed_all(self, seen: Sequence[tuple[Image, FloatArray]]) -> list[FloatArray]:
        """See `tracker.reid.embedder.Embedder.embed_all`."""
        return [self.embed(image, xyxy) for image, xyxy in seen]


class Observer:
    """Finds boxes and looks with the shared models, or in the cache.

    Args:
        shared: The folder with data/ and weights/.
        cache: Where results are kept.
    """

    def __init__(self, shared: Path, cache: Path) -> None:
        self._shared = shared
        self._cache = cache
        self._networks: tuple[Detector, Embedder] | None = None

    def film(self, sequence: Footage) -> Recording:
        """Detect and embed the people of a video."""
        video = self._shared / "data" / sequence.material
        detector, reid = self._model(DETECTOR, "detect"), self._model(REID, "reid")
        key = "-".join(digest[:8] for digest in (sha256_of(video), detector.sha256, reid.sha256))
        file = self._cache / f"{sequence.name}-{key}.npz"
        source = open_camera(CameraSpec(sequence.name, str(video)), Sampling())
        if not file.is_file():
            print(f"detecting people in {sequence.name}", file=sys.stderr)
            self._networks = self._networks or self._load()
            _save(file, source.info, *_observe(source, *self._networks))
        source.close()
        return _read(file, source.info, video)

    def boxes(self, sequence: Footage) -> Recording:
        """Read the public boxes of a sequence without pictures."""
        path = self._shared / "data" / sequence.material
        info = boxes_only_source(path, Sampling(), None, None).info
        file = self._cache / f"{sequence.name}-{sha256_of(path)[:8]}.npz"
        if not file.is_file():
            replay = ReplayDetector(path)
            nothing = np.zeros((0, 0, 3), np.uint8)
            found = [
                replay.detect(Frame(info.name, index, index / info.fps, nothing))
                for index in range(info.frames or 0)
            ]
            looks = [np.zeros((len(d), 0), np.float32) for d in found]
            _save(file, info, found, looks)
        return _read(file, info, None)

    def _load(self) -> tuple[Detector, Embedder]:
        weights = self._shared / "weights"
        detector, _ = load_detector(str(weights / DETECTOR), YoloOptions(conf=LEAST_SCORE))
        reid = load_reid(str(weights / REID), "cpu", half=False)
        assert reid is not None
        return detector, reid.embedder

    def _model(self, name: str, task: str) -> LocatedModel:
        model = find_model(str(self._shared / "weights" / name), task)  # type: ignore[arg-type]
        assert isinstance(model, LocatedModel)
        return model


def _observe(
    source: FrameSource, detector: Detector, embedder: Embedder
) -> tuple[list[Detections], list[FloatArray]]:
    found, looks = [], []
    for frame in source.frames():
        found.append(detector.detect(frame))
        looks.append(embedder.embed(frame.image, found[-1].xyxy))
    return found, looks


def _save(file: Path, info: CameraInfo, found: list[Detections], looks: list[FloatArray]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name("unfinished.npz")
    np.savez(
        unfinished,
        frame=np.repeat(np.arange(len(found)), [len(d) for d in found]),
        xyxy=np.concatenate([d.xyxy for d in found]),
        score=np.concatenate([d.score for d in found]),
        looks=np.concatenate(looks),
        frames=len(found),
        size=(info.width, info.height),
    )
    unfinished.replace(file)


def _read(file: Path, info: CameraInfo, video: Path | None) -> Recording:
    with np.load(file) as content:
        arrays = [content[name] for name in ("frame", "xyxy", "score", "looks")]
        read = CameraInfo(
            info.name, info.source, info.width, info.height, info.fps, int(content["frames"])
        )
    return Recording(read, file, video, *arrays)
