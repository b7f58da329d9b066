"""From the words of the command line to named cameras, and from those to open sources."""

import os
import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tracker.core.address import host_of, is_address, is_live_address
from tracker.core.errors import ConfigError, SourceError, suggestion
from tracker.core.ground import GroundPlane
from tracker.core.names import camera_name_from, require_camera_name
from tracker.video.file import VideoSource
from tracker.video.images import IMAGE_ENDINGS, ImageSource
from tracker.video.live_source import LiveOptions, LiveSource
from tracker.video.source import FrameSource, ProgramSource, Sampling, ShiftedSource

VIDEO_ENDINGS = {".264", ".avi", ".h264", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ts",
                 ".webm", ".wmv"}  # fmt: skip
_NAMED = re.compile(r"^([^=/:]+)=(.+)$", re.DOTALL)
NO_SOURCE = "none"  # of a camera that exists only as boxes
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class CameraSpec:
    """A camera as the user named it: where its pictures come from, and what is known of it."""

    name: str
    source: str
    offset_s: float = 0.0  # of its first frame, from the run's common zero
    # of its first frame by the wall clock, which decides `offset_s` (`tracker.video.clock`)
    start: datetime | None = None
    ground: GroundPlane | None = None  # what it sees of the ground; None where it is not calibrated
    # an open source of a program's own, which `source` then only names
    given: FrameSource | None = None
    # which of several video streams in a file; None for the one that players show
    stream: int | None = None
    device: str | None = None  # what decodes it, as FFmpeg calls it; None for the processor

    def __post_init__(self) -> None:
        """Refuse a name that cannot be a file's."""
        require_camera_name(self.name)

    @property
    def boxes_only(self) -> bool:
        """Whether there are no pictures, only boxes to replay."""
        return self.source == NO_SOURCE

    @property
    def pictures(self) -> bool:
        """Whether the frames are a folder or a pattern of pictures."""
        path = Path(self.source)
        matches = not path.exists() and bool(_GLOB.search(self.source))
        return self.given is None and (path.is_dir() or matches)

    @property
    def live(self) -> bool:
        """Whether the name alone tells that frames come in real time, once."""
        if self.given is not None:
            return self.given.info.live
        return is_webcam(self.source) or is_live_address(self.source)


def is_webcam(source: str) -> bool:
    """Tell whether a source is a webcam's number, and no file or folder of that name."""
    return re.fullmatch(r"[0-9]{1,3}", source) is not None and not os.path.exists(source)


def camera_from_source(source: str) -> CameraSpec:
    """Name a camera after its source: the stem of a file, ``webcam0``, the host of an address."""
    if is_webcam(source):
        return CameraSpec(f"webcam{source}", source)
    if is_address(source):
        return CameraSpec(camera_name_from(host_of(source)) or "stream", source)
    path = Path(source)
    stem = path.parent.name if _GLOB.search(path.name) and not path.exists() else path.stem
    return CameraSpec(camera_name_from(stem) or "camera", source)


def cameras_from_sources(sources: Sequence[str]) -> list[CameraSpec]:
    """Name a camera after each source.

    Raises:
        ConfigError: The sources are single pictures, as a shell makes of a pattern.
    """
    endings = {Path(source).suffix.lower() for source in sources}
    if len(sources) > 1 and endings <= IMAGE_ENDINGS:
        folder = Path(sources[0]).parent
        raise ConfigError(
            f"{len(sources)} pictures would be {len(sources)} cameras; give their folder "
            f"'{folder}', or the pattern in quotes, such as '{folder / '*'}{min(endings)}'"
        )
    return [camera_from_source(source) for source in sources]


def split_cameras(text: str, configured: Container[str]) -> list[str]:
    """Split the value of ``--cams`` at its commas, but for those of files' names and of logins.

    >>> split_cameras("a=rtsp://me:x,y@cam/1,b=rtsp://cam/2,0", ())
    ['a=rtsp://me:x,y@cam/1', 'b=rtsp://cam/2', '0']
    """
    items: list[str] = []
    pieces = text.split(",")
    while pieces:
        ends = (n for n in range(len(pieces), 1, -1) if _exists(",".join(pieces[:n])))
        taken = next(ends, 1)
        if is_address(_source_in(pieces[0])):
            while taken < len(pieces) and not _stands_alone(pieces[taken], configured):
                taken += 1
        items.append(",".join(pieces[:taken]))
        del pieces[:taken]
    return items


def _stands_alone(item: str, configured: Container[str]) -> bool:
    """Tell whether an item behind an address is none of its password."""
    if "@" in item and not is_address(_source_in(item)):
        return False
    bare = item in configured or is_webcam(item) or _exists(item) or not item
    return bare or is_address(item) or _NAMED.match(item) is not None


def _source_in(item: str) -> str:
    named = _NAMED.match(item)
    return named[2] if named else item


