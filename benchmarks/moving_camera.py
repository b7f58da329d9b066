"""What is taking out the camera's motion worth? Fixed cameras are made to move, to find out.

A window of three quarters of the picture pans and shakes over a recording of a fixed camera, in
three strengths, and the truth goes with it. The camera's motion is estimated from the window's
pixels. Boxes and looks are those of the whole picture, so that nothing but the motion differs.
Prints HOTA and IDF1 of the visits, in percent, without and with it, means of two random motions:

    python -m benchmarks.moving_camera [--online] [--reid MODEL] VIDEO=TRUTH[=DETECTIONS] ...

Without DETECTIONS (MOTChallenge text) the installed detector finds the people. Only the first 300
frames are used. The real thing is harder: near and far things then move differently.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from tracker.core import boxes
from tracker.core.config import TrackerConfig
from tracker.core.types import CameraInfo, Detections, FloatArray, Frame, Image, Visit
from tracker.detection.detector import Detector, OneByOne, YoloOptions
from tracker.detection.replay import ReplayDetector
from tracker.evaluation.box_table import BoxTable, read_mot
from tracker.evaluation.tracks import score
from tracker.reid.embedder import Embedder
from tracker.runtime.camera import CameraTracker
from tracker.runtime.loading import load_detector, load_reid
from tracker.tracking.camera_motion import carry
from tracker.video.cameras import CameraSpec, open_camera
from tracker.video.source import FrameSource, Sampling

FRAMES = 300
WINDOW = 0.75  # of the picture's width and height
VISIBLE = 0.5  # share of a box that the window must show
# Per strength: pan in pixels of a picture 640 wide, its period in seconds, and the deviations of
# the shake in pixels, degrees and zoom.
STRENGTHS = {
    "none": (0, 1, 0, 0.0, 0.0),
    "gentle": (40, 8, 1.5, 0.0, 0.0),
    "hand": (50, 5, 5, 0.1, 0.005),
    "rough": (50, 3, 10, 0.5, 0.02),
}
KEPT = 0.7  # of a frame's shake in the next


@dataclass
class Recorded:
    """One frame of the fixed camera: picture, boxes and looks."""

    frame: Frame
    found: Detections
    looks: FloatArray


class Window(OneByOne):
    """A window that moves over a recording; source, detector and embedder of what it shows."""

    def __init__(
        self, info: CameraInfo, recorded: list[Recorded], strength: str, seed: int
    ) -> None:
        self.moves, (width, height) = _moves(info, len(recorded), strength, seed)
        self.info = replace(info, width=width, height=height, frames=len(recorded))
        self._recorded = recorded
        self._shown = np.zeros(0, int)
        self._now = 0

    def frames(self) -> Iterator[Frame]:
        """See `FrameSource.frames`."""
        size = self.info.width, self.info.height
        for number, (move, full) in enumerate(zip(self.moves, self._recorded, strict=True)):
            self._now = number
            picture = cv2.warpAffine(full.frame.image, move, size, borderMode=cv2.BORDER_REPLICATE)
            yield replace(full.frame, image=np.asarray(picture, np.uint8))

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def detect(self, frame: Frame) -> Detections:
        """See `Detector.detect`; of the frame that was given last."""
        found = self._recorded[self._now].found
        xyxy, visible = self.show(self._now, found.xyxy)
        self._shown = np.flatnonzero(visible)
        return Detections(xyxy[visible].astype(np.float32), found.score[visible])

    def embed(self, image: Image, xyxy: FloatArray) -> FloatArray:
        """See `Embedder.embed`; of boxes that were found last."""
        shown = self.show(self._now, self._recorded[self._now].found.xyxy)[0][self._shown]
        same = (xyxy[:, None] == shown[None].astype(np.float32)).all(axis=2)
        return self._recorded[self._now].looks[self._shown][same.argmax(axis=1)]

    def embed_all(self, seen: Sequence[tuple[Image, FloatArray]]) -> list[FloatArray]:
        """See `Embedder.embed_all`."""
        return [self.embed(image, xyxy) for image, xyxy in seen]

    def show(self, frame: int, xyxy: FloatArray) -> tuple[FloatArray, np.ndarray]:
        """Return where boxes (N, 4) are in the window, and (N,) whether it shows enough of them."""
        moved = carry(xyxy, self.moves[frame])
        cut = boxes.clip(moved, self.info.width, self.info.height)
        return cut, boxes.area(cut) >= VISIBLE * boxes.area(moved)

    def truth(self, table: BoxTable) -> BoxTable:
        """Return the part of the truth that the window shows."""
        table = table[(table.frame >= 1) & (table.frame <= len(self.moves))]
        xyxy, visible = np.zeros((len(table.frame), 4)), np.zeros(len(table.frame), bool)
        for frame in np.unique(table.frame):
            rows = table.frame == frame
            xyxy[rows], visible[rows] = self.show(int(frame) - 1, table.xyxy[rows])
        return replace(table, xyxy=xyxy)[visible]


def _moves(
    info: CameraInfo, count: int, strength: str, seed: int
) -> tuple[FloatArray, tuple[int, int]]:
    """Return the moves (F, 2, 3) from the whole picture to the window, and the window's size."""
    pan, period_s, shake, turn, zoom = STRENGTHS[strength]
    random = np.random.default_rng(seed)
    noise = random.normal(size=(count, 4))
    for frame in range(1, count):
        noise[frame] = KEPT * noise[frame - 1] + np.sqrt(1 - KEPT**2) * noise[frame]
    angle = 2 * np.pi * np.arange(count)[:, None] / info.fps / (period_s * np.array([1, 1.3]))
    swing = pan * np.array([1, 0.3]) * np.sin(angle + random.uniform(0, 2 * np.pi, 2))
    centre = np.array([info.width, info.height]) / 2
    looked = centre + info.width / 640 * (swing + shake * noise[:, :2])
    lean, size = np.deg2rad(turn * noise[:, 2]), 1 + zoom * noise[:, 3]
    window = int(WINDOW * info.width), int(WINDOW * info.height)
    moves = np.zeros((count, 2, 3))
    moves[:, 0, 0] = moves[:, 1, 1] = size * np.cos(lean)
    moves[:, 1, 0] = size * np.sin(lean)
    moves[:, 0, 1] = -moves[:, 1, 0]
    moves[:, :, 2] = np.array(window) / 2 - np.einsum("fij,fj->fi", moves[:, :, :2], looked)
    return moves, window


