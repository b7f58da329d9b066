"""The annotated videos: true times, sound in step, codecs, and what browsers need."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.media import picture, reid_track, write_boxes, write_video
from tests.odd_videos import FRAMES, Video, evenly, marked
from tracker.video.codec import CODECS, Encoding
from tracker.video.writer import VideoForm, video_sink

UNEVEN = np.cumsum(np.random.default_rng(4).uniform(0.02, 0.3, FRAMES)).tolist()
NTSC = Fraction(30000, 1001)
RATE = 48_000
BEEP_S = 0.5  # when it begins


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder with boxes of two people."""
    monkeypatch.chdir(tmp_path)
    write_boxes(tmp_path / "boxes.txt", 40)
    return tmp_path


def half_as_fast(number: int, size: tuple[int, int]) -> np.ndarray:
    return marked(number // 2, size)


def run(*words: object) -> Path:
    """Draw boxes that are replayed; return the video."""
    fixed = ("--detections", "boxes.txt", "--reid", "none", "--overwrite", "-q", "--out", "out.mp4")
    assert reid_track(*words, *fixed) == 0
    return Path("out.mp4")


def times_of(path: Path) -> list[float]:
    """When the pictures are shown."""
    with av.open(str(path)) as video:
        return [frame.time for frame in video.decode(video=0)]


def lasts_s(path: Path) -> float:
    """How long players show a video."""
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        return float(stream.duration * stream.time_base)


@pytest.mark.parametrize(
    ("times", "rate"),
    [
        pytest.param(UNEVEN, 25, id="variable"),
        pytest.param([n / 25 + 31.0 * (n > 7) for n in range(FRAMES)], 25, id="gap"),
        pytest.param(evenly(NTSC), NTSC, id="29.97"),
        pytest.param(evenly(25, 7.0), 25, id="late start"),
    ],
)
def test_pictures_are_shown_when_they_were_taken(times: Sequence[float], rate: Fraction | int):
    Video(times=times, rate=rate).write(Path("in.mp4"))

    out = run("in.mp4")

    assert times_of(out) == pytest.approx([t - times[0] for t in times], abs=1e-3)
    usual_s = float(np.median(np.diff(times)))
    assert lasts_s(out) == pytest.approx(times[-1] - times[0] + usual_s, abs=usual_s / 10)


@pytest.mark.parametrize("stride", [2, 5, 7])
def test_a_stride_writes_every_frame_that_was_kept(stride: int):
    Video(times=evenly(25, frames=40), picture=half_as_fast).write(Path("in.mp4"))

    out = run("in.mp4", "--vid-stride", stride)

    assert times_of(out) == pytest.approx([n / 25 for n in range(0, 40, stride)], abs=1e-3)


def test_browsers_and_phones_play_it():
    write_video(Path("in.mp4"), 10)
    out = run("in.mp4")

    with av.open(str(out)) as video:
        context = video.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.colorspace, context.color_range) == (6, 1)  # BT.601, limited
    content = out.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_every_codec_shows_its_frames_in_their_colours(name: str, ending: str):
    path = Path(f"v{ending}")
    colours = [np.full((64, 96, 3), (40 + 8 * n, 200, 90), np.uint8) for n in range(6)]
    with video_sink(path, VideoForm(10.0, (96, 64), Encoding(name))) as sink:
        for number, image in enumerate(colours):
            sink.write(image, number / 10)

    from tests.media import read_source

    frames = read_source(path)
    assert [f.time_s for f in frames] == pytest.approx([n / 10 for n in range(6)], abs=1e-3)
    for frame, colour in zip(frames, colours, strict=True):
        assert np.abs(frame.image.astype(int) - colour).max() < 12


def test_a_lower_quality_makes_a_smaller_file():
    noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
    sizes = []
    for quality in (15, 40):
        form = VideoForm(10.0, (320, 240), Encoding(None, quality))
        with video_sink(Path("v.mp4"), form) as sink:
            for number in range(5):
                sink.write(np.roll(noise, number, axis=1), number / 10)
        sizes.append(Path("v.mp4").stat().st_size)

    assert sizes[1] < sizes[0] / 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--codec", "theora"], "--codec is 'theora'; allowed are: h264, hevc, av1, mpeg4, mjpeg"),
        (["--codec", "mpeg4", "--crf", "40"], "--crf is 40; mpeg4 has 1 (best) to 31"),
        (["--crf", "60"], "--crf is 60; h264 has 0 (best) to 51"),
    ],
)
def test_what_no_codec_has_is_refused(words: list[str], told: str, capsys):
    write_video(Path("in.mp4"), 2)

    assert reid_track("in.mp4", "--out", "out.mp4", *words) == 1
    assert told in capsys.readouterr().err


