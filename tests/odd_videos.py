"""Videos as they come from phones, recorders, browsers and cutting programs, made by PyAV.

Frame `n` is grey of level 20 + 8 * n, with a white corner at the upper left and a black one at the
upper right, so that a picture tells which one it is and which way up.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

FIRST_LEVEL, LEVEL_STEP = 20, 8
FRAMES = 20
TICKS = 90_000  # a second, of the timestamps
ONE = 1 << 16  # of display matrices, whose last entry has 30 bits
Pictures = npt.NDArray[np.uint8]


def marked(number: int, size: tuple[int, int] = (96, 64)) -> Pictures:
    """Frame `number`, (H, W, 3) BGR."""
    width, height = size
    image = np.full((height, width, 3), FIRST_LEVEL + LEVEL_STEP * number, np.uint8)
    image[: height // 4, : width // 4] = 255
    image[: height // 4, width - width // 4 :] = 0
    return image


def marks_of(image: Pictures) -> tuple[int, bool]:
    """Which frame a picture is, and whether it is the right way up."""
    height, width = image.shape[:2]
    corner = (slice(1, height // 4 - 1), slice(1, width // 4 - 1))
    turned = image[:, ::-1]
    upright = image[corner].mean() > 215 and turned[corner].mean() < 45
    level = float(image[height * 3 // 4 :].mean())
    return round((level - FIRST_LEVEL) / LEVEL_STEP), upright


def evenly(rate: float, first: float = 0.0, frames: int = FRAMES) -> list[float]:
    """Times of so many frames at a rate, in seconds."""
    return [first + n / rate for n in range(frames)]


@dataclass(frozen=True)
class Video:
    """How a video is encoded; `times` in seconds, None for the muxer's own."""

    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    times: Sequence[float] = tuple(evenly(25))
    rate: Fraction | int = 25
    size: tuple[int, int] = (96, 64)
    options: Mapping[str, str] = field(default_factory=dict)
    muxer: Mapping[str, str] = field(default_factory=dict)
    container: str | None = None
    matrix: tuple[int, int, int, int] | None = None  # in whole steps
    pixel: Fraction | None = None
    ticks: int = TICKS
    convert: Mapping[str, object] = field(default_factory=dict)
    tags: Mapping[str, int] = field(default_factory=dict)
    interlaced: bool = False
    picture: Callable[[int, tuple[int, int]], Pictures] = marked

    def write(self, path: Path, streams: int = 1) -> Path:
        """Write it, the same number of frames into each of several streams, the last ones first."""
        with av.open(str(path), "w", format=self.container, options=dict(self.muxer)) as out:
            tracks = [self._track(out) for _ in range(streams)]
            for number, time_s in enumerate(self.times):
                for turn, track in enumerate(tracks):
                    shown = number if turn == 0 else FRAMES - 1 - number
                    out.mux(track.encode(self._frame(shown, time_s)))
            for track in tracks:
                out.mux(track.encode(None))
        return path

    def _track(self, out: av.container.OutputContainer) -> av.VideoStream:
        track = out.add_stream(self.codec, rate=self.rate, options=dict(self.options))
        assert isinstance(track, av.VideoStream)
        track.width, track.height = self.size
        track.pix_fmt = self.pix_fmt
        track.codec_context.time_base = Fraction(1, self.ticks)
        if self.pixel:
            track.codec_context.sample_aspect_ratio = self.pixel
        for name, value in self.tags.items():
            setattr(track.codec_context, name, value)
        if self.interlaced:
            track.codec_context.flags |= 1 << 18 | 1 << 29  # interlaced DCT and motion estimation
        if self.matrix:
            a, b, c, d = (ONE * step for step in self.matrix)
            track.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        return track

    def _frame(self, number: int, time_s: float) -> av.VideoFrame:
        frame = av.VideoFrame.from_ndarray(self.picture(number, self.size), "bgr24")
        frame = frame.reformat(format=self.pix_fmt, **self.convert)
        frame.time_base = Fraction(1, self.ticks)
        frame.pts = round(time_s * self.ticks)
        return frame


