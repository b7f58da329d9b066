"""CVAT for video 1.1, written: one XML file per camera, for people to correct by hand."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt

from tracker.core.atomic import replacing
from tracker.core.types import CameraInfo, IntArray, Visit, global_ids
from tracker.results.result import Result
from tracker.results.tracks_json import PIXEL_DIGITS, SCORE_DIGITS

LABEL = "person"
# CVAT keeps key frames and draws straight lines between them; this is how far those may be off.
TOLERANCE_PX = 0.5
ATTRIBUTES = ("global_id", "camera_track_id", "score")  # `track_id` is a word of CVAT's own
_FEWEST_INNER = 2  # frames apart from which there is one in between

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
        out.writelines(f"{line}\n" for line in _head(info))
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


def _head(camera: CameraInfo) -> Iterator[str]:
    frames = camera.frames or 0
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield "<annotations>"
    yield "  <version>1.1</version>"
    yield "  <meta>"
    yield "    <task>"
    yield f"      <name>{escape(camera.name)}</name>"
    yield f"      <size>{frames}</size>"
    yield "      <mode>interpolation</mode>"
    yield "      <overlap>0</overlap>"
    yield f"      <start_frame>0</start_frame><stop_frame>{max(frames - 1, 0)}</stop_frame>"
    yield "      <frame_filter></frame_filter>"
    yield f"      <labels><label><name>{LABEL}</name><attributes>"
    for name in ATTRIBUTES:
        yield f"        {_attribute(name)}"
    yield "      </attributes></label></labels>"
    yield f"      <original_size><width>{camera.width}</width><height>{camera.height}</height>"
    yield "      </original_size>"
    yield "    </task>"
    yield f"    <source>{escape(Path(camera.source).name)}</source>"
    # CVAT reads past what it does not know; it says nothing of a video's rate.
    yield f'    <reid-track fps={quoteattr(repr(camera.fps))} offset_s="{camera.offset_s!r}"/>'
    yield "  </meta>"


def _attribute(name: str) -> str:
    """Describe an attribute; 0 is what a track has that a person draws in CVAT."""
    mutable = name == "score"
    kind, values = ("text", "") if mutable else ("number", "0\n1000000\n1")
    return (
        f"<attribute><name>{name}</name><mutable>{mutable}</mutable><input_type>{kind}"
        f"</input_type><default_value>0</default_value><values>{values}</values></attribute>"
    )