def with_sound(path: Path, codec: str, *, seconds: float = 2.0) -> Path:
    """A video of 25 frames/s with a tone that begins at `BEEP_S`."""
    with av.open(str(path), "w") as out:
        video, audio = (
            out.add_stream("libx264", rate=25, options={"bf": "0"}),
            out.add_stream(codec, rate=RATE),
        )
        audio.layout = "mono"
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        for number in range(round(seconds * 25)):
            frame = av.VideoFrame.from_ndarray(picture(number % 20), "bgr24")
            frame.pts = number
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        time_s = np.arange(round(seconds * RATE)) / RATE
        tone = np.where(time_s >= BEEP_S, np.sin(2 * np.pi * 440 * time_s), 0) * 20_000
        heard = av.AudioFrame.from_ndarray(tone.astype(np.int16)[None], "s16", "mono")
        heard.sample_rate, heard.pts = RATE, 0
        out.mux(audio.encode(heard))
        out.mux(audio.encode(None))
    return path


def beep_of(path: Path) -> tuple[str, float, float] | None:
    """Codec of a video's sound, when its tone begins, and when the sound ends."""
    with av.open(str(path)) as video:
        if not video.streams.audio:
            return None
        pieces = [(f.time, f.to_ndarray().ravel()) for f in video.decode(audio=0)]
        name = video.streams.audio[0].codec_context.name
        rate = video.streams.audio[0].codec_context.sample_rate
    quiet = 0.2 * np.abs(pieces[-5][1]).max()
    for begins_s, samples in pieces:
        loud = np.flatnonzero(np.abs(samples.astype(np.float64)) > quiet)
        if len(loud):
            return name, begins_s + loud[0] / rate, pieces[-1][0] + len(pieces[-1][1]) / rate
    raise AssertionError("there is no tone")


@pytest.mark.parametrize(
    ("source", "codec", "written"),
    [("in.mp4", "aac", "aac"), ("in.mkv", "libopus", "libopus"), ("in.avi", "pcm_s16le", "aac")],
)
def test_sound_comes_along_in_step(source: str, codec: str, written: str):
    with_sound(Path(source), codec)

    heard = beep_of(run(source))

    assert heard is not None
    name, begins_s, ends_s = heard
    assert name.removeprefix("lib") == written.removeprefix("lib")
    late_s = 0.04 if source == "in.avi" else 0.0  # FFmpeg dates its pictures by one frame late
    assert begins_s == pytest.approx(BEEP_S - late_s, abs=0.03)
    assert ends_s == pytest.approx(2.0, abs=0.1)


def test_sound_of_a_part_is_that_of_its_pictures():
    with_sound(Path("in.mp4"), "aac", seconds=3.0)

    heard = beep_of(run("in.mp4", "--start", 0.2, "--max-frames", 40))

    assert heard is not None
    assert heard[1] == pytest.approx(BEEP_S - 0.2, abs=0.03)
    assert heard[2] == pytest.approx(1.6, abs=0.1)


def test_no_voices_where_people_are_made_unrecognisable():
    with_sound(Path("in.mp4"), "aac")

    assert beep_of(run("in.mp4", "--blur", "people")) is None


def test_camera_and_clock_are_written_into_the_picture():
    write_video(Path("in.mp4"), 12, fps=10.0, size=(320, 240))
    plain = [f.to_ndarray(format="bgr24") for f in decoded(run("in.mp4"))]
    stamped = [f.to_ndarray(format="bgr24") for f in decoded(run("in.mp4", "--timestamp"))]

    changes = [b.astype(int) - a for a, b in zip(plain, stamped, strict=True)]
    assert all(np.abs(c[:20]).max() > 60 and np.abs(c[30:]).max() < 20 for c in changes)
    assert np.abs(changes[6] - changes[10]).max() > 60  # other digits


def test_the_time_of_day_is_written_where_it_is_known():
    from datetime import datetime

    from tracker.cli.video_options import stamp_of
    from tracker.video.cameras import CameraSpec
    from tracker.video.run_clock import RunClock

    start = datetime(2026, 1, 5, 10, 0, 0, 250_000)
    cameras = [CameraSpec("door", "door.mp4", start=start)]
    assert stamp_of(cameras, RunClock(), live=False)("door", 1.5) == "door  2026-01-05 10:00:01.7"
    assert stamp_of([], RunClock(), live=False)("door", 61.5) == "door  00:01:01.5"
    told = stamp_of([], RunClock(), live=True)("door", 0.0)
    assert told.startswith("door  20")
    assert told.endswith(" UTC")


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as video:
        return list(video.decode(video=0))
