"""Folders and globs of pictures, and boxes without any picture."""

from pathlib import Path

import cv2
import pytest

from tests.media import (
    indices,
    logged,
    number_of,
    numbers,
    picture,
    read_source,
    write_boxes,
    write_pictures,
)
from tracker.core.errors import ConfigError, ReidTrackError, SourceError
from tracker.runtime.open_sources import boxes_only_source
from tracker.video.cameras import CameraSpec, open_camera
from tracker.video.source import Sampling

SEQINFO = "[Sequence]\nname=STREET\nimDir=img1\nframeRate={rate}\nseqLength={length}\n"


def test_pictures_come_in_natural_order(tmp_path: Path):
    names = ["f1.png", "f2.png", "f3.png", "f9.png", "f10.png", "f11.png", "f100.png"]
    folder = write_pictures(tmp_path / "in", names)

    frames = read_source(folder, fps=5.0)

    assert numbers(frames) == indices(frames) == list(range(7))
    assert [f.time_s for f in frames] == pytest.approx([i / 5 for i in range(7)])


def test_what_is_no_picture_is_passed_over(tmp_path: Path):
    folder = write_pictures(tmp_path / "in", ["1.PNG", "2.jpeg", "3.bmp"])
    (folder / "notes.txt").write_text("not a picture")
    (folder / "2.5").mkdir()

    assert numbers(read_source(folder, fps=5.0)) == [0, 1, 2]


def test_a_glob_takes_only_what_fits_it(tmp_path: Path):
    folder = write_pictures(tmp_path / "in", ["a2.png", "a10.png", "b1.png"])

    assert numbers(read_source(folder / "a*.png", fps=5.0)) == [0, 1]


def test_a_folder_with_brackets_in_its_name_is_a_folder(tmp_path: Path):
    folder = write_pictures(tmp_path / "in [1]", ["1.png", "2.png"])

    assert numbers(read_source(folder, fps=5.0)) == [0, 1]


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        pytest.param(Sampling(start_s=0.5), [5, 6, 7, 8, 9], id="start"),
        pytest.param(Sampling(stride=4), [0, 4, 8], id="stride"),
        pytest.param(Sampling(0.3, 2, 2), [4, 6], id="all of them"),
    ],
)
def test_sampling_keeps_indices_and_times(tmp_path: Path, sampling, expected):
    folder = write_pictures(tmp_path / "in", [f"{i}.png" for i in range(10)])

    frames = read_source(folder, sampling, fps=10.0)

    assert indices(frames) == numbers(frames) == expected
    assert [f.time_s for f in frames] == pytest.approx([i / 10 for i in expected])


@pytest.mark.parametrize(
    ("place", "fps", "expected"),
    [
        pytest.param("in", None, 14.0, id="beside the pictures"),
        pytest.param(".", None, 14.0, id="in the folder above"),
        pytest.param("in", 7.5, 7.5, id="--fps wins"),
    ],
)
def test_the_rate_comes_from_seqinfo_or_fps(tmp_path: Path, place, fps, expected):
    folder = write_pictures(tmp_path / "in", ["1.png", "2.png"])
    (tmp_path / place / "seqinfo.ini").write_text(SEQINFO.format(rate=14, length=2))

    with logged() as warnings:
        source = open_camera(CameraSpec("cam", str(folder)), Sampling(), fps)

    assert source.info.fps == expected
    assert source.info.frames == 2
    assert warnings == []


def test_a_folder_without_a_rate_warns_which_one_it_assumes(tmp_path: Path):
    folder = write_pictures(tmp_path / "in", ["1.png"])

    with logged() as warnings:
        source = open_camera(CameraSpec("cam", str(folder)), Sampling())

    assert source.info.fps == 25.0
    assert len(warnings) == 1
    assert "25" in warnings[0]
    assert "--fps" in warnings[0]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(SEQINFO.format(rate="fast", length=2), id="rate is a word"),
        pytest.param(SEQINFO.format(rate=0, length=2), id="rate is 0"),
        pytest.param(SEQINFO.format(rate=-25, length=2), id="rate is negative"),
        pytest.param(SEQINFO.format(rate="nan", length=2), id="rate is nan"),
        pytest.param("frameRate=25\n", id="no section"),
        pytest.param("[Other]\nframeRate=25\n", id="another section"),
    ],
)
def test_a_seqinfo_that_makes_no_sense_is_an_error_that_names_it(tmp_path: Path, text):
    folder = write_pictures(tmp_path / "in", ["1.png"])
    (folder / "seqinfo.ini").write_text(text)

    with pytest.raises(ReidTrackError, match=r"seqinfo\.ini"):
        open_camera(CameraSpec("cam", str(folder)), Sampling())


