"""CVAT for video 1.1, read: what a person corrected comes back."""

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree  # no entities are fetched, and expat bounds their growth

from tracker.core.errors import SourceError
from tracker.core.foreign import read_bytes, understanding
from tracker.core.names import camera_name_from
from tracker.formats.parsed import FoundBox, FoundCamera, ParsedImport, is_person, together

Element = ElementTree.Element
ANNOTATIONS = "annotations.xml"  # in the .zip that CVAT gives
MOST_XML_BYTES = 1 << 29  # of two hours with a hundred people in each frame
MOST_TAGS = 20_000_000
MOST_RATIO = 200  # of unpacked to packed; such files have up to 40


def read_cvat(path: Path) -> ParsedImport:
    """Read an .xml, the .zip that CVAT gives, or a folder of such files, one for each camera.

    Frames that CVAT filled in between key frames are boxes like all others. Tracks without ids in
    their attributes, or with those of a track before, get new ones.

    Raises:
        SourceError: Nothing is there, or it is no CVAT for video 1.1.
    """
    files = [path] if path.is_file() else sorted([*path.glob("*.xml"), *path.glob("*.zip")])
    if not files:
        raise SourceError(f"{path} has no .xml or .zip of CVAT")
    return together([_read_file(file) for file in files])


def _read_file(path: Path) -> ParsedImport:
    with understanding(path, "CVAT for video 1.1"):
        content = read_bytes(path, "CVAT for video 1.1", MOST_XML_BYTES)
        if path.suffix.lower() == ".zip":
            content = _unpacked(path, content)
        if content.count(b"<") > MOST_TAGS:
            raise SourceError(f"{path} has more than {MOST_TAGS:,} tags, too many for one camera")
        root = ElementTree.fromstring(content)  # noqa: S314 # nosec
        if root.tag != "annotations" or root.find("image") is not None:
            raise SourceError(f"{path} is no 'CVAT for video 1.1'; export it as that")
        camera = _camera(root, path)
        boxes, left_out = _all_boxes(root, camera.name)
        return ParsedImport([camera], boxes, left_out=left_out)


def _unpacked(path: Path, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entry = archive.getinfo(ANNOTATIONS)
        if entry.file_size > min(MOST_XML_BYTES, MOST_RATIO * max(entry.compress_size, 1)):
            raise SourceError(
                f"{path}: {ANNOTATIONS} would unpack from {entry.compress_size:,} to "
                f"{entry.file_size:,} bytes, as no export of CVAT does"
            )
        return archive.read(entry)


def _camera(root: Element, path: Path) -> FoundCamera:
    stem = path.stem
    named = (root.findtext("meta/task/name") or "").strip() if stem == "annotations" else stem
    own = root.find("meta/reid-track")
    fps, offset_s = (None, None) if own is None else (own.get("fps"), own.get("offset_s"))
    return FoundCamera(
        camera_name_from(named) or camera_name_from(stem),
        root.findtext("meta/source") or "",
        _number(root, "meta/task/original_size/width"),
        _number(root, "meta/task/original_size/height"),
        float(fps) if fps else None,
        _number(root, "meta/task/size"),
        float(offset_s) if offset_s else None,
    )


def _number(root: Element, where: str) -> int | None:
    text = (root.findtext(where) or "").strip()
    return int(text) if text else None


def _all_boxes(root: Element, camera: str) -> tuple[list[FoundBox], dict[str, int]]:
    boxes: list[FoundBox] = []
    left_out: Counter[str] = Counter()
    tracks = root.findall("track")
    own = [_own_id(track) for track in tracks]
    used = {number for number in own if number}
    seen: set[int] = set()
    for track, own_id in zip(tracks, own, strict=True):
        label = track.get("label", "")
        if not is_person(label):
            left_out[label] += 1
            continue
        number = own_id
        if not own_id or own_id in seen:  # drawn by hand, or a copy or a part of another
            number = next(n for n in range(1, len(used) + len(tracks) + 2) if n not in used)
        used.add(number)
        seen.add(number)
        boxes += _boxes_of(track, camera, number)
    return boxes, dict(left_out)


def _own_id(track: Element) -> int:
    first = track.find("box")
    return 0 if first is None else int(_attributes(first).get("camera_track_id") or 0)


def _boxes_of(track: Element, camera: str, number: int) -> Iterator[FoundBox]:
    for box in track.iterfind("box"):
        if box.get("outside") == "1":
            continue
        attributes = _attributes(box)
        x1, y1, x2, y2 = (float(box.attrib[name]) for name in ("xtl", "ytl", "xbr", "ybr"))
        yield FoundBox(
            camera, number, int(attributes.get("global_id") or 0) or None,
            int(box.attrib["frame"]), (x1, y1, x2, y2),
            score=float(attributes.get("score") or 0) or 1.0,
            observed=box.get("occluded") != "1",
        )  # fmt: skip


def _attributes(box: Element) -> dict[str, str]:
    return {a.get("name", ""): (a.text or "").strip() for a in box.iterfind("attribute")}
