"""Odd videos: frame counts, times, the right way up, and what is kept of damaged ones."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.media import cut, indices, logged, read_source
from tests.odd_videos import (
    FRAMES,
    Video,
    drop_packets,
    evenly,
    grainy,
    join,
    marked,
    marks_of,
    mirrored,
    spoil,
    stored,
    thermal,
    torn,
    turned_picture,
    woven,
    write_cut,
    write_thermal,
)
from tracker.core.errors import SourceError
from tracker.video.cameras import CameraSpec, open_camera
from tracker.video.source import Sampling

RNG = np.random.default_rng(16)
UNEVEN = np.cumsum(RNG.uniform(0.01, 0.12, FRAMES)).tolist()
GAP = [n / 25 + (31.0 if n >= 8 else 0.0) for n in range(FRAMES)]
EVEN = evenly(25)
NTSC = Fraction(30000, 1001)
QUALITY = {"crf": "8"}
BT709, BT2020, PQ, HLG = 1, 9, 16, 18
FULL = {"dst_color_range": 2}
TOP_FIRST = {"x264-params": "tff=1", **QUALITY}
PLAIN = Video()

X265 = {"x265-params": "log-level=none"}
QSCALE = {"qscale": "2"}
VP8 = {"crf": "10", "b": "1M"}
VP9 = {"crf": "10", "b": "0"}
ALL_Q2 = {"qmin": "2", "qmax": "2", "b": "4M"}
MPEG2 = Video("mpeg2video", options=QSCALE, ticks=25)
JPEGS = Video("mjpeg", "yuvj420p", options=QSCALE, convert=FULL)


@dataclass(frozen=True)
class Odd:
    """A video, its size and rate as they should be told, and its times in seconds."""

    make: Video | Callable[[Path], object] = PLAIN
    size: tuple[int, int] = (96, 64)
    fps: float = 25
    times: Sequence[float] = tuple(EVEN)


TABLE = {
    "h264.mp4": Odd(),
    "bframes.mkv": Odd(Video(rate=NTSC, times=evenly(NTSC)), fps=29.97, times=evenly(NTSC)),
    "hevc.mp4": Odd(Video("libx265", options=X265)),
    "hevc10.mkv": Odd(Video("libx265", "yuv420p10le", options=X265)),
    "av1.mp4": Odd(Video("libsvtav1")),
    "vp8-hidden-frames.webm": Odd(
        Video("libvpx", options={"auto-alt-ref": "1", "lag-in-frames": "10", **VP8})
    ),
    "vp9.webm": Odd(Video("libvpx-vp9", options=VP9)),
    "mpeg4-bframes.avi": Odd(Video("mpeg4", options={"bf": "2", **ALL_Q2}, ticks=25)),
    "mjpeg-full-range.avi": Odd(replace(JPEGS, ticks=25)),
    "prores.mov": Odd(Video("prores_ks", "yuv422p10le")),
    "flash.flv": Odd(Video("flv", options=QSCALE, ticks=1000)),
    "broadcast.ts": Odd(Video(options=QUALITY)),
    "mpeg2.mpg": Odd(MPEG2),
    "animation.gif": Odd(Video("gif", "bgr8", ticks=100)),
    "animation.apng": Odd(Video("apng", "rgba", ticks=1000)),
    "alpha.mkv": Odd(Video("ffv1", "bgra")),
    "alpha.webm": Odd(Video("libvpx-vp9", "yuva420p", options=VP9)),
    "grey.mkv": Odd(Video("ffv1", "gray")),
    "bare.h264": Odd(),
    "bare.mjpeg": Odd(JPEGS),
    "odd-size.mkv": Odd(Video("ffv1", "yuv444p", size=(97, 65)), (97, 65)),
    "variable-rate.mp4": Odd(Video(times=UNEVEN), fps=16.227, times=UNEVEN),
    "variable-rate.mkv": Odd(Video(times=UNEVEN, ticks=1000), times=UNEVEN),
    "gap.mp4": Odd(Video(times=GAP), times=GAP),
    "gap.ts": Odd(Video(times=GAP), times=GAP),
    "late-start.ts": Odd(Video(times=evenly(25, 40_000.0))),
    "late-start.mp4": Odd(Video(times=evenly(25, 2.5))),
    "browser-without-rate.webm": Odd(
        Video("libvpx", rate=1000, times=evenly(12.5), options=VP8, ticks=1000),
        fps=12.5, times=evenly(12.5),
    ),
    "rate-90000.mp4": Odd(
        Video(rate=90_000, times=evenly(12.5)), fps=12.5, times=evenly(12.5)
    ),
    "slow.mp4": Odd(Video(rate=1, times=evenly(0.5)), fps=0.5, times=evenly(0.5)),
    "turned-right.mp4": Odd(
        Video(matrix=(0, 1, -1, 0), picture=stored(cv2.ROTATE_90_COUNTERCLOCKWISE)), (64, 96)
    ),
    "turned-left.mov": Odd(
        Video(matrix=(0, -1, 1, 0), picture=stored(cv2.ROTATE_90_CLOCKWISE)), (64, 96)
    ),
    "upside-down.mp4": Odd(Video(matrix=(-1, 0, 0, -1), picture=stored(cv2.ROTATE_180))),
    "mirrored.mp4": Odd(Video(matrix=(-1, 0, 0, 1), picture=mirrored)),
    "wide-pixels.mp4": Odd(Video(pixel=Fraction(16, 9)), (171, 64)),
    "narrow-pixels.mkv": Odd(Video(pixel=Fraction(8, 9)), (96, 72)),
    "full-range.mp4": Odd(Video(tags={"color_range": 2}, convert=FULL)),
    "bt709.mp4": Odd(Video(tags={"colorspace": BT709}, convert={"dst_colorspace": BT709})),
    "thermal-16-bit.mkv": Odd(write_thermal),
    "interlaced.mpg": Odd(replace(MPEG2, interlaced=True)),
    "interlaced.mkv": Odd(Video(options=TOP_FIRST, interlaced=True)),
    "cut-by-edit-list.mp4": Odd(write_cut, times=EVEN[8:]),
    "2026-01-05T10:00:00.mp4": Odd(),
    "100%d.mp4": Odd(),
}  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(name: str, make: Video | Callable[[Path], object]) -> Path:
    """Make a file; a name that PyAV takes for something else is given later."""
    plain = Path(f"plain{Path(name).suffix}")
    make.write(plain) if isinstance(make, Video) else make(plain)
    return plain.rename(name)


@pytest.mark.parametrize("name", TABLE)
def test_every_frame_comes_at_its_time_and_the_right_way_up(name: str):
    odd = TABLE[name]
    video, times = made(name, odd.make), odd.times

    with logged() as warnings, closing(open_camera(CameraSpec("cam", name), Sampling())) as source:
        frames = list(source.frames())

    seen = [marks_of(frame.image) for frame in frames]
    first = FRAMES - len(times)
    assert [number for number, _ in seen] == list(range(first, FRAMES))
    assert all(upright for _, upright in seen)
    assert indices(frames) == list(range(len(times)))
    assert (source.info.width, source.info.height) == odd.size
    assert source.info.fps == pytest.approx(odd.fps, rel=1e-3)
    assert [f.time_s for f in frames] == pytest.approx([t - times[0] for t in times], abs=6e-3)
    told = probed(video)
    if told[0] is not None:
        for frame, time_s in zip(frames, told, strict=True):
            assert time_s is None or frame.time_s == pytest.approx(time_s - told[0], abs=1e-3)
    assert warnings == []


def probed(video: Path) -> list[float | None]:
    """The times of a video's frames by ffprobe; None where they have none."""
    if shutil.which("ffprobe") is None:
        pytest.skip("needs ffprobe to compare with: apt install ffmpeg")
    words = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
             "frame=best_effort_timestamp_time", "-of", "csv=p=0", f"file:{video}"]  # fmt: skip
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    words = [word.strip(",") for word in told if word.strip(",")]
    return [None if word == "N/A" else float(word) for word in words]


