"""All cameras in one video, on one clock."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tracker.core.time_text import clock
from tracker.core.types import CameraInfo, Frame, Image
from tracker.video.codec import USUAL, Encoding
from tracker.video.writer import VideoForm, video_sink

LARGEST = (1920, 1080)  # width and height of all tiles together, in pixels
TITLE_PX, CLOCK_PX = 26, 34  # strips above each picture and above all
DIMMED = 0.3  # brightness of a camera that has not begun or has ended
BACKGROUND, TEXT, QUIET = (24, 24, 24), (240, 240, 240), (150, 150, 150)  # BGR
_FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, slots=True)
class Grid:
    """How the pictures lie: row by row, each in a tile of one size, its title above it."""

    columns: int  # tiles in a row
    rows: int  # rows of tiles
    tile: tuple[int, int]  # width and height of a picture's place, in pixels

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole picture."""
        width, height = self.tile
        return self.columns * width, CLOCK_PX + self.rows * (height + TITLE_PX)

    def place(self, number: int) -> tuple[int, int]:
        """Return the left and top of a camera's title; its picture begins `TITLE_PX` lower."""
        row, column = divmod(number, self.columns)
        return column * self.tile[0], CLOCK_PX + row * (self.tile[1] + TITLE_PX)


def lay_out(sizes: Sequence[tuple[int, int]]) -> Grid:
    """Choose the grid in which pictures of these widths and heights are largest, even-sided.

    >>> lay_out([(640, 480), (720, 480)])
    Grid(columns=2, rows=1, tile=(720, 480))
    """
    best: tuple[float, int, Grid] | None = None
    for columns in range(1, len(sizes) + 1):
        rows = -(-len(sizes) // columns)
        room = LARGEST[0] // columns, LARGEST[1] // rows
        shown = [_fitted(size, room) for size in sizes]
        tile = max(w for w, _ in shown), max(h for _, h in shown)
        grid = Grid(columns, rows, (tile[0] + tile[0] % 2, tile[1] + tile[1] % 2))
        least = min(w / size[0] for (w, _), size in zip(shown, sizes, strict=True))
        rank = least, -abs(grid.size[0] * 9 - grid.size[1] * 16)
        if best is None or rank > best[:2]:
            best = *rank, grid
    assert best is not None  # there is a camera
    return best[2]


def write_mosaic(
    cameras: Sequence[CameraInfo], frames: Mapping[str, Iterator[Frame]], path: Path,
    stride: int, kept: Callable[[Path], None], *, encoding: Encoding = USUAL,
) -> None:  # fmt: skip
    """Write the video of all cameras; reads every stream to its end, at most two frames ahead.

    Args:
        cameras: In the order of their tiles.
        frames: Their drawn frames, by name, in order of time.
        path: The video.
        stride: Only every `stride`-th frame of the sources is there.
        kept: Is told of the video once it has its name; after an interrupt too.
        encoding: Codec and quality.
    """
    grid = lay_out([(camera.width, camera.height) for camera in cameras])
    fps = max(camera.fps for camera in cameras) / stride
    with video_sink(path, VideoForm(fps, grid.size, encoding), kept=kept) as sink:
        tiles = [_Tile(camera, frames[camera.name], grid.tile, stride) for camera in cameras]
        begins = [tile.begins_s for tile in tiles if tile.begins_s is not None]
        canvas = np.full((grid.size[1], grid.size[0], 3), BACKGROUND, np.uint8)
        number = 0
        while begins:
            now_s = min(begins) + number / fps
            for tile in tiles:
                tile.advance(now_s + 0.5 / fps)  # to the nearest frame of cameras as fast as this
            if all(tile.is_over for tile in tiles):
                return
            _compose(canvas, grid, tiles, now_s)
            sink.write(canvas.copy())
            number += 1


class _Tile:
    """One camera's place: its frame of the moment, scaled.

    Attributes:
        begins_s: When its first frame was taken; None if it has none.
        is_over: Whether its last frame has had its time.
    """

    def __init__(
        self, camera: CameraInfo, frames: Iterator[Frame], tile: tuple[int, int], stride: int
    ) -> None:
        self._camera = camera
        self._frames = frames
        self._tile = tile
        self._period_s = stride / camera.fps
        self._next = next(frames, None)
        self.begins_s = self._next.time_s if self._next else None
        self._last_s = self.begins_s
        self._begun = self.is_over = False
        self._bright = np.zeros((tile[1], tile[0], 3), np.uint8)
        if self._next is not None:
            self._show(self._next)

    def advance(self, until_s: float) -> None:
        """Go on to the last frame up to a time."""
        shown = None
        while self._next is not None and self._next.time_s <= until_s:
            shown, self._next = self._next, next(self._frames, None)
        if shown is not None:
            self._begun, self._last_s = True, shown.time_s
            self._show(shown)
        ends_s = -math.inf if self._last_s is None else self._last_s + self._period_s
        self.is_over = self._next is None and until_s > ends_s

    def picture(self) -> tuple[Image, str]:
        """Return the picture (tile height, tile width, 3) BGR and the title."""
        if self._last_s is None:
            return self._bright, f"{self._camera.name}  no picture"
        if not self._begun:
            return _dim(self._bright), f"{self._camera.name}  begins {clock(self._last_s)}"
        if self.is_over:
            ended_s = self._last_s + self._period_s
            return _dim(self._bright), f"{self._camera.name}  ended {clock(ended_s)}"
        return self._bright, self._camera.name

    def _show(self, frame: Frame) -> None:
        size = _fitted((frame.image.shape[1], frame.image.shape[0]), self._tile)
        scaled = cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA)
        left, top = (self._tile[0] - size[0]) // 2, (self._tile[1] - size[1]) // 2
        self._bright[top : top + size[1], left : left + size[0]] = scaled


def _compose(canvas: Image, grid: Grid, tiles: Sequence[_Tile], now_s: float) -> None:
    canvas[:CLOCK_PX] = BACKGROUND
    _write(canvas, clock(now_s), (8, CLOCK_PX - 10), 0.75, TEXT)
    for number, tile in enumerate(tiles):
        left, top = grid.place(number)
        picture, title = tile.picture()
        right, below = left + grid.tile[0], top + TITLE_PX
        canvas[top:below, left:right] = BACKGROUND
        colour = TEXT if title == title.split("  ", maxsplit=1)[0] else QUIET
        _write(canvas[top:below, left:right], title, (8, TITLE_PX - 8), 0.55, colour)
        canvas[below : below + grid.tile[1], left:right] = picture


def _write(
    canvas: Image, text: str, origin: tuple[int, int], size: float, colour: tuple[int, int, int]
) -> None:
    cv2.putText(canvas, text, origin, _FONT, size, colour, 1, cv2.LINE_AA)


def _dim(picture: Image) -> Image:
    return (picture * DIMMED).astype(np.uint8)


def _fitted(size: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """Return a picture's size where it fits into a room with its shape kept, never enlarged."""
    scale = min(room[0] / size[0], room[1] / size[1], 1.0)
    return max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)