def stored(turn: int) -> Callable[[int, tuple[int, int]], Pictures]:
    """Pictures as a phone stores them that was held another way: `marked`, turned by OpenCV."""

    def turned(number: int, size: tuple[int, int]) -> Pictures:
        upright = size if turn == cv2.ROTATE_180 else size[::-1]
        return np.asarray(cv2.rotate(marked(number, upright), turn), np.uint8)

    return turned


def mirrored(number: int, size: tuple[int, int]) -> Pictures:
    """As a front camera stores it."""
    return marked(number, size)[:, ::-1].copy()


def grainy(number: int, size: tuple[int, int]) -> Pictures:
    """With noise, so that all frames need about as many bytes."""
    noise = np.random.default_rng(number).normal(0, 6, (size[1], size[0], 3))
    return np.clip(marked(number, size) + noise, 0, 255).astype(np.uint8)


def woven(number: int, size: tuple[int, int]) -> Pictures:
    """An interlaced picture: a dark bar that is elsewhere in the second field."""
    first, second = marked(number, size), marked(number, size)
    for field_, shift in ((first, 0), (second, 8)):
        field_[24:48, 20 + shift : 36 + shift] = 0
    first[1::2] = second[1::2]
    return first


def torn(image: Pictures) -> float:
    """How much neighbouring rows differ where the bar is; 0 for a whole picture."""
    region = image[26:46, 16:48].astype(np.float64)
    return float(np.abs(np.diff(region, axis=0)).mean())


def thermal(number: int, size: tuple[int, int]) -> Pictures:
    """The marks in a small part of 16 bits, as of a thermal camera: (H, W) uint16."""
    return (27_000 + 10 * marked(number, size)[..., 0].astype(np.uint16)).astype(np.uint16)


def write_thermal(path: Path) -> Path:
    """A video of `thermal` pictures."""
    with av.open(str(path), "w") as out:
        track = out.add_stream("ffv1", rate=25)
        track.width, track.height, track.pix_fmt = 96, 64, "gray16le"
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(thermal(number, (96, 64)), "gray16le")
            frame.pts = number
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
    return path


def write_cut(path: Path, first: int = 8) -> Path:
    """An MP4 whose edit list leaves out the frames before `first`, which only the decoder needs."""
    whole = Video().write(path.with_name("whole.mp4"))
    with av.open(str(whole)) as source, av.open(str(path), "w") as out:
        track = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                shift = round(first / 25 / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = track
                out.mux(packet)
    whole.unlink()
    return path


def join(path: Path, *parts: Path) -> Path:
    """Put files one after the other, as `cat` does."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def drop_packets(path: Path, source: Path, numbers: Sequence[int]) -> Path:
    """Copy a video with the content of some packets spoilt, which stay in the index."""
    with av.open(str(source)) as read, av.open(str(path), "w") as out:
        track = out.add_stream_from_template(read.streams.video[0])
        for number, packet in enumerate(p for p in read.demux(video=0) if p.size):
            if number in numbers:
                packet.update(bytes(packet.size))
            packet.stream = track
            out.mux(packet)
    return path


def spoil(path: Path, begin: float, length: int) -> Path:
    """Overwrite bytes at a share of the file."""
    content = bytearray(path.read_bytes())
    place = int(len(content) * begin)
    content[place : place + length] = bytes(length)
    path.write_bytes(content)
    return path


def turned_picture(path: Path, orientation: int) -> Path:
    """A JPEG that is stored as a phone stores it, with EXIF's orientation."""
    stored = {1: None, 3: cv2.ROTATE_180, 6: cv2.ROTATE_90_COUNTERCLOCKWISE,
              8: cv2.ROTATE_90_CLOCKWISE}[orientation]  # fmt: skip
    image = marked(5)
    image = image if stored is None else cv2.rotate(image, stored)
    jpeg = cv2.imencode(".jpg", image)[1].tobytes()
    tiff = (
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0, 0, 0]) + bytes(4)
    )
    exif = b"Exif\0\0" + tiff
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:])
    return path
