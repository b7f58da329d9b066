"""What the networks see in a recording: found once, kept in files, given again as if by them."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.identity.recordings import Camera, Recording
from tracker.core.ground import GroundPlane
from tracker.core.types import CameraInfo, Detections, FloatArray, Frame, Image
from tracker.detection.detector import USUAL_CONF, Detector, OneByOne, YoloOptions
from tracker.detection.replay import ReplayDetector
from tracker.models.locate import LocatedModel, find_model
from tracker.reid.embedder import Embedder
from tracker.runtime.loading import load_detector, load_reid
from tracker.runtime.open_sources import boxes_only_source
from tracker.tracking.camera_motion import CameraMotion
from tracker.video.cameras import CameraSpec, open_camera
from tracker.video.source import Sampling

LEAST_SCORE = 0.1  # kept, so that thresholds can be tried
BATCH = 8  # frames embedded together
NO_PICTURE = np.zeros((0, 0, 3), np.uint8)


class Models:
    """A detector and a ReID model, loaded when something was not seen yet.

    Args:
        name: Of the pair.
        detector: Its name or path.
        reid: Likewise.
    """

    def __init__(self, name: str, detector: str, reid: str) -> None:
        self.name = name
        self.detector, self.reid = _located(detector, "detect"), _located(reid, "reid")
        own = self.detector.detecting.conf
        self.conf = USUAL_CONF if own is None else own
        self.key = f"{self.detector.sha256[:8]}-{self.reid.sha256[:8]}"
        self._loaded: tuple[Detector, Embedder] | None = None

    @property
    def networks(self) -> tuple[Detector, Embedder]:
        """Both, ready to run."""
        if self._loaded is None:
            options = YoloOptions(conf=LEAST_SCORE, workers=1)
            reid = load_reid(str(self.reid.path), "cpu", half=False)
            assert reid is not None
            self._loaded = load_detector(str(self.detector.path), options)[0], reid.embedder
        return self._loaded


def _located(name: str, task: str) -> LocatedModel:
    model = find_model(name, task)  # type: ignore[arg-type]
    assert isinstance(model, LocatedModel), f"{name} is not installed"
    return model


@dataclass(frozen=True, slots=True)
class Observed:
    """All boxes and looks of one camera.

    Attributes:
        first: (F + 1,) row at which each frame's boxes begin.
        xyxy: (N, 4) float32 pixels.
        score: (N,) float32.
        looks: (N, 512) float32 of unit length; (N, 0) where there are no pictures.
        moved: (M,) frames before which the camera moved, and `moves` (M, 2, 3) how.
    """

    info: CameraInfo
    first: np.ndarray
    xyxy: FloatArray
    score: FloatArray
    looks: FloatArray
    moved: np.ndarray
    moves: FloatArray


class Observer:
    """Looks at cameras, or into the cache."""

    def __init__(self, data: Path, cache: Path) -> None:
        self._data = data
        self._cache = cache

    def recording(self, recording: Recording, models: Models) -> list[Observed]:
        """Return what each camera of a recording shows."""
        return [self.camera(recording, c, models) for c in recording.cameras]

    def camera(self, recording: Recording, camera: Camera, models: Models) -> Observed:
        """Return what one camera shows."""
        source = self._data / camera.source
        if source.suffix == ".txt":
            return _public_boxes(source, camera)
        whole = camera.view is None
        place = camera.source.replace("/", "_") if whole else f"{recording.name}-{camera.name}"
        place += f"-{camera.every}" if camera.every > 1 else ""
        file = self._cache / models.key / f"{place.replace(' ', '_')}.npz"
        if not file.is_file():
            print(f"looking at {place} with {models.name} models", file=sys.stderr, flush=True)
            file.parent.mkdir(parents=True, exist_ok=True)
            _look(source, camera, models, file)
        with np.load(file) as kept:
            arrays = {k: kept[k] for k in ("first", "xyxy", "score", "looks", "moved", "moves")}
            size, fps = kept["size"].tolist(), float(kept["fps"])
        arrays["looks"] = arrays["looks"].astype(np.float32)
        arrays["first"] = arrays["first"][: camera.frames and camera.frames + 1]
        info = CameraInfo(camera.name, "", *size, fps, len(arrays["first"]) - 1)
        return Observed(info, **arrays)


def _public_boxes(path: Path, camera: Camera) -> Observed:
    info = replace(boxes_only_source(path, Sampling(), None, None).info, name=camera.name)
    replay, frames = ReplayDetector(path), range(info.frames or 0)
    found = [replay.detect(Frame(info.name, i, i / info.fps, NO_PICTURE)) for i in frames]
    return _observed(info, found, np.zeros((sum(map(len, found)), 0), np.float32), {})


def _look(source: Path, camera: Camera, models: Models, file: Path) -> None:
    detector, embedder = models.networks
    most = camera.frames if camera.view else None
    opened = open_camera(CameraSpec(camera.name, str(source)), Sampling(max_frames=most))
    motion, moves = CameraMotion(), {}
    found: list[Detections] = []
    looks: list[FloatArray] = [np.zeros((0, 512), np.float32)]
    waiting: list[tuple[Image, FloatArray]] = []
    for frame in opened.frames():
        if frame.index % camera.every:
            found.append(Detections.empty())
            continue
        seen = (
            frame if camera.view is None else replace(frame, image=camera.view.picture(frame.image))
        )
        seen = replace(seen, image=np.ascontiguousarray(seen.image))
        boxes = detector.detect(seen)
        move = motion.update(seen.image, boxes.xyxy[boxes.score >= models.conf])
        if move is not None:
            moves[frame.index] = move
        found.append(boxes)
        waiting.append((seen.image, boxes.xyxy))
        if len(waiting) == BATCH:
            looks += embedder.embed_all(waiting)
            waiting = []
    looks += embedder.embed_all(waiting)
    info = opened.info
    if camera.view is not None:
        info = replace(info, width=camera.view.size[0], height=camera.view.size[1])
    seen_all = _observed(info, found, np.concatenate(looks), moves)
    unfinished = file.with_suffix(".part.npz")
    np.savez(
        unfinished, first=seen_all.first, xyxy=seen_all.xyxy, score=seen_all.score,
        looks=seen_all.looks, moved=seen_all.moved, moves=seen_all.moves,
        size=(info.width, info.height), fps=info.fps,
    )  # fmt: skip
    unfinished.replace(file)


def _observed(
    info: CameraInfo, found: Sequence[Detections], looks: FloatArray, moves: dict[int, FloatArray]
) -> Observed:
    return Observed(
        info,
        np.cumsum([0, *map(len, found)]),
        np.concatenate([d.xyxy for d in found]),
        np.concatenate([d.score for d in found]),
        looks,
        np.array(list(moves), int),
        np.array(list(moves.values()), np.float64).reshape(-1, 2, 3),
    )


class Replay(OneByOne):
    """Stands in for camera, detector, embedder and camera motion: gives what was found before."""

    turns = 0  # of all cameras, so that the latest is known

    def __init__(
        self, observed: Observed, conf: float, stride: int, offset_frames: int,
        ground: GroundPlane | None,
    ) -> None:  # fmt: skip
        offset_s = offset_frames / observed.info.fps
        self.info = replace(observed.info, offset_s=offset_s, ground=ground)
        self._seen = observed
        self._conf = conf
        self._stride = stride
        self._index = self.turn = 0
        self._now = np.zeros(0, int)

    def frames(self) -> Iterator[Frame]:
        """See `tracker.video.source.FrameSource.frames`; the pictures are empty."""
        for index in range(0, self.info.frames or 0, self._stride):
            time_s = index / self.info.fps + self.info.offset_s
            yield Frame(self.info.name, index, time_s, NO_PICTURE)

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def detect(self, frame: Frame) -> Detections:
        """See `tracker.detection.detector.Detector.detect`."""
        self._index = frame.index
        Replay.turns += 1
        self.turn = Replay.turns
        begin, end = self._seen.first[frame.index : frame.index + 2]
        self._now = begin + np.flatnonzero(self._seen.score[begin:end] >= self._conf)
        return Detections(self._seen.xyxy[self._now], self._seen.score[self._now])

    def update(self, image: Image, xyxy: FloatArray) -> FloatArray | None:
        """See `tracker.tracking.camera_motion.CameraMotion.update`."""
        known = np.flatnonzero(self._seen.moved == self._index)
        return self._seen.moves[known[0]] if len(known) and self._stride == 1 else None

    def looks(self, xyxy: FloatArray) -> FloatArray:
        """Return the looks (N, 512) of boxes of the latest `detect`."""
        same = (xyxy[:, None] == self._seen.xyxy[self._now][None]).all(axis=2)
        return self._seen.looks[self._now][same.argmax(axis=1)]
