"""The plain data that passes between the stages.

Images are (height, width, 3) uint8 in OpenCV's colour order BGR. Boxes are `xyxy` in pixels of
the source's frames (see `boxes`). Frames count from 0 in the source; times are seconds on the
run's common clock: from a camera's first frame, plus its offset.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from tracker.core.ground import GroundPlane
from tracker.core.names import require_camera_name

Image = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

VisitKey = tuple[str, int]  # camera, track_id

EMBEDDING_SIZE = 512  # OSNet's last layer has this width in every variant


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """What is known of a camera before its first frame is processed."""

    name: str
    source: str
    width: int  # pixels
    height: int  # pixels
    fps: float  # frames per second of the source, kept as a float: 29.97 stays 29.97
    frames: int | None  # from the header, so possibly wrong; None for live sources
    live: bool = False
    offset_s: float = 0.0  # of its first frame, from the run's common zero
    ground: GroundPlane | None = None  # where it is calibrated
    dropped: int = 0  # frames of a live source that came faster than they were processed
    zero_s: float = 0.0  # timestamp of its first frame in its file
    outages: int = 0  # times that a live source was lost and tried again

    def __post_init__(self) -> None:
        """Refuse a name that cannot be a file's."""
        require_camera_name(self.name)


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of one camera."""

    camera: str
    index: int
    time_s: float
    image: Image


@dataclass(frozen=True, slots=True)
class Detections:
    """The people that a detector found in one frame.

    Attributes:
        xyxy: (N, 4) float32, pixels.
        score: (N,) float32 in [0, 1].
    """

    xyxy: FloatArray
    score: FloatArray

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit each other."""
        if self.xyxy.shape != (len(self.xyxy), 4):
            raise ValueError(f"xyxy must have shape (N, 4), but has {self.xyxy.shape}")
        if self.score.shape != (len(self.xyxy),):
            raise ValueError(f"score must have shape ({len(self.xyxy)},), but {self.score.shape}")

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, index: npt.NDArray[np.generic] | slice) -> "Detections":
        return Detections(self.xyxy[index], self.score[index])

    @classmethod
    def of(cls, xyxy: npt.ArrayLike, score: npt.ArrayLike | None = None) -> "Detections":
        """Take boxes (N, 4) and scores (N,), or 1 for all, of any kind of numbers.

        Raises:
            ValueError: They do not fit each other, or a box is no box.
        """
        corners = np.asarray(xyxy, np.float32)
        corners = corners.reshape(0, 4) if not corners.size else corners
        if corners.shape[1:] != (4,):
            raise ValueError(f"xyxy must have shape (N, 4), but has {corners.shape}")
        if not (np.isfinite(corners).all() and (corners[:, 2:] >= corners[:, :2]).all()):
            raise ValueError("xyxy must be left, top, right, bottom, all finite")
        given = np.ones(len(corners)) if score is None else score
        return cls(corners, np.asarray(given, np.float32))

    @classmethod
    def empty(cls) -> "Detections":
        """Return no detections: (0, 4) and (0,)."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True)
class TrackBox:
    """One box of one track in the frame at hand."""

    track_id: int
    xyxy: FloatArray  # (4,) pixels
    score: float  # of the detection; for an unobserved box the last score
    global_id: int | None = None  # the person, where that is asked for while a run goes on


@dataclass(frozen=True, slots=True)
class Step:
    """One processed frame of one camera, and who was seen in it.

    Attributes:
        frame: The picture, its camera, number and time.
        boxes: The N people who are followed in it.
        detected: (M, 4) float32 xyxy, pixels: all that the detector found.
        people: How many people there were so far in all cameras; None where nobody asks.
    """

    frame: Frame
    boxes: list[TrackBox]
    detected: FloatArray
    people: int | None = None

    @property
    def camera(self) -> str:
        """Name of the camera."""
        return self.frame.camera

    @property
    def index(self) -> int:
        """Number of the frame in its source, from 0."""
        return self.frame.index

    @property
    def time_s(self) -> float:
        """Seconds on the run's clock."""
        return self.frame.time_s

    @property
    def image(self) -> Image:
        """The picture, (H, W, 3) uint8 BGR."""
        return self.frame.image

    @property
    def xyxy(self) -> FloatArray:
        """The followed people's boxes, (N, 4) float32, pixels."""
        return np.array([b.xyxy for b in self.boxes], np.float32).reshape(-1, 4)

    @property
    def score(self) -> FloatArray:
        """Scores of their detections, (N,) float32."""
        return np.array([b.score for b in self.boxes], np.float32)

    @property
    def track_ids(self) -> IntArray:
        """Their tracks, (N,) int64: one for each visit to the camera's view."""
        return np.array([b.track_id for b in self.boxes], np.int64)

    @property
    def global_ids(self) -> IntArray:
        """Their persons, (N,) int64, as far as known now; 0 where nobody asked for them."""
        return np.array([b.global_id or 0 for b in self.boxes], np.int64)


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a person to one camera's view, from entering to leaving.

    Attributes:
        camera: Name of the camera.
        track_id: Unique within the camera, from 1 in the order of confirmation.
        frame: (K,) int64, strictly increasing frame numbers.
        time_s: (K,) float64 seconds.
        xyxy: (K, 4) float32 pixels.
        score: (K,) float32.
        observed: (K,) bool; False where the box was interpolated.
        embeddings: (M, 512) float32 of unit length, views spread over the visit; M may be 0.
    """

    camera: str
    track_id: int
    frame: IntArray
    time_s: npt.NDArray[np.float64]
    xyxy: FloatArray
    score: FloatArray
    observed: BoolArray
    embeddings: FloatArray

    def rows(self, rows: IntArray | BoolArray) -> "Visit":
        """Return the visit with some of its boxes, chosen as NumPy does, and all its views."""
        return replace(
            self, frame=self.frame[rows], time_s=self.time_s[rows], xyxy=self.xyxy[rows],
            score=self.score[rows], observed=self.observed[rows],
        )  # fmt: skip

    @property
    def key(self) -> tuple[str, int]:
        """Camera and track_id: what identifies the visit in a run."""
        return self.camera, self.track_id

    @property
    def start_s(self) -> float:
        """Time of the first box."""
        return float(self.time_s[0])

    @property
    def end_s(self) -> float:
        """Time of the last box."""
        return float(self.time_s[-1])


@dataclass(slots=True)
class Identity:
    """A person, through all visits to all cameras; some have been given a name."""

    global_id: int
    visits: list[Visit] = field(default_factory=list)
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Why a visit was given the person of an earlier one.

    Attributes:
        first: (camera, track_id) of the earlier visit.
        second: (camera, track_id) of the later one.
        probability: How likely the two are one person, in [0, 1].
        similarity: Cosine similarity of their looks.
        gap_s: Seconds from leaving to entering; negative where both were in view.
        second_enters_s: When the later visit began.
        distance_m: Metres between their ground places at that time, where both are known.
        runner_up: The visit of somebody else that fitted best.
        runner_up_probability: How likely that one was.
        confirmed: A person has said that it is right.
    """

    first: tuple[str, int]
    second: tuple[str, int]
    probability: float
    similarity: float
    gap_s: float
    second_enters_s: float
    distance_m: float | None = None
    runner_up: tuple[str, int] | None = None
    runner_up_probability: float | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Merge:
    """Two people who proved to be one while the recording went on.

    Attributes:
        time_s: When that was found.
        gone: The global_id that was given up.
        kept: The one that stays.
    """

    time_s: float
    gone: int
    kept: int


def in_view_s(spans: Iterable[tuple[float, float]]) -> float:
    """Return the seconds that lie in at least one span from entering to leaving.

    >>> in_view_s([(0, 4), (1, 3), (6, 7)])
    5.0
    """
    total_s, until_s = 0.0, -math.inf
    for enter_s, leave_s in sorted(spans):
        total_s += max(leave_s - max(enter_s, until_s), 0.0)
        until_s = max(until_s, leave_s)
    return total_s


def no_embeddings() -> FloatArray:
    """Return the embeddings of no crops: (0, 512) float32."""
    return np.zeros((0, EMBEDDING_SIZE), np.float32)


def global_ids(identities: Iterable[Identity]) -> dict[tuple[str, int], int]:
    """Map each visit's (camera, track_id) to its person's global_id."""
    return {t.key: person.global_id for person in identities for t in person.visits}