def record(source: FrameSource, detector: Detector, embedder: Embedder) -> list[Recorded]:
    """Return the frames of a fixed camera with its boxes and looks."""
    recorded = []
    for frame in source.frames():
        found = detector.detect(frame)
        recorded.append(Recorded(frame, found, embedder.embed(frame.image, found.xyxy)))
    return recorded


def measure(
    window: Window, truth: BoxTable, config: TrackerConfig, *, online: bool
) -> tuple[float, float]:
    """Return HOTA and IDF1 of what the window shows."""
    camera = CameraTracker(window.info, config, appearance=True)
    for frame in window.frames():
        found = window.detect(frame)
        camera.needed(frame, found)
        camera.take(frame, found, window.embed(frame.image, found.xyxy))
    result = score(window.truth(truth), _table(camera.visits(online=online)))
    return result["HOTA"], result["IDF1"]


def _table(visits: list[Visit]) -> BoxTable:
    frame = np.concatenate([v.frame + 1 for v in visits])
    identity = np.concatenate([np.full(len(v.frame), v.track_id) for v in visits])
    xyxy = np.concatenate([v.xyxy for v in visits]).astype(np.float64)
    return BoxTable(frame, identity, xyxy, np.zeros(len(frame), bool))


def main() -> None:
    """Print a table of all recordings and strengths."""
    parser = argparse.ArgumentParser(description="What taking out the camera's motion is worth.")
    parser.add_argument("recordings", nargs="+", metavar="VIDEO=TRUTH[=DETECTIONS]")
    parser.add_argument("--reid", default="auto", help="OSNet model: a name or a path.")
    parser.add_argument("--online", action="store_true", help="Without the second pass.")
    words = parser.parse_args()
    reid = load_reid(words.reid, "cpu", half=False)
    assert reid is not None
    print("| recording | motion | off | auto |\n|---|---|---|---|")
    for video, truth_file, *boxes_file in (word.split("=") for word in words.recordings):
        source = open_camera(CameraSpec("cam", video), Sampling(max_frames=FRAMES))
        replayed = [ReplayDetector(Path(file), YoloOptions().conf) for file in boxes_file]
        detector = replayed[0] if replayed else load_detector("auto", YoloOptions())[0]
        recorded = record(source, detector, reid.embedder)
        truth = read_mot(Path(truth_file), truth=True)
        for strength in STRENGTHS:
            cells = []
            for motion in (False, True):
                config = TrackerConfig(
                    max_cosine_distance=reid.max_cosine_distance, camera_motion=motion,
                    wary=words.online,
                )  # fmt: skip
                scores = [
                    measure(Window(source.info, recorded, strength, seed), truth, config,
                            online=words.online) for seed in (0, 1)
                ]  # fmt: skip
                cells.append("{:.1f} / {:.1f}".format(*np.mean(scores, axis=0)))
            print(f"| {Path(video).stem} | {strength} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
