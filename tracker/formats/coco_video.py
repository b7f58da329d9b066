"""COCO for video as TAO lays it out: videos, images, tracks, annotations; written and read."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracker.core.errors import SourceError
from tracker.core.foreign import understanding
from tracker.core.types import VisitKey, global_ids
from tracker.formats.lines import all_rows
from tracker.formats.parsed import FoundBox, FoundCamera, ParsedImport, is_person
from tracker.formats.rounding import corners_from, left_top_size
from tracker.results.record import read_record, write_in_lines
from tracker.results.result import Result
from tracker.results.tracks_file import TRACKS
from tracker.results.tracks_json import SCORE_DIGITS, TIME_DIGITS

PERSON = 1  # COCO's category
Entry = dict[str, Any]


def write_coco_video(result: Result, path: Path) -> None:
    """Write all cameras into one file.

    Track ids are unique over all videos, as TAO wants; `camera_track_id` and `global_id` have ours.
    Pictures are named ``<camera>/<frame>.jpg``, with frames from 0 and six digits.
    """
    head = {
        "info": {"description": "reid-track"},
        "licenses": [],
        "categories": [{"id": PERSON, "name": "person", "supercategory": "person"}],
        "videos": [_video(result, number) for number in range(len(result.cameras))],
    }
    image_of = _image_ids(result)
    track_of = {visit.key: n for n, visit in enumerate(result.visits(), start=1)}
    write_in_lines(
        path, head, images=_images(result, image_of), tracks=_tracks(result, track_of),
        annotations=_annotations(result, image_of, track_of),
    )  # fmt: skip


def _video(result: Result, number: int) -> Entry:
    camera = result.cameras[number]
    return {
        "id": number + 1, "name": camera.name, "width": camera.width, "height": camera.height,
        "neg_category_ids": [], "not_exhaustive_category_ids": [], "fps": camera.fps,
        "frames": camera.frames, "offset_s": camera.offset_s, "source": camera.source,
    }  # fmt: skip


def _image_ids(result: Result) -> dict[str, int]:
    """Return the id of each camera's first picture; those of the others follow it."""
    first, ids = 1, {}
    for camera in result.cameras:
        ids[camera.name] = first
        first += camera.frames or 0
    return ids


def _images(result: Result, image_of: dict[str, int]) -> Iterator[Entry]:
    for video, camera in enumerate(result.cameras, start=1):
        times = {row.frame: row.time_s for row in result.rows(camera.name)}
        for frame in range(camera.frames or 0):
            time_s = times.get(frame, camera.offset_s + frame / camera.fps)
            yield {
                "id": image_of[camera.name] + frame, "video_id": video, "video": camera.name,
                "file_name": f"{camera.name}/{frame:06}.jpg", "width": camera.width,
                "height": camera.height, "frame_index": frame, "frame_id": frame,
                "time_s": round(time_s, TIME_DIGITS),
            }  # fmt: skip


def _tracks(result: Result, track_of: dict[VisitKey, int]) -> Iterator[Entry]:
    video_of = {camera.name: n for n, camera in enumerate(result.cameras, start=1)}
    person_of = global_ids(result.identities)
    for visit in result.visits():
        yield {
            "id": track_of[visit.key], "video_id": video_of[visit.camera], "category_id": PERSON,
            "camera_track_id": visit.track_id, "global_id": person_of[visit.key],
        }  # fmt: skip


def _annotations(
    result: Result, image_of: dict[str, int], track_of: dict[VisitKey, int]
) -> Iterator[Entry]:
    video_of = {camera.name: n for n, camera in enumerate(result.cameras, start=1)}
    for number, (camera, row) in enumerate(all_rows(result), start=1):
        bbox = left_top_size(row)
        track = track_of[camera, row.track_id]
        yield {
            "id": number, "image_id": image_of[camera] + row.frame, "video_id": video_of[camera],
            "category_id": PERSON, "track_id": track, "instance_id": track, "bbox": list(bbox),
            "area": round(bbox[2] * bbox[3], 2), "iscrowd": 0,
            "score": round(row.score, SCORE_DIGITS), "observed": row.observed,
        }  # fmt: skip


def read_coco_video(path: Path) -> ParsedImport:
    """Read such a file, or one of another tool: `track_id` or `instance_id` say what is one visit.

    Raises:
        SourceError: Missing, or not in that format.
    """
    content: Any = read_record(path, object, "COCO for video")
    if isinstance(content, dict) and content.get("schema") == TRACKS:
        raise SourceError(f"{path} is a tracks.json already; there is nothing to import")
    with understanding(path, "COCO for video"):
        videos = {v["id"]: v for v in content["videos"]}
        labels = {c["id"]: str(c["name"]) for c in content["categories"]}
        images = {i["id"]: i for i in content["images"]}
        tracks = {t["id"]: t for t in content.get("tracks", [])}
        left_out = Counter(labels[a["category_id"]] for a in content["annotations"])
        boxes = [
            _box(annotation, images[annotation["image_id"]], videos, tracks)
            for annotation in content["annotations"]
            if is_person(labels[annotation["category_id"]])
        ]
        images_of: dict[Any, list[Entry]] = {}
        for image in content["images"]:
            images_of.setdefault(image["video_id"], []).append(image)
        cameras = [_camera(v, images_of.get(number, [])) for number, v in videos.items()]
    return ParsedImport(
        cameras, boxes, left_out={k: n for k, n in left_out.items() if not is_person(k)}
    )


def _camera(video: Entry, own: list[Entry]) -> FoundCamera:
    sized: Entry = {"width": None, "height": None, **(own[0] if own else {}), **video}
    frames = int(video.get("frames") or max(map(_frame, own), default=-1) + 1)
    return FoundCamera(
        _name(video), str(video.get("source", "")), sized["width"], sized["height"],
        video.get("fps"), frames, video.get("offset_s"),
    )  # fmt: skip


def _name(video: Entry) -> str:
    return str(video["name"]).replace("/", "-")


def _frame(image: Entry) -> int:
    return int(image["frame_id"] if "frame_id" in image else image["frame_index"])


def _box(
    annotation: Entry, image: Entry, videos: dict[Any, Entry], tracks: dict[Any, Entry]
) -> FoundBox:
    number: Any = annotation["track_id"] if "track_id" in annotation else annotation["instance_id"]
    track: Entry = tracks.get(number, {})
    left, top, width, height = map(float, annotation["bbox"])
    return FoundBox(
        _name(videos[image["video_id"]]), int(track.get("camera_track_id", number)),
        track.get("global_id"), _frame(image), corners_from(left, top, width, height),
        image.get("time_s"), float(annotation.get("score", 1.0)),
        bool(annotation.get("observed", True)),
    )  # fmt: skip
