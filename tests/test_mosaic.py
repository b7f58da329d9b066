"""``--mosaic``: all cameras in one video, each at its own size, rate, length and instant.

Real videos through the real command line, decoded again. Frame `n` of a clip is plain grey of a
level of its own, so that a tile tells which frame it shows.
"""

import weakref
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.media import logged, names_in, read_video, reid_track, write_boxes
from tracker.core.errors import SourceError
from tracker.core.types import CameraInfo, Frame, Image
from tracker.rendering.mosaic import CLOCK_PX, DIMMED, LARGEST, TITLE_PX, lay_out, write_mosaic

DARKEST, STEP = 70, 6
FREE = (40, 20)  # x and y of a place between the boxes, in pixels


def shade(number: int) -> int:
    return DARKEST + STEP * number


def write_clip(path: Path, frames: int, fps: float, size: tuple[int, int]) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
    for number in range(frames):
        writer.write(np.full((size[1], size[0], 3), shade(number), np.uint8))
    writer.release()
    return path


def pictures(path: Path) -> list[Image]:
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    found = []
    while (read := video.read())[0]:
        found.append(np.asarray(read[1], np.uint8))
    video.release()
    return found


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with clips of two cameras and boxes for them."""
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "a.mp4", 20, 10, (96, 64))
    write_clip(tmp_path / "b.mp4", 8, 5, (64, 48))
    for name, frames in (("a", 20), ("b", 8)):
        write_boxes(tmp_path / f"{name}.txt", frames)
    return tmp_path


def run(*words: object) -> int:
    return reid_track(
        *("a.mp4", "b.mp4", "--detections", ".", "--reid", "none", "--out", "out", "--mosaic"),
        *words,
    )


def tile(picture: Image, left: int, top: int) -> float:
    """The grey level of a spot in a tile that is free from boxes."""
    spot = picture[top + FREE[1] - 4 : top + FREE[1] + 4, left + FREE[0] - 4 : left + FREE[0] + 4]
    return float(np.median(spot))


def levels(folder: Path, name: str) -> list[float]:
    """The grey of each frame as the camera's own video has it, which the codec shifts a little."""
    found = [tile(picture, 0, 0) for picture in pictures(folder / "out" / f"{name}.mp4")]
    assert np.diff(found).min() >= STEP - 2
    return found


