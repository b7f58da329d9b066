"""In which codec videos are written, and how good they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tracker.core.errors import OutputError

CONTAINERS = {".mp4": "h264", ".m4v": "h264", ".mov": "h264", ".mkv": "h264", ".avi": "mjpeg"}


@dataclass(frozen=True, slots=True)
class Codec:
    """A codec as FFmpeg knows it.

    Attributes:
        encoder: FFmpeg's name of the encoder.
        usual: Quality where none is asked for; less is better, on the codec's own scale.
        best_worst: The ends of that scale.
        options: Of the encoder. Presets are fast: x264's `ultrafast` takes the time of OpenCV's
            MPEG-4 for better pictures in files as large, and the next one 1.5 times as long.
        scale: Which options take the quality.
        tag: How an MP4 must call it for Apple's players.
    """

    encoder: str
    usual: int
    best_worst: tuple[int, int]
    options: Mapping[str, str] = field(default_factory=dict)
    scale: tuple[str, ...] = ("crf",)
    tag: str | None = None


CODECS = {
    "h264": Codec("libx264", 21, (0, 51), {"preset": "ultrafast"}),
    "hevc": Codec(
        "libx265", 24, (0, 51), {"preset": "ultrafast", "x265-params": "log-level=none"},
        tag="hvc1",
    ),
    "av1": Codec("libsvtav1", 32, (0, 63), {"preset": "9"}),
    "mpeg4": Codec("mpeg4", 4, (1, 31), scale=("qmin", "qmax")),
    "mjpeg": Codec("mjpeg", 4, (2, 31), scale=("qmin", "qmax")),
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
        quality = str(codec.usual if self.quality is None else self.quality)
        return {**codec.options, **dict.fromkeys(codec.scale, quality)}


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
