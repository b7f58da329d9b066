"""CVAT for video 1.1: one XML file per camera, for people to correct by hand; written and read."""

import io
import math
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree  # no entities are fetched, and expat bounds their growth
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt

from tracker.core.atomic import replacing
from tracker.core.errors import SourceError
from tracker.core.foreign import read_bytes, understanding
from tracker.core.names import camera_name_from
from tracker.core.types import CameraInfo, IntArray, Visit, global_ids
from tracker.formats.parsed import FoundBox, FoundCamera, ParsedImport, is_person, together
from tracker.results.result import Result
from tracker.results.tracks_json import PIXEL_DIGITS, SCORE_DIGITS

KIND = "CVAT for video 1.1"
LABEL = "person"
# CVAT keeps key frames and draws straight lines between them; this is how far those may be off.
TOLERANCE_PX = 0.5
ATTRIBUTES = ("global_id", "camera_track_id", "score")  # `track_id` is a word of CVAT's own
_FEWEST_INNER = 2  # frames apart from which there is one in between

Element = ElementTree.Element
ANNOTATIONS = "annotations.xml"  # in the .zip that CVAT gives
MOST_XML_BYTES = 1 << 29  # of two hours with a hundred people in each frame
MOST_TAGS = 20_000_000
MOST_RATIO = 200  # of unpacked to packed; such files have up to 40

Flags = npt.NDArray[np.bool_]


def write_cvat(result: Result, camera: str, path: Path) -> None:
    """Write one camera's visits as tracks: a box per frame, key frames where it must be one.

    A filled-in box is `occluded`; after the last box of a visit, and before a gap, comes one that
    is `outside`. The ids are attributes, since CVAT numbers tracks anew.
    """
    info = next(c for c in result.cameras if c.name == camera)
    person_of = global_ids(result.identities)
    visits = [t for t in result.visits() if t.camera == camera]
    step = frame_step(visits)
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        out.write(_head(info))
        for number, visit in enumerate(visits):
            out.write(f'  <track id="{number}" label="{LABEL}" source="auto">\n')
            person = person_of[visit.key]
            out.writelines(f"{x}\n" for x in _boxes(visit, person, step, info.frames or 0))
            out.write("  </track>\n")
        out.write("</annotations>\n")


def frame_step(visits: Sequence[Visit]) -> int:
    """Return every how manieth frame was processed, as the boxes tell."""
    gaps = [int(gap) for visit in visits for gap in np.diff(visit.frame)]
    return math.gcd(*gaps) or 1


def key_frames(visit: Visit, step: int) -> Flags:
    """Choose the frames between which straight lines come near enough, (K,) bool.

    The first and last of each stretch without a gap in which all boxes are observed, or none.
    """
    breaks = (np.diff(visit.frame) > step) | np.diff(visit.observed)
    ends = [*np.flatnonzero(breaks).tolist(), len(visit.frame) - 1]
    chosen = np.zeros(len(visit.frame), np.bool_)
    xyxy = visit.xyxy.astype(np.float64).round(PIXEL_DIGITS)  # as they are written
    first = 0
    for last in ends:
        chosen[[first, last]] = True
        _refine(visit.frame[first : last + 1], xyxy[first : last + 1], chosen[first : last + 1])
        first = last + 1
    return chosen


def _refine(frame: IntArray, xyxy: npt.NDArray[np.float64], chosen: Flags) -> None:
    """Add the frame that is farthest off the line between two, and go on on both its sides."""
    waiting = [(0, len(frame) - 1)]
    while waiting:
        a, b = waiting.pop()
        if b - a < _FEWEST_INNER:
            continue
        share = (frame[a : b + 1] - frame[a]) / (frame[b] - frame[a])
        line = xyxy[a] + share[:, None] * (xyxy[b] - xyxy[a])
        off = np.abs(xyxy[a : b + 1] - line).max(axis=1)
        worst = int(off.argmax())
        if off[worst] > TOLERANCE_PX:
            chosen[a + worst] = True
            waiting += [(a, a + worst), (a + worst, b)]


def _boxes(visit: Visit, person: int, step: int, frames: int) -> Iterator[str]:
    keys = key_frames(visit, step)
    for i, frame in enumerate(visit.frame.tolist()):
        values = (person, visit.track_id, round(float(visit.score[i]), SCORE_DIGITS))
        corners = [round(float(v), PIXEL_DIGITS) for v in visit.xyxy[i]]
        occluded = int(not visit.observed[i])
        yield _box(frame, corners, f'outside="0" occluded="{occluded}"', values, key=keys[i])
        gone = i + 1 == len(visit.frame) or visit.frame[i + 1] > frame + step
        if gone and frame + step < frames:
            flags = f'outside="1" occluded="{occluded}"'
            yield _box(frame + step, corners, flags, values, key=True)


def _box(
    frame: int, corners: Sequence[float], flags: str, values: Sequence[float], *, key: bool
) -> str:
    names = ("xtl", "ytl", "xbr", "ybr")
    sides = " ".join(f'{n}="{v:.2f}"' for n, v in zip(names, corners, strict=True))
    attributes = "".join(
        f'<attribute name="{name}">{value:g}</attribute>'
        if name != "score"
        else f'<attribute name="{name}">{value}</attribute>'
        for name, value in zip(ATTRIBUTES, values, strict=True)
    )
    return (
        f'    <box frame="{frame}" keyframe="{int(key)}" {flags} {sides} z_order="0">'
        f"{attributes}</box>"
    )


def _head(camera: CameraInfo) -> str:
    """Say what was looked at; CVAT reads past our own tag, and says nothing of a video's rate."""
    frames = camera.frames or 0
    attributes = "\n".join(f"        {_attribute(name)}" for name in ATTRIBUTES)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <name>{escape(camera.name)}</name>
      <size>{frames}</size>
      <mode>interpolation</mode>
      <overlap>0</overlap>
      <start_frame>0</start_frame><stop_frame>{max(frames - 1, 0)}</stop_frame>
      <frame_filter></frame_filter>
      <labels><label><name>{LABEL}</name><attributes>
{attributes}
      </attributes></label></labels>
      <original_size><width>{camera.width}</width><height>{camera.height}</height>
      </original_size>
    </task>
    <source>{escape(Path(camera.source).name)}</source>
    <reid-track fps={quoteattr(repr(camera.fps))} offset_s="{camera.offset_s!r}"/>
  </meta>
"""


def _attribute(name: str) -> str:
    """Describe an attribute; 0 is what a track has that a person draws in CVAT."""
    mutable = name == "score"
    kind, values = ("text", "") if mutable else ("number", "0\n1000000\n1")
    return (
        f"<attribute><name>{name}</name><mutable>{mutable}</mutable><input_type>{kind}"
        f"</input_type><default_value>0</default_value><values>{values}</values></attribute>"
    )


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
    with understanding(path, KIND):
        content = read_bytes(path, KIND, MOST_XML_BYTES)
        if path.suffix.lower() == ".zip":
            content = _unpacked(path, content)
        if content.count(b"<") > MOST_TAGS:
            raise SourceError(f"{path} has more than {MOST_TAGS:,} tags, too many for one camera")
        # Bytes and tags are bounded above, and expat itself stops entities that multiply.
        root = ElementTree.fromstring(content)  # noqa: S314 # nosec
        if root.tag != "annotations" or root.find("image") is not None:
            raise SourceError(f"{path} is no '{KIND}'; export it as that")
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