def _exists(item: str) -> bool:
    return os.path.exists(item) or os.path.exists(_source_in(item))


def parse_cameras(items: Sequence[str], configured: Mapping[str, CameraSpec]) -> list[CameraSpec]:
    """Read the items of ``--cams``.

    Args:
        items: Each ``NAME=SOURCE``, a name in `configured`, a source, or a bare name such as
            ``cam1`` when exactly one video ``cam1.*`` lies in the working directory.
        configured: Cameras by name, from ``--config``; ``NAME=SOURCE`` changes their source alone.

    Raises:
        ConfigError: Two cameras of one name, or a name that several videos fit.
        SourceError: A name that nothing fits.
    """
    cameras = [_parse_camera(item.strip(), configured) for item in items]
    return require_unique(cameras)


def require_unique(cameras: Sequence[CameraSpec]) -> list[CameraSpec]:
    """Return the cameras; names must differ.

    Raises:
        ConfigError: Two cameras have one name.
    """
    for name, count in Counter(camera.name for camera in cameras).items():
        if count > 1:
            raise ConfigError(
                f"{count} cameras are called '{name}'; give each its own name, "
                f"for example --cams {name}=FIRST,{name}b=SECOND"
            )
    return list(cameras)


def open_camera(
    spec: CameraSpec, sampling: Sampling, fps: float | None = None,
    live: LiveOptions | None = None,
) -> FrameSource:  # fmt: skip
    """Open a camera's source.

    Args:
        spec: The camera.
        sampling: Which of its frames to give.
        fps: The rate of a folder of frames, which cannot state its own.
        live: What live sources share; several cameras of one run need the same.

    Raises:
        SourceError: It does not exist or holds no frames.
    """
    return put_in_place(_open(spec, sampling, fps, live or LiveOptions()), spec)


def put_in_place(source: FrameSource, spec: CameraSpec) -> FrameSource:
    """Put a source on the run's clock and on the map."""
    source.info = replace(source.info, name=spec.name, ground=spec.ground)
    return ShiftedSource(source, spec.offset_s) if spec.offset_s else source


def _open(
    spec: CameraSpec, sampling: Sampling, fps: float | None, live: LiveOptions
) -> FrameSource:
    source = spec.source
    if spec.given is not None:
        return ProgramSource(spec.given, sampling)
    if spec.live:
        return LiveSource(spec.name, source, sampling, live, spec.device)
    if is_address(source):
        return _file_or_stream(spec, sampling, live)
    if spec.pictures:
        return ImageSource(spec.name, source, sampling, fps)
    path = Path(source)
    if not path.exists():
        near = suggestion(path.name, _names_beside(path))
        raise SourceError(f"camera '{spec.name}': no file '{source}'.{near}")
    return VideoSource(spec.name, source, sampling, spec.stream, spec.device)


def _file_or_stream(spec: CameraSpec, sampling: Sampling, live: LiveOptions) -> FrameSource:
    """Open what HTTP gives: a file has a length, a stream has none."""
    file = VideoSource(spec.name, spec.source, sampling, spec.stream, spec.device)
    if not file.is_stream:
        return file
    file.close()
    return LiveSource(spec.name, spec.source, sampling, live, spec.device)


def _parse_camera(item: str, configured: Mapping[str, CameraSpec]) -> CameraSpec:
    if not item:
        raise ConfigError("--cams has an empty item; separate cameras by single commas")
    if item in configured:
        return configured[item]
    named = _NAMED.match(item)
    if named and not Path(item).exists():
        name, source = named.groups()
        return replace(configured.get(name, CameraSpec(name, source)), source=source)
    is_source = is_webcam(item) or is_address(item) or Path(item).exists() or _GLOB.search(item)
    return camera_from_source(item) if is_source else _bare_name(item, configured)


def _bare_name(name: str, configured: Mapping[str, CameraSpec]) -> CameraSpec:
    if "/" in name or Path(name).suffix.lower() in VIDEO_ENDINGS:
        near = suggestion(Path(name).name, _names_beside(Path(name)))
        raise SourceError(f"--cams: no file '{name}'.{near}")
    found = [p for p in sorted(Path().glob(f"{name}.*")) if p.suffix.lower() in VIDEO_ENDINGS]
    if len(found) == 1:
        return CameraSpec(name, str(found[0]))
    if found:
        raise ConfigError(
            f"--cams {name}: several videos have that name ({', '.join(map(str, found))}); "
            f"write {name}=FILE"
        )
    near = suggestion(name, [*configured, *(p.stem for p in Path().iterdir())])
    raise SourceError(
        f"--cams {name}: no video {name}.* here and no camera of that name in --config.{near} "
        "Write NAME=SOURCE"
    )


def _names_beside(path: Path) -> list[str]:
    return [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