def test_each_camera_shows_its_frame_of_the_instant(two: Path) -> None:
    assert run("--offset", "b=0.9") == 0
    assert names_in(two / "out") == {"a.mp4", "b.mp4", "mosaic.mp4", "tracks.json"}
    found = pictures(two / "out" / "mosaic.mp4")
    own_a, own_b = levels(two, "a"), levels(two, "b")
    assert read_video(two / "out" / "mosaic.mp4") == (25, pytest.approx(10))  # to 2.5 s
    assert found[0].shape == (CLOCK_PX + TITLE_PX + 64, 2 * 96, 3)
    top = CLOCK_PX + TITLE_PX
    for number, picture in enumerate(found):
        # The faster camera decides: a frame for each of its own, which ends at 2.0 s.
        a = own_a[number] if number < 20 else DIMMED * own_a[19]
        assert tile(picture, 0, top) == pytest.approx(a, abs=4), number
        # The other has two frames' time for each, and is 64x48 in the middle of its 96x64.
        b = DIMMED * own_b[0] if number < 9 else own_b[(number - 9) // 2]
        assert tile(picture, 96 + 16, top + 8) == pytest.approx(b, abs=4), number
        assert picture[top + 32, 96 + 4].max() < 12  # beside it there is nothing


def test_before_the_zero_of_the_clock(two: Path) -> None:
    assert run("--offset", "b=-0.8,a=0.2") == 0
    found = pictures(two / "out" / "mosaic.mp4")
    own_a, own_b = levels(two, "a"), levels(two, "b")
    assert len(found) == 30  # from -0.8 s to 2.2 s
    top = CLOCK_PX + TITLE_PX
    assert tile(found[0], 0, top) == pytest.approx(DIMMED * own_a[0], abs=4)
    assert tile(found[0], 96 + 16, top + 8) == pytest.approx(own_b[0], abs=2)
    assert tile(found[10], 0, top) == pytest.approx(own_a[0], abs=2)
    assert tile(found[15], 96 + 16, top + 8) == pytest.approx(own_b[7], abs=2)
    assert tile(found[16], 96 + 16, top + 8) == pytest.approx(DIMMED * own_b[7], abs=4)


def test_fewer_frames_of_each_keep_the_seconds(two: Path) -> None:
    assert run("--vid-stride", 2, "--start", 0.4) == 0
    frames, fps = read_video(two / "out" / "mosaic.mp4")
    assert fps == pytest.approx(5)
    assert frames == 8  # a's from 0.4 s to 2.0 s, b's to 1.6 s
    found = pictures(two / "out" / "mosaic.mp4")
    own = [tile(picture, 0, 0) for picture in pictures(two / "out" / "a.mp4")]
    assert [round((level - own[0]) / STEP) for level in own] == [0, 2, 4, 6, 8, 10, 12, 14]
    top = CLOCK_PX + TITLE_PX
    assert [tile(picture, 0, top) for picture in found] == pytest.approx(own, abs=2)


def test_time_and_names_are_written(two: Path) -> None:
    assert run("--offset", "b=0.9") == 0
    found = pictures(two / "out" / "mosaic.mp4")
    strip = [picture[:CLOCK_PX].astype(int) for picture in found]
    assert all(s.max() > 150 for s in strip)
    assert np.abs(strip[0] - strip[7]).max() > 100  # another tenth, another text
    titles = [p[CLOCK_PX : CLOCK_PX + TITLE_PX].astype(int) for p in found]
    assert titles[0][:, :96].max() > titles[0][:, 96:].max() + 30  # bright only where it runs
    assert titles[12][:, 96:].max() > 150
    assert titles[22][:, :96].max() < titles[12][:, :96].max() - 30


def test_a_camera_that_breaks_is_as_if_it_had_ended(two: Path) -> None:
    """Its file is gone when it is to be read again; the other camera goes on."""
    frames = {"a": stream("a", 10, 0, 10), "b": broken("b")}
    cameras = [CameraInfo(n, "", 64, 48, 10, 10) for n in frames]
    with pytest.raises(SourceError):
        next(broken("b"))
    frames["b"] = iter(())
    write_mosaic(cameras, frames, two / "m.mp4", 1, lambda _: None)
    assert read_video(two / "m.mp4")[0] == 10


def broken(name: str) -> Iterator[Frame]:
    raise SourceError(f"{name} is gone")
    yield


def stream(name: str, frames: int, offset_s: float, fps: float) -> Iterator[Frame]:
    for n in range(frames):
        yield Frame(name, n, offset_s + n / fps, np.full((48, 64, 3), shade(n % 20), np.uint8))


def test_few_pictures_are_held_at_once(tmp_path: Path) -> None:
    alive: set[int] = set()
    most = 0

    def watched(name: str, offset_s: float, fps: float) -> Iterator[Frame]:
        nonlocal most
        for frame in stream(name, 200, offset_s, fps):
            alive.add(id(frame.image))
            weakref.finalize(frame.image, alive.discard, id(frame.image))
            most = max(most, len(alive))
            yield frame
            del frame

    cameras = [CameraInfo(n, "", 64, 48, fps, 200) for n, fps in (("a", 10), ("b", 25), ("c", 5))]
    frames = {"a": watched("a", 0, 10), "b": watched("b", 8, 25), "c": watched("c", -3, 5)}
    write_mosaic(cameras, frames, tmp_path / "m.mp4", 1, lambda _: None)
    assert read_video(tmp_path / "m.mp4")[0] == 40 * 25  # from -3 s to 37 s
    assert most <= 3 * 3


@pytest.mark.parametrize(
    ("sizes", "columns", "rows"),
    [
        ([(640, 480)], 1, 1),
        ([(1920, 1080)] * 2, 2, 1),
        ([(1920, 1080)] * 4, 2, 2),
        ([(1088, 1920)] * 4, 4, 1),
        ([(640, 480)] * 6, 3, 2),
        ([(1280, 720)] * 20, 5, 4),
        ([(160, 120), (1920, 1080), (480, 640)], 2, 2),
    ],
)
def test_the_grid_shows_pictures_large_within_a_bound(sizes, columns, rows) -> None:
    grid = lay_out(sizes)
    assert (grid.columns, grid.rows) == (columns, rows)
    assert columns * grid.tile[0] <= LARGEST[0] + columns  # even sides may take a pixel more
    assert rows * grid.tile[1] <= LARGEST[1] + rows
    assert not any(side % 2 for side in grid.size)


def test_an_interrupt_keeps_all_videos_readable(two: Path, monkeypatch) -> None:
    from tracker.cli.console import ConsoleObserver

    drawn = 0

    def stop(observer: ConsoleObserver, _frame: object) -> None:
        nonlocal drawn
        drawn += 1
        if drawn == 12:
            observer.stop.ask()

    monkeypatch.setattr(ConsoleObserver, "drawn", stop)
    assert run() == 130
    assert names_in(two / "out") == {"a.mp4", "b.mp4", "mosaic.mp4", "tracks.json"}
    assert all(read_video(two / "out" / f"{n}.mp4")[0] > 2 for n in ("a", "b", "mosaic"))


def test_a_camera_called_mosaic_has_no_place_for_it(two: Path, capsys) -> None:
    with logged():
        code = reid_track(
            *("--cams", "mosaic=a.mp4,b=b.mp4", "--detections", ".", "--reid", "none"),
            *("--out", "out", "--mosaic"),
        )
    assert code == 1
    assert "two results at once" in capsys.readouterr().err
