"""Pictures with people's boxes in YOLO's format, from a folder or an uncompressed tar archive.

For ``images/street/0001.jpg`` the boxes are in ``labels/street/0001.txt`` (a picture without a
folder ``images`` has its text file beside it), a row ``class x y width height`` for each person:
class 0, the box's centre and size as shares of the picture. An empty file says that nobody is
there; where there is no file, nobody has looked. ``labels_ignore/street/0001.txt`` may hold such
boxes too: what is in those is neither learned as a person nor as background.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from tracker.core.errors import SourceError
from tracker.core.types import FloatArray
from tracker.datasets.folders import ENDINGS, entries
from tracker.datasets.pictures import Picture, read_bytes

PERSON, IGNORED = 0, 1
IGNORE_FOLDER = "labels_ignore"
FIELDS = 5
HELD_BACK_EVERY = 10  # of the pictures, where a source does not say which ones validate
TRAIN, VALIDATE = "train", "val"
NO_BOXES = np.zeros((0, 4), np.float32)


@dataclass(frozen=True, slots=True)
class BoxedPicture:
    """One picture of a source."""

    picture: Picture  # where it lies
    # (N, 4) float32 centre x, y, width, height as shares of the picture's sides; None if nobody
    # has looked for people yet
    boxes: FloatArray | None
    part: str  # ``train`` or ``val``
    # (M, 4) likewise, boxes that may hold a person or not; None if the source has no such boxes
    # for any picture
    ignored: FloatArray | None = None


def boxed_pictures(source: Path) -> list[BoxedPicture]:
    """List a source in the order of its names.

    Which pictures validate is told by ``train.txt`` and ``val.txt`` in the source, else by a
    folder ``val``; else every tenth that has labels does. Pictures in no list are left out.

    Raises:
        SourceError: Nothing there, no pictures, or a malformed label or list.
    """
    files = entries(source, (*ENDINGS, ".txt"))
    texts = {e.name.removeprefix("./"): e for e in files if e.name.endswith(".txt")}
    pictures = sorted((e for e in files if not e.name.endswith(".txt")), key=lambda e: e.name)
    if not pictures:
        raise SourceError(
            f"'{source}' holds no pictures; expected are images/ and labels/ in YOLO's format"
        )
    listed = {part: _listed(texts, part) for part in (TRAIN, VALIDATE)}
    ignores = any(IGNORE_FOLDER in PurePosixPath(name).parts for name in texts)
    found = [_boxed(picture, texts, listed, ignores=ignores) for picture in pictures]
    kept = [picture for picture in found if picture is not None]
    if not kept:
        raise SourceError(f"'{source}': its train.txt and val.txt name none of its pictures")
    return kept if any(p.part == VALIDATE for p in kept) else _hold_back(kept)


def read_labels(text: str, where: str) -> FloatArray:
    """Read the people's boxes of one label file; other classes are left out.

    Raises:
        SourceError: A row is no such box; `where` names the file.
    """
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = [float(value) for value in line.split()]
        except ValueError:
            row = []
        if len(row) != FIELDS or not all(0 <= share <= 1 for share in row[1:]):
            raise SourceError(
                f"{where}, line {number}: '{line.strip()}' is no box; expected are 'class x y "
                "width height' with shares from 0 to 1"
            )
        rows.append(row)
    table = np.array(rows, np.float32).reshape(-1, FIELDS)
    return np.asarray(table[table[:, 0] == PERSON, 1:], np.float32)


def write_labels(boxes: FloatArray, kind: int = PERSON) -> str:
    """Return (N, 4) boxes of one class as the text of a label file."""
    return "".join(f"{kind} {x:.6f} {y:.6f} {w:.6f} {h:.6f}\n" for x, y, w, h in boxes)


def to_pixels(boxes: FloatArray, width: int, height: int) -> FloatArray:
    """Convert shares of a picture to (N, 4) xyxy pixels."""
    half = boxes[:, 2:] / 2
    corners = np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)
    return np.asarray(corners * np.array([width, height] * 2), np.float32)


def to_shares(xyxy: FloatArray, width: int, height: int) -> FloatArray:
    """Convert (N, 4) xyxy pixels, clipped to the picture, to shares of it."""
    size = np.array([width, height] * 2, np.float32)
    corners = np.clip(xyxy / size, 0, 1)
    middle = (corners[:, :2] + corners[:, 2:]) / 2
    return np.asarray(np.concatenate([middle, corners[:, 2:] - corners[:, :2]], 1), np.float32)


def _boxed(
    picture: Picture,
    texts: dict[str, Picture],
    listed: dict[str, set[str] | None],
    *,
    ignores: bool,
) -> BoxedPicture | None:
    name = picture.name.removeprefix("./")
    part = _part(name, listed)
    if part is None:
        return None
    boxes = _read(texts.get(_label_name(name, "labels")))
    if not ignores:
        return BoxedPicture(picture, boxes, part)
    ignored = _read(texts.get(_label_name(name, IGNORE_FOLDER)))
    return BoxedPicture(picture, boxes, part, NO_BOXES if ignored is None else ignored)


def _read(label: Picture | None) -> FloatArray | None:
    if label is None:
        return None
    text = read_bytes(label).decode("utf-8", errors="replace")
    return read_labels(text, f"{label.path} {label.name}")


def _label_name(name: str, folder: str) -> str:
    path = PurePosixPath(name).with_suffix(".txt")
    parts = list(path.parts)
    for place in reversed(range(len(parts))):
        if parts[place] == "images":
            parts[place] = folder
            break
    return str(PurePosixPath(*parts))


def _part(name: str, listed: dict[str, set[str] | None]) -> str | None:
    if any(names is not None for names in listed.values()):
        return next((part for part, names in listed.items() if name in (names or ())), None)
    folders = PurePosixPath(name).parts[:-1]
    return VALIDATE if any(f in ("val", "valid", "validation") for f in folders) else TRAIN


def _listed(texts: dict[str, Picture], part: str) -> set[str] | None:
    """Return the names in ``train.txt`` or ``val.txt`` at the top of a source; None without it."""
    entry = texts.get(f"{part}.txt")
    if entry is None:
        return None
    lines = read_bytes(entry).decode("utf-8", errors="replace").splitlines()
    return {str(PurePosixPath(line.strip())) for line in lines if line.strip()}


def _hold_back(pictures: Iterable[BoxedPicture]) -> list[BoxedPicture]:
    """Let every tenth labelled picture validate."""
    result, labelled = [], 0
    for each in pictures:
        labelled += each.boxes is not None
        held = each.boxes is not None and labelled % HELD_BACK_EVERY == 0
        result.append(replace(each, part=VALIDATE if held else TRAIN))
    return result