@pytest.mark.parametrize("broken", [0, 2, 4])
def test_an_unreadable_picture_is_left_out_and_the_others_keep_their_places(tmp_path: Path, broken):
    folder = write_pictures(tmp_path / "in", [f"{i}.png" for i in range(5)])
    (folder / f"{broken}.png").write_bytes(b"no picture")

    with logged() as warnings:
        frames = read_source(folder, fps=10.0)

    left = [i for i in range(5) if i != broken]
    assert indices(frames) == numbers(frames) == left
    assert [f.time_s for f in frames] == pytest.approx([i / 10 for i in left])
    assert len(warnings) == 1
    assert f"{broken}.png" in warnings[0]


def test_an_unreadable_picture_does_not_count_as_one_of_max_frames(tmp_path: Path):
    folder = write_pictures(tmp_path / "in", [f"{i}.png" for i in range(5)])
    (folder / "1.png").write_bytes(b"no picture")

    assert indices(read_source(folder, Sampling(max_frames=3), fps=10.0)) == [0, 2, 3]


def test_a_picture_of_another_size_is_scaled_with_a_warning(tmp_path: Path):
    folder = write_pictures(tmp_path / "in", ["0.png", "1.png", "2.png"])
    cv2.imwrite(str(folder / "1.png"), picture(1, (40, 30)))

    with logged() as warnings:
        frames = read_source(folder, fps=10.0)

    assert numbers(frames) == [0, 1, 2]
    assert {f.image.shape for f in frames} == {(64, 96, 3)}
    assert len(warnings) == 1
    assert "1.png is 40x30, not 96x64" in warnings[0]


def test_grey_and_transparent_pictures_become_bgr(tmp_path: Path):
    folder = write_pictures(tmp_path / "in", [])
    cv2.imwrite(str(folder / "0.png"), picture(3)[:, :, 0])
    cv2.imwrite(str(folder / "1.png"), cv2.cvtColor(picture(4), cv2.COLOR_BGR2BGRA))

    frames = read_source(folder, fps=10.0)

    assert numbers(frames) == [3, 4]
    assert {f.image.shape for f in frames} == {(64, 96, 3)}


@pytest.mark.parametrize(
    ("names", "source"),
    [
        pytest.param([], "in", id="empty folder"),
        pytest.param(["notes.txt"], "in", id="other files only"),
        pytest.param(["1.png"], "in/*.jpg", id="glob without a match"),
        pytest.param(["1.png", "2.png"], "in", id="none can be read"),
    ],
)
def test_a_source_without_any_picture_is_refused(tmp_path: Path, names, source):
    (tmp_path / "in").mkdir()
    for name in names:
        (tmp_path / "in" / name).write_bytes(b"no picture")

    with pytest.raises(SourceError, match="picture"):
        read_source(tmp_path / source, fps=10.0)


def test_boxes_alone_take_size_rate_and_length_from_seqinfo(tmp_path: Path):
    boxes = _sequence(tmp_path, "imWidth=640\nimHeight=480\n")

    source = boxes_only_source(boxes, Sampling(stride=10), size=None, fps=None)
    frames = list(source.frames())

    assert (source.info.name, source.info.fps, source.info.frames) == ("STREET", 14.0, 30)
    assert indices(frames) == [0, 10, 20]
    assert [f.time_s for f in frames] == pytest.approx([i / 14 for i in (0, 10, 20)])
    assert {f.image.shape for f in frames} == {(480, 640, 3)}
    assert {number_of(f.image) for f in frames} == {0}


def test_boxes_alone_take_size_and_rate_from_options(tmp_path: Path):
    boxes = write_boxes(tmp_path / "street.txt", 12)

    source = boxes_only_source(boxes, Sampling(), size=(320, 240), fps=30.0)

    assert (source.info.name, source.info.frames) == ("street", 12)
    assert (source.info.width, source.info.height, source.info.fps) == (320, 240, 30.0)


def test_options_win_over_seqinfo(tmp_path: Path):
    boxes = _sequence(tmp_path, "imWidth=640\nimHeight=480\n")

    source = boxes_only_source(boxes, Sampling(), size=(320, 240), fps=30.0)

    assert (source.info.width, source.info.height, source.info.fps) == (320, 240, 30.0)


def test_boxes_alone_need_a_size(tmp_path: Path):
    with pytest.raises(ConfigError, match="--size"):
        boxes_only_source(write_boxes(tmp_path / "a.txt"), Sampling(), size=None, fps=None)


@pytest.mark.parametrize("size", ["imWidth=wide\nimHeight=480\n", "imWidth=0\nimHeight=-1\n"])
def test_boxes_alone_refuse_a_seqinfo_with_an_impossible_size(tmp_path: Path, size):
    with pytest.raises(ReidTrackError, match=r"seqinfo\.ini"):
        boxes_only_source(_sequence(tmp_path, size), Sampling(), size=None, fps=None)


def _sequence(folder: Path, size: str) -> Path:
    """A MOTChallenge sequence: seqinfo.ini and det/det.txt."""
    (folder / "seqinfo.ini").write_text(SEQINFO.format(rate=14, length=30) + size)
    (folder / "det").mkdir()
    return write_boxes(folder / "det" / "det.txt", 12)
