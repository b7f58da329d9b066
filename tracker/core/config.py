"""The numbers that steer the association and the linking, with units, ranges and sources."""

import math
from dataclasses import dataclass, fields, replace

from tracker.core.errors import ConfigError, suggestion

OVERLAPS = ("auto", "yes", "no")

USUAL_COSINE_DISTANCE = 0.25  # of looks of one person, where a ReID model's card tells no other

USUAL_WIDTH = 640  # pixels, that of the networks that look at the pictures

RECONNECT_S = 300.0  # how long a live stream that was lost is tried again


@dataclass(frozen=True, slots=True)
class TrackerConfig:
    """Settings of the association within one camera.

    Attributes:
        n_init: Consecutive frames with a detection before a track is confirmed (DeepSORT: 3).
        max_age_s: Seconds that a track may be unseen before its visit has ended.
        max_cosine_distance: Distance from a track's mean look, in [0, 1], at which looks speak
            neither for nor against a match; where the place fits well, more is allowed.
        max_iou_distance: Largest 1 - IoU of a match by overlap (DeepSORT: 0.7).
        reid_interval_s: Seconds for which a person whose match is in no doubt is not embedded
            again; 0 embeds everybody in every frame.
        nn_budget: Embeddings kept per track (DeepSORT: 100).
        max_cover: Largest share of a box that another person may cover for its crop to be
            remembered, in [0, 1].
        high_score: Without appearance, weaker boxes only continue a track and begin none
            (ByteTrack: 0.5 to 0.6).
        min_height: Pixels of a picture at least `USUAL_WIDTH` wide, in proportion in a smaller
            one, which detectors enlarge. Smaller people are not followed where appearance counts:
            detectors find too many that are none, and OSNet cannot tell them apart.
        fill_gap_s: Longest time unseen within a visit that is filled with interpolated boxes.
        smooth: Whether the boxes of finished visits are smoothed where the camera stands still,
            or its motion is known.
        camera_motion: Whether a moving camera's motion is found in its pictures and taken out of
            that of the people (as in BoT-SORT); a fixed camera is told from them as well.
    """

    n_init: int = 3
    max_age_s: float = 2.0
    max_cosine_distance: float = USUAL_COSINE_DISTANCE
    max_iou_distance: float = 0.7
    reid_interval_s: float = 0.2
    nn_budget: int = 100
    max_cover: float = 0.35
    high_score: float = 0.5
    min_height: float = 40.0
    fill_gap_s: float = 3.0
    smooth: bool = True
    camera_motion: bool = True

    def __post_init__(self) -> None:
        """Refuse values outside their ranges."""
        _check_ranges(self, _TRACKER_RANGES)

    def for_width(self, pixels: int) -> "TrackerConfig":
        """Return the settings for pictures of that width."""
        return replace(self, min_height=self.min_height * min(1.0, pixels / USUAL_WIDTH))


@dataclass(frozen=True, slots=True)
class Travel:
    """How long the way from one camera's view to another's takes, in seconds."""

    from_camera: str
    to_camera: str
    min_s: float = 0.0
    max_s: float = math.inf


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """Settings of the identities over visits and cameras.

    Attributes:
        gallery_threshold: Least similarity of visits that are taken for one person, in [0, 1]:
            of their mean embeddings, averaged where there are more than two. None takes what
            fits the number of visits, see `tracker.identity.affinity.usual_threshold`.
        max_speed: Fastest plausible movement between two visits to one camera, in own heights
            per second.
        overlap: Whether cameras may see one place at once: yes, no, or auto, decided from what
            they see.
        travel: Known times between cameras, at most one for each ordered pair.
    """

    gallery_threshold: float | None = None
    max_speed: float = 3.0
    overlap: str = "auto"
    travel: tuple[Travel, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values outside their ranges."""
        _check_ranges(self, _LINK_RANGES)
        if self.overlap not in OVERLAPS:
            near = suggestion(self.overlap, OVERLAPS)
            raise ConfigError(
                f"--overlap is '{self.overlap}'; allowed are: {', '.join(OVERLAPS)}.{near}"
            )


_TRACKER_RANGES: dict[str, tuple[float, float]] = {
    "n_init": (1, 1000),
    "max_age_s": (0, 1e6),
    "max_cosine_distance": (0, 1),
    "max_iou_distance": (0, 1),
    "reid_interval_s": (0, 1e6),
    "nn_budget": (1, 1_000_000),
    "max_cover": (0, 1),
    "high_score": (0, 1),
    "min_height": (0, 1e6),
    "fill_gap_s": (0, 1e6),
    "smooth": (0, 1),
    "camera_motion": (0, 1),
}
_LINK_RANGES: dict[str, tuple[float, float]] = {"gallery_threshold": (0, 1), "max_speed": (0, 1e6)}


def _check_ranges(config: object, ranges: dict[str, tuple[float, float]]) -> None:
    for item in fields(config):  # type: ignore[arg-type]
        if item.name not in ranges:
            continue
        low, high = ranges[item.name]
        value = getattr(config, item.name)
        if value is not None and not low <= value <= high:
            option = "--" + item.name.removesuffix("_s").replace("_", "-")
            raise ConfigError(f"{option} is {value:g}; allowed is {low:g} to {high:g}")
