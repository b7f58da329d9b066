"""Video files and streams: rate, times, sampling, damage."""

from contextlib import closing
from pathlib import Path

import cv2
import pytest

from tests.media import (
    blank_frame,
    cut,
    indices,
    logged,
    numbers,
    picture,
    read_source,
    write_mjpeg,
    write_video,
)
from tracker.core.errors import SourceError
from tracker.video.cameras import CameraSpec, open_camera
from tracker.video.source import Sampling


@pytest.mark.parametrize("fps", [29.97, 25.0, 12.5, 59.94])
@pytest.mark.parametrize("ending", [".mp4", ".avi", ".mkv"])
def test_rate_count_indices_and_times_are_those_of_the_file(tmp_path: Path, ending, fps):
    video = write_video(tmp_path / f"a{ending}", 20, fps=fps)

    with closing(open_camera(CameraSpec("cam", str(video)), Sampling())) as source:
        frames = list(source.frames())

    assert source.info.fps == pytest.approx(fps, abs=1e-3)
    assert (source.info.name, source.info.frames) == ("cam", 20)
    assert (source.info.width, source.info.height, source.info.live) == (96, 64, False)
    assert indices(frames) == numbers(frames) == list(range(20))
    assert [f.time_s for f in frames] == pytest.approx([i / fps for i in range(20)], abs=2e-3)


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        pytest.param(Sampling(start_s=0.5), list(range(5, 20)), id="start"),
        pytest.param(Sampling(stride=3), [0, 3, 6, 9, 12, 15, 18], id="stride"),
        pytest.param(Sampling(max_frames=4), [0, 1, 2, 3], id="max_frames"),
        pytest.param(Sampling(0.5, 4, 3), [8, 12, 16], id="all of them"),
        pytest.param(Sampling(stride=50), [0], id="stride beyond the end"),
        pytest.param(Sampling(start_s=9.0), [], id="start beyond the end"),
        pytest.param(Sampling(max_frames=20), list(range(20)), id="max_frames is the length"),
    ],
)
@pytest.mark.parametrize("ending", [".mp4", ".avi"])
def test_sampling_keeps_the_indices_and_times_of_the_source(
    tmp_path: Path, ending, sampling, expected
):
    video = write_video(tmp_path / f"a{ending}", 20, fps=10.0)

    with logged() as warnings:
        frames = read_source(video, sampling)

    assert indices(frames) == numbers(frames) == expected
    assert [f.time_s for f in frames] == pytest.approx([i / 10 for i in expected], abs=2e-3)
    assert warnings == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("text.mp4", b"this is no video\n" * 100, id="text renamed to mp4"),
        pytest.param("noise.avi", bytes(range(256)) * 40, id="bytes renamed to avi"),
        pytest.param("empty.mp4", b"", id="empty file"),
    ],
)
def test_a_file_that_is_no_video_is_refused_by_name(tmp_path: Path, name, content):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(SourceError, match=name):
        read_source(tmp_path / name)


def test_a_missing_file_is_refused_with_the_nearest_name(tmp_path: Path):
    write_video(tmp_path / "entrance.mp4", 1)

    with pytest.raises(SourceError, match=r"entrence\.mp4.*Did you mean 'entrance\.mp4'"):
        read_source(tmp_path / "entrence.mp4")


@pytest.mark.parametrize("ending", [".mp4", ".avi"])
def test_a_video_without_frames_is_refused(tmp_path: Path, ending):
    with pytest.raises(SourceError, match=f"a{ending}"):
        read_source(write_video(tmp_path / f"a{ending}", 0))


@pytest.mark.parametrize(("ending", "keep"), [(".avi", 0.8), (".mkv", 0.5)])
def test_a_video_cut_off_gives_what_decodes_and_one_warning_with_the_counts(
    tmp_path: Path, ending, keep
):
    video = cut(write_video(tmp_path / f"a{ending}", 20), keep)

    with logged() as warnings:
        frames = read_source(video)

    assert 2 <= len(frames) < 20
    assert indices(frames) == numbers(frames) == list(range(len(frames)))
    assert len(warnings) == 1
    assert "is damaged" in warnings[0]
    promised = {".avi": "of the 20 frames", ".mkv": f"after {len(frames) / 10} of 2.0 s"}[ending]
    assert promised in warnings[0]


def test_a_video_whose_index_is_cut_off_is_refused(tmp_path: Path):
    with pytest.raises(SourceError, match=r"a\.mp4"):
        read_source(cut(write_video(tmp_path / "a.mp4", 20), 0.5))


def test_frames_after_a_damaged_one_keep_their_times(tmp_path: Path):
    video = blank_frame(write_video(tmp_path / "a.avi", 20, fps=10.0), 8)

    with logged() as warnings:
        frames = read_source(video)

    assert indices(frames) == numbers(frames) == [*range(8), *range(9, 20)]
    assert [f.time_s for f in frames] == pytest.approx([n / 10 for n in numbers(frames)], abs=2e-3)
    assert len(warnings) == 1
    assert "1 frame could not be decoded, at 0.80 s" in warnings[0]


@pytest.mark.parametrize("size", [(97, 65), (33, 64), (64, 33)])
def test_odd_sizes_lose_no_pixel(tmp_path: Path, size):
    frames = read_source(write_mjpeg(tmp_path / "a.mjpeg", [size] * 3))

    assert numbers(frames) == [0, 1, 2]
    assert {f.image.shape for f in frames} == {(size[1], size[0], 3)}


def test_frames_that_change_size_come_in_the_first_size(tmp_path: Path):
    frames = read_source(write_mjpeg(tmp_path / "a.mjpeg", [(96, 64)] * 3 + [(64, 48)] * 3))

    assert numbers(frames) == list(range(6))
    assert {f.image.shape for f in frames} == {(64, 96, 3)}


def test_two_sources_are_read_at_once(tmp_path: Path):
    paths = [write_video(tmp_path / f"{name}.mp4", 8) for name in "ab"]
    sources = [open_camera(CameraSpec(p.stem, str(p)), Sampling()) for p in paths]

    pairs = list(zip(sources[0].frames(), sources[1].frames(), strict=True))

    assert [(a.camera, b.camera) for a, b in pairs] == [("a", "b")] * 8
    assert numbers([a for a, _ in pairs]) == numbers([b for _, b in pairs]) == list(range(8))
    for source in sources:
        source.close()


def test_one_picture_is_a_video_of_one_frame(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "photo.png"), picture(7))

    frames = read_source(tmp_path / "photo.png")

    assert indices(frames) == [0]
    assert numbers(frames) == [7]


def test_the_same_file_can_be_opened_a_second_time_while_it_is_read(tmp_path: Path):
    video = write_video(tmp_path / "a.mp4", 6)
    with closing(open_camera(CameraSpec("cam", str(video)), Sampling())) as source:
        first = source.frames()
        next(first)
        assert numbers(read_source(video)) == list(range(6))
        assert numbers(list(first)) == list(range(1, 6))