INTRA = replace(JPEGS, ticks=25)
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov"}
OPEN = Video(options={"g": "5", "crf": "0", "tune": "grain"}, picture=grainy)


@pytest.mark.parametrize(
    ("name", "video", "lost"),
    [
        pytest.param("a.avi", INTRA, [8], id="one of them"),
        pytest.param("b.avi", INTRA, [0], id="the first"),
        pytest.param("c.avi", INTRA, [19], id="the last"),
        pytest.param("d.avi", INTRA, [3, 4, 5, 11], id="two stretches"),
        pytest.param("e.mp4", INTRA, [3, 4, 5, 11], id="in an MP4"),
        pytest.param("f.mov", Video("png", "rgb24"), [6, 7], id="without loss coded"),
        pytest.param("h.avi", INTRA, [16, 18], id="near the end"),
        pytest.param("g.mp4", Video(options={"g": "1", "bf": "0"}), [6, 7], id="H.264"),
    ],
)
def test_frames_that_cannot_be_decoded_keep_their_numbers(name: str, video: Video, lost: list[int]):
    spoilt = drop_packets(Path(name), video.write(Path(f"whole{name}")), lost)

    with logged() as warnings:
        frames = read_source(spoilt)

    kept = [n for n in range(FRAMES) if n not in lost]
    assert [marks_of(f.image)[0] for f in frames] == indices(frames) == kept
    assert [f.time_s for f in frames] == pytest.approx([n / 25 for n in kept], abs=1e-3)
    assert len(warnings) == 1
    assert f"{len(lost)} frame" in warnings[0]
    stretches = {"two stretches": "0.12 to 0.20 s, 0.44 s", "the last": "at 0.76 s"}
    assert all(told in warnings[0] for told in stretches.values() if told in warnings[0])


