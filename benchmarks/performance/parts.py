"""The models, videos and runs that all sections measure with."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tracker.core.config import LinkConfig, TrackerConfig
from tracker.core.memory import keep_freed_memory
from tracker.core.types import Frame
from tracker.detection.detector import Detector, YoloOptions
from tracker.results.result import ModelUse
from tracker.runtime.loading import Reid, load_detector, load_reid
from tracker.runtime.observer import Observer
from tracker.runtime.output_plan import plan_outputs
from tracker.runtime.run import run
from tracker.runtime.run_data import RunSettings
from tracker.video.cameras import CameraSpec, open_camera
from tracker.video.source import FrameSource, Sampling

CORES = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Models:
    """A detector and a ReID model, loaded."""

    detector: Detector
    detector_use: ModelUse
    reid: Reid


def load(detector: str, reid: str) -> Models:
    """Load both for the CPU, in a process that keeps memory as the command's does."""
    keep_freed_memory()
    found, used = load_detector(detector, YoloOptions())
    appearance = load_reid(reid, "cpu", half=False)
    assert appearance is not None
    return Models(found, used, appearance)


class Looped:
    """A video shown several times, one after the other, as one long recording."""

    def __init__(self, camera: CameraSpec, frames: int) -> None:
        self._camera = camera
        source = open_camera(camera, Sampling())
        source.close()
        self.info = replace(source.info, frames=frames)

    def frames(self) -> Iterator[Frame]:
        """See `FrameSource.frames`."""
        index = 0
        while True:
            for frame in open_camera(self._camera, Sampling()).frames():
                if index == self.info.frames:
                    return
                yield replace(frame, index=index, time_s=index / self.info.fps)
                index += 1

    def close(self) -> None:
        """Do nothing: the videos close themselves."""


def whole_run(
    sources: Sequence[FrameSource], models: Models, *, video: bool = False, threads: bool = True,
    observer: Observer | None = None,
) -> float:  # fmt: skip
    """Decode, detect, embed, associate, link and write; return the seconds of all that."""
    with tempfile.TemporaryDirectory() as name:
        names = [source.info.name for source in sources]
        out, json = Path(name) / "out", Path(name) / "tracks.json"
        plan = plan_outputs(names, out=out if video else None, json=json)
        settings = RunSettings(
            TrackerConfig(max_cosine_distance=models.reid.max_cosine_distance), LinkConfig(),
            Sampling(), plan, models.detector_use, models.reid.use, device="cpu", threads=threads,
        )  # fmt: skip
        again = {source.info.name: source for source in sources}
        began = time.perf_counter()
        run(
            sources, dict.fromkeys(names, models.detector), models.reid.embedder, settings,
            reopen=lambda camera: again[camera], observer=observer,
        )  # fmt: skip
        return time.perf_counter() - began
