"""In which codec videos are written, and how good they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tracker.core.errors import OutputError

CONTAINERS = {".mp4": "h264", ".m4v": "h264", ".mov": "h264", ".mkv": "h264", ".avi": "mjpeg"}


@dataclass(frozen=True, slots=True)
class Codec:
    """A codec as FFmpeg knows it."""

    encoder: str  # FFmpeg's name of the encoder
    # Options that set the quality where none is asked for. x264 with one quantizer for all need
    # not look at pictures beforehand, which saves a quarter of its time; 20 is a better picture
    # than OpenCV's MPEG-4 in a smaller file.
    usual: Mapping[str, str]
    best_worst: tuple[int, int]  # the ends of the codec's own scale; less is better
    # Of the encoder. Presets are fast: x264's next one takes 1.5 times as long.
    options: Mapping[str, str] = field(default_factory=dict)
    scale: tuple[str, ...] = ("crf",)  # which options take the quality
    tag: str | None = None  # how an MP4 must call it for Apple's players


_QUANTIZER_4 = {"qmin": "4", "qmax": "4"}
CODECS = {
    "h264": Codec("libx264", {"qp": "20"}, (0, 51), {"preset": "ultrafast"}),
    "hevc": Codec(
        "libx265", {"crf": "24"}, (0, 51),
        {"preset": "ultrafast", "x265-params": "log-level=none"},
        tag="hvc1",
    ),
    "av1": Codec("libsvtav1", {"crf": "32"}, (0, 63), {"preset": "9"}),
    "mpeg4": Codec("mpeg4", _QUANTIZER_4, (1, 31), scale=("qmin", "qmax")),
    "mjpeg": Codec("mjpeg", _QUANTIZER_4, (2, 31), scale=("qmin", "qmax")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Encoding:
    """What was asked for; None stands for what is usual.

    Raises:
        OutputError: There is no such codec, or it has no such quality.
    """

    name: str | None = None
    quality: int | None = None

    def __post_init__(self) -> None:
        """Refuse what there is not."""
        if self.name is not None and self.name not in CODECS:
            raise OutputError(f"--codec is '{self.name}'; allowed are: {', '.join(CODECS)}")
        if self.quality is not None:
            name = self.name or "h264"
            best, worst = CODECS[name].best_worst
            if not best <= self.quality <= worst:
                raise OutputError(
                    f"--crf is {self.quality}; {name} has {best} (best) to {worst} (smallest)"
                )

    def codec_for(self, path: Path) -> Codec:
        """Return the codec of a video of that name."""
        return CODECS[self.name or CONTAINERS[path.suffix.lower()]]

    def options_of(self, codec: Codec) -> dict[str, str]:
        """Return the encoder's options."""
        if self.quality is None:
            return {**codec.options, **codec.usual}
        return {**codec.options, **dict.fromkeys(codec.scale, str(self.quality))}


USUAL = Encoding()


def require_known_container(path: Path) -> None:
    """Check that a video can be written under that name.

    Raises:
        OutputError: Its ending stands for no known container.
    """
    if path.suffix.lower() not in CONTAINERS:
        raise OutputError(
            f"--out {path}: no video is called '{path.suffix or path.name}'; "
            f"name it {', '.join(CONTAINERS)} or give a folder"
        )