def test_the_stretches_of_damage_are_told():
    spoilt = drop_packets(Path("a.avi"), INTRA.write(Path("b.avi")), [3, 4, 5, 11])

    with logged() as warnings:
        read_source(spoilt)

    assert "4 frames could not be decoded, at 0.12 to 0.20 s, 0.44 s" in warnings[0]


@pytest.mark.parametrize(
    ("name", "video"),
    [
        ("a.avi", INTRA), ("a.mkv", OPEN), ("a.ts", OPEN), ("a.flv", OPEN), ("a.h264", OPEN),
        ("a.mp4", Video(options={"g": "5", "crf": "0"}, picture=grainy, muxer=FRAGMENTS)),
    ],
)  # fmt: skip
def test_of_a_file_that_was_cut_off_everything_is_kept_up_to_there(name: str, video: Video):
    whole = video.write(Path(name))
    with logged() as warnings:
        frames = read_source(cut(whole, 0.6))

    seen = [marks_of(f.image)[0] for f in frames]
    assert 5 <= len(frames) < FRAMES
    assert seen[:-1] == indices(frames)[:-1] == list(range(len(frames) - 1))
    if name in ("a.avi", "a.mkv"):  # others do not say how long they were
        assert len(warnings) == 1
        assert "is damaged" in warnings[0]


def test_a_stream_with_holes_goes_on_after_them():
    holed = spoil(OPEN.write(Path("a.ts")), 0.4, 1500)

    frames = read_source(holed)

    seen = [(marks_of(f.image)[0], round(f.time_s * 25)) for f in frames]
    assert len(frames) >= FRAMES - 5
    assert frames[-1].time_s == pytest.approx(19 / 25, abs=1e-3)
    assert sum(number == place for number, place in seen) >= len(frames) - 4


def test_two_recordings_in_one_file_follow_each_other():
    parts = [OPEN.write(Path(f"{name}.ts")) for name in "ab"]

    frames = read_source(join(Path("both.ts"), *parts))

    assert indices(frames) == list(range(2 * FRAMES))
    assert [f.time_s for f in frames] == pytest.approx(evenly(25, frames=2 * FRAMES), abs=0.05)


@pytest.mark.parametrize(("stream", "first"), [(None, 0), (0, 0), (1, FRAMES - 1)])
def test_one_of_several_streams_can_be_chosen(stream: int | None, first: int):
    Video("ffv1").write(Path("two.mkv"), streams=2)

    with closing(open_camera(CameraSpec("cam", "two.mkv", stream=stream), Sampling())) as source:
        frames = list(source.frames())

    assert marks_of(frames[0].image)[0] == first
    assert indices(frames) == list(range(FRAMES))


