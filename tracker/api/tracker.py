"""``Tracker``: people in the frames of one's own loop, from one's own detector if need be."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np
import numpy.typing as npt
from typing_extensions import Unpack

from tracker.core.errors import ConfigError, suggestion
from tracker.core.ground import GroundPlane
from tracker.core.types import CameraInfo, Detections, Frame, Image, Step
from tracker.detection.detector import Detector
from tracker.models.device import resolve_device
from tracker.results.result import ModelUse, Result
from tracker.runtime.loading import chosen_detector, chosen_reid, distance_of
from tracker.runtime.multi_camera import CoreSettings, MultiCameraTracker
from tracker.runtime.options import Options, OptionWords
from tracker.video.camera_config import CameraConfig, load_camera_config
from tracker.video.source import FALLBACK_FPS

if TYPE_CHECKING:
    import supervision

Numbers = npt.NDArray[np.floating[Any]] | Sequence[Any]


class Tracker:
    """Follows people in frames that are handed to it, in one camera or in several.

    Two trackers share nothing. The ids of persons hold across the cameras of one tracker.

    Args:
        cameras: Their names, or those of `config` if that is given.
        config: A ``cameras.yaml``, for calibration, travel times and overlap.
        options: See `tracker.runtime.options.Options`; the names are those of the command line.
            With ``online=True`` ids once given are kept; else `finish` settles them anew by all
            that was seen. `fps` counts where `update` is told no time.

    Raises:
        ReidTrackError: A model or an option cannot be used.

    Examples:
        >>> import numpy as np
        >>> tracker = Tracker(reid=None)
        >>> image = np.zeros((480, 640, 3), np.uint8)
        >>> for n in range(5):
        ...     seen = tracker.update(image, [[100 + n, 100, 160 + n, 280]], [0.9])
        >>> seen.track_ids.tolist(), seen.global_ids.tolist()
        ([1], [1])
        >>> [(v.camera, v.track_id, len(v.frame)) for v in tracker.finish().people[0].visits]
        [('camera', 1, 5)]
    """

    def __init__(
        self, *, cameras: Sequence[str] = ("camera",), config: str | Path | None = None,
        **options: Unpack[OptionWords],
    ) -> None:  # fmt: skip
        file = load_camera_config(Path(config)) if config else CameraConfig()
        self._options = chosen = Options.of(options).knowing(file)
        self._grounds: Mapping[str, GroundPlane | None] = {
            **dict.fromkeys(cameras if config is None else ()),
            **{name: camera.ground for name, camera in file.cameras.items()},
        }
        self._fps = chosen.fps or FALLBACK_FPS
        self._device = resolve_device(chosen.device, half=chosen.half)
        self._reid = chosen_reid(self._options, self._device)
        self._detector: Detector | None = None
        self._detector_use = ModelUse("boxes of the program", None)
        settings = CoreSettings(
            chosen.tracker(distance_of(self._reid)), chosen.link, online=bool(chosen.online),
            named=True,
        )  # fmt: skip
        self._core = MultiCameraTracker(settings, self._reid.embedder if self._reid else None)
        self._counted: dict[str, int] = {}  # frames by camera
        self._last_s: dict[str, float] = {}

    @overload
    def update(
        self, image: Image, xyxy: "supervision.Detections", *, camera: str | None = None,
        time_s: float | None = None,
    ) -> "supervision.Detections": ...  # fmt: skip

    @overload
    def update(
        self, image: Image, xyxy: Numbers | None = None, score: Numbers | None = None, *,
        camera: str | None = None, time_s: float | None = None,
    ) -> Step: ...  # fmt: skip

    def update(
        self, image: Image, xyxy: Any = None, score: Any = None, *, camera: str | None = None,
        time_s: float | None = None,
    ) -> Any:  # fmt: skip
        """Take in the next frame of a camera; also those in which nobody is.

        Args:
            image: (H, W, 3) uint8 BGR, of the same size in all frames of a camera.
            xyxy: (N, 4) people's boxes in pixels; None has the tracker find them. Instead a
                ``supervision.Detections``.
            score: (N,) in [0, 1]; None takes all boxes for sure.
            camera: Its name; needed where there are several.
            time_s: Seconds on one clock of all cameras, later than that of the camera's frame
                before; None counts the camera's frames by `fps`.

        Returns:
            Who is followed in the frame: `track_ids`, `global_ids`, `xyxy`, `score`; somebody new
            must be seen for some frames first. For supervision's detections those of them who
            are followed, with persons as ``tracker_id`` and tracks in ``data["track_id"]``.

        Raises:
            ConfigError: An unknown camera, a time that does not grow, an image of another size.
            ValueError: Arrays that do not fit each other.
        """
        given = xyxy if score is None and hasattr(xyxy, "confidence") else None
        if given is not None:
            xyxy, score = given.xyxy, given.confidence
        found = None if xyxy is None else Detections.of(xyxy, score)
        frame = self._frame(image, camera, time_s)  # which counts, so after all that is refused
        found = self._find(frame) if found is None else found
        (step,) = self._core.update([(frame, found)])
        return step if given is None else _told(given, step)

    def finish(self) -> Result:
        """Return everybody who was seen, with ids as `track` gives them; may be called again."""
        cameras = [
            replace(camera.info, frames=camera.frames_read)
            for camera in self._core.cameras.values()
        ]
        reid = self._reid.use if self._reid else None
        return Result.of(cameras, self._detector_use, reid, self._core.settled())

    def _find(self, frame: Frame) -> Detections:
        if self._detector is None:
            self._detector, self._detector_use = chosen_detector(self._options, self._device)
        return self._detector.detect(frame)

    def _frame(self, image: Image, camera: str | None, time_s: float | None) -> Frame:
        name = self._name(camera)
        height, width = image.shape[:2]
        if name not in self._core.cameras:
            info = CameraInfo(
                name, "frames of the program", width, height, self._fps, None,
                ground=self._grounds[name],
            )  # fmt: skip
            self._core.add(info)
        known = self._core.cameras[name].info
        if (width, height) != (known.width, known.height):
            raise ConfigError(
                f"camera '{name}' gave {known.width}x{known.height} pixels before, now "
                f"{width}x{height}; resize, or give that view a name of its own"
            )
        index = self._counted.get(name, 0)
        at_s = index / self._fps if time_s is None else float(time_s)
        if at_s <= self._last_s.get(name, -np.inf):
            raise ConfigError(
                f"camera '{name}': time_s {at_s:g} is not later than the {self._last_s[name]:g} "
                "of the frame before"
            )
        self._counted[name], self._last_s[name] = index + 1, at_s
        return Frame(name, index, at_s, image)

    def _name(self, camera: str | None) -> str:
        names = list(self._grounds)
        if camera is None and len(names) == 1:
            return names[0]
        if camera not in names:
            near = suggestion(camera or "", names)
            raise ConfigError(
                f"camera is {camera!r}; this tracker's are: {', '.join(names)}.{near}"
            )
        return camera


def _told(given: "supervision.Detections", step: Step) -> "supervision.Detections":
    """Return those of the given detections who are followed, with their ids."""
    corners = given.xyxy.astype(np.float32)  # as the tracker took them
    rows = [int(np.flatnonzero((corners == box.xyxy).all(axis=1))[0]) for box in step.boxes]
    told = cast("supervision.Detections", given[rows])  # rows, not a name: no array comes back
    told.tracker_id = step.global_ids
    told.data["track_id"] = step.track_ids
    return told
