"""A contact sheet: who was searched for, then each person found with a picture of every visit."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tracker.apps.search.ranking import RankedPerson, Scored
from tracker.apps.search.visits import SeenVisit, clock
from tracker.core.atomic import replacing
from tracker.core.types import Image as Pixels
from tracker.rendering.draw import colour_of

TILE = (96, 192)  # width, height in pixels
GAP, BAR, TEXT = 12, 6, 14
MARGIN = 220  # for what is said of each person
MOST_TILES = 8  # in one row
BLACK, GREY, WHITE = (0, 0, 0), (96, 96, 96), (255, 255, 255)
_LINE = TEXT + 4
_ROW = TILE[1] + 2 * _LINE + GAP


@dataclass(frozen=True, slots=True)
class _Pen:
    draw: ImageDraw.ImageDraw
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont

    def write(self, left: int, top: int, text: str, width: int, colour: tuple[int, ...]) -> None:
        """Write a line, cut off where it would be wider than `width`."""
        shown = text
        while shown and self.draw.textlength(shown, font=self.font) > width:
            shown = shown[:-2] + "…" if len(shown) > 1 else ""
        self.draw.text((left, top), shown, fill=colour, font=self.font)


def draw_sheet(query: Sequence[Pixels], people: Sequence[RankedPerson], path: Path) -> None:
    """Draw the pictures (H, W, 3) uint8 BGR of a query and the people found, as a PNG.

    A picture that is no longer there is left grey.

    Raises:
        OutputError: The file cannot be written.
    """
    tiles = max([len(query), *(len(found.visits) for found in people), 1])
    width = MARGIN + min(tiles, MOST_TILES) * (TILE[0] + GAP) + GAP
    sheet = Image.new("RGB", (width, (len(people) + 1) * _ROW + GAP), WHITE)
    pen = _Pen(ImageDraw.Draw(sheet), ImageFont.load_default(TEXT))
    pen.write(GAP, GAP, "searched for", MARGIN, BLACK)
    for place, picture in enumerate(query[:MOST_TILES]):
        rgb = Image.fromarray(picture[:, :, ::-1])
        sheet.paste(_tile(rgb), (MARGIN + place * (TILE[0] + GAP), GAP))
    for row, found in enumerate(people, start=1):
        _draw_person(sheet, pen, row, found)
    with replacing(path) as temporary:
        sheet.save(temporary, format="PNG")


def _draw_person(sheet: Image.Image, pen: _Pen, row: int, found: RankedPerson) -> None:
    top = GAP + row * _ROW
    blue, green, red = colour_of(found.person[1])
    pen.draw.rectangle((0, top, BAR, top + TILE[1]), fill=(red, green, blue))
    run = found.visits[0][1].run
    lines = [f"{row}.  {found.similarity:.2f}", f"ID {found.person[1]}", run.name]
    if run.start:
        lines.append(f"{run.start:%Y-%m-%d}")
    hidden = len(found.visits) - MOST_TILES
    lines += [f"and {hidden} more visits"] if hidden > 0 else []
    for number, line in enumerate(lines):
        pen.write(BAR + GAP, top + number * _LINE, line, MARGIN - BAR - 2 * GAP, BLACK)
    for place, scored in enumerate(_shown(found.visits)):
        _draw_visit(sheet, pen, (MARGIN + place * (TILE[0] + GAP), top), scored)


def _shown(visits: Sequence[Scored]) -> list[Scored]:
    """Return the most similar visits that fit into a row, in order of time."""
    best = sorted(range(len(visits)), key=lambda n: -visits[n][0])[:MOST_TILES]
    return [visits[n] for n in sorted(best)]


def _draw_visit(sheet: Image.Image, pen: _Pen, corner: tuple[int, int], scored: Scored) -> None:
    similarity, visit = scored
    left, top = corner
    sheet.paste(_tile(_picture(visit)), corner)
    below = top + TILE[1] + 1
    pen.write(left, below, f"{visit.camera} {similarity:.2f}", TILE[0] + GAP, BLACK)
    pen.write(left, below + _LINE, clock(visit.run, visit.enter_s), TILE[0] + GAP, GREY)


def _picture(visit: SeenVisit) -> Image.Image:
    try:
        with Image.open(visit.crop) as picture:
            return picture.convert("RGB")
    except OSError:
        return Image.new("RGB", TILE, (200, 200, 200))


def _tile(picture: Image.Image) -> Image.Image:
    """Fit a picture into a tile, its shape kept."""
    factor = min(TILE[0] / picture.width, TILE[1] / picture.height)
    size = max(round(picture.width * factor), 1), max(round(picture.height * factor), 1)
    tile = Image.new("RGB", TILE, WHITE)
    corner = (TILE[0] - size[0]) // 2, (TILE[1] - size[1]) // 2
    tile.paste(picture.resize(size, Image.Resampling.BICUBIC), corner)
    return tile