def test_a_stream_that_is_not_there_is_refused():
    Video("ffv1").write(Path("two.mkv"), streams=2)

    with pytest.raises(SourceError, match="no video stream 2; it has 2, from 0"):
        open_camera(CameraSpec("cam", "two.mkv", stream=2), Sampling())


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mpg", "mpeg2video", QSCALE),
        ("a.mkv", "libx264", TOP_FIRST),
    ],
)
def test_interlaced_pictures_are_not_torn(name: str, codec: str, options: dict[str, str]):
    Video(codec, options=options, interlaced=True, picture=woven, ticks=25).write(Path(name))

    frames = read_source(Path(name))

    assert [marks_of(f.image)[0] for f in frames] == list(range(FRAMES))
    before = torn(woven(10, (96, 64)))
    assert torn(frames[10].image) < before / 4


@pytest.mark.parametrize(
    ("curve", "grey", "white"), [(PQ, 0.51, 0.58), (HLG, 0.63, 0.75)], ids=["PQ", "HLG"]
)
def test_bright_and_dark_of_hdr_are_as_on_a_usual_screen(curve: int, grey: float, white: float):
    """Half the light of paper's white is the usual grey of 191, by the codes of either standard."""
    values = np.interp(np.arange(256), (0, 191, 255), (0, 255 * grey, 255 * white))

    def code(number: int, size: tuple[int, int]) -> np.ndarray:
        return values[marked(number, size)].astype(np.uint8)

    def flat(_number: int, size: tuple[int, int]) -> np.ndarray:
        return np.full((size[1], size[0], 3), round(255 * grey), np.uint8)

    tags = {"colorspace": BT2020, "color_trc": curve, "color_primaries": BT2020}
    for name, picture in (("marked.mkv", code), ("flat.mkv", flat)):
        convert = {"dst_colorspace": BT2020}
        Video("ffv1", "yuv420p10le", picture=picture, tags=tags, convert=convert).write(Path(name))

    assert read_source(Path("flat.mkv"))[0].image.mean() == pytest.approx(191, abs=3)
    assert read_source(Path("marked.mkv"))[0].image[2:14, 2:22].mean() > 240


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_phone_pictures_are_upright(orientation: int):
    Path("in").mkdir()
    turned_picture(Path("in/1.jpg"), orientation)

    frames = read_source(Path("in"), fps=1.0)

    assert [marks_of(f.image) for f in frames] == [(5, True)]
    assert frames[0].image.shape == (64, 96, 3)


def test_thermal_pictures_use_the_whole_range():
    Path("in").mkdir()
    for number in (3, 5):
        assert cv2.imwrite(f"in/{number}.png", thermal(number, (96, 64)))

    frames = read_source(Path("in"), fps=1.0)

    assert [marks_of(f.image) for f in frames] == [(3, True), (5, True)]


def test_a_recording_that_was_never_ended_says_so():
    whole = Video().write(Path("a.mp4"))

    with pytest.raises(SourceError, match=r"a\.mp4.*index \(moov\)"):
        read_source(cut(whole, 0.6))


def test_boxes_lie_on_the_people_of_a_phone_video_that_was_held_upright(tmp_path: Path):
    """The same walk, stored turned: a detector finds the same people at the same places."""
    from tracker.core.boxes import iou
    from tracker.detection.detector import YoloOptions
    from tracker.runtime.loading import load_detector

    clip = Path(__file__).resolve().parents[1] / "samples" / "cam1.mp4"
    shown = read_source(clip, Sampling(start_s=9.0, max_frames=3))
    images = [frame.image for frame in shown]
    turned = [np.asarray(cv2.rotate(i, cv2.ROTATE_90_COUNTERCLOCKWISE), np.uint8) for i in images]
    size = turned[0].shape[1], turned[0].shape[0]
    stored_so = Video(
        times=evenly(25, frames=3), size=size, matrix=(0, 1, -1, 0), options={"crf": "5"},
        picture=lambda number, _: turned[number],
    )  # fmt: skip
    upright = read_source(stored_so.write(Path("phone.mov")))
    detector, _ = load_detector("auto", YoloOptions())

    for before, after in zip(shown, upright, strict=True):
        wanted, found = (detector.detect(frame).xyxy for frame in (before, after))
        assert len(wanted) == len(found) > 0
        assert iou(wanted, found).max(axis=1).min() > 0.9
