"""Cut people out of footage and photos, as training data for a ReID model that must travel.

    python benchmarks/training_people.py tracks OUT VIDEO TRACKS.json
    python benchmarks/training_people.py crops OUT VIDEO TRACKS.json
    python benchmarks/training_people.py boxes OUT FOLDER

`tracks` takes the tracks that ``reid-track VIDEO --json TRACKS.json`` found: each identity
becomes a person, each of up to 16 moments a picture. `crops` takes every box that was detected
there, half hidden people too, as a person with a single picture. `boxes` takes FOLDER/images and
the YOLO labels in FOLDER/labels, of those in FOLDER/train.txt where there is one: each large enough
box becomes a person with a single picture, and once more in other colours. All write
``<person>/<camera>_*.jpg``, which ``reid-track train reid`` reads; people of whom there is one
picture are for a training with ``--teacher``.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

from tracker.core.types import FloatArray, Image

LEAST_MOMENTS, MOST_MOMENTS = 6, 16
LEAST_SCORE = 0.4
LEAST_SIDES = (16, 48)  # width and height in pixels
LEAST_SEEN, LEAST_CROP = 0.25, (14, 40)  # the same where nobody is told apart
LEAST_BOX = (18, 56)  # the same for photos, where each picture stands for itself
SHAPES = (0.9, 5.0)  # height per width
MOST_HIDDEN = 0.4  # share of a box behind people who stand nearer
HEIGHT = 256  # pixels; larger pictures are reduced
MARGIN = 0.03  # of a box in a photo


def hidden(box: FloatArray, others: FloatArray) -> float:
    """Return the largest share of a box (4,) that one of the others (N, 4) nearer hides."""
    nearer = others[others[:, 3] > box[3]]
    width, height = np.clip(
        np.minimum(nearer[:, 2:], box[2:]) - np.maximum(nearer[:, :2], box[:2]), 0, None
    ).T
    return float((width * height).max(initial=0) / np.prod(box[2:] - box[:2]))


def usable(box: FloatArray, least: tuple[int, int]) -> bool:
    """Tell whether a box (4,) in pixels is large enough and shaped like a person."""
    width, height = box[2:] - box[:2]
    tall_enough = width >= least[0] and height >= least[1]
    return bool(tall_enough and SHAPES[0] <= height / width <= SHAPES[1])


def write(image: Image, box: FloatArray, path: Path) -> None:
    """Cut a box (4,) out of an image and save it."""
    left, top = np.maximum(np.floor(box[:2]), 0).astype(int)
    right, bottom = np.ceil(box[2:]).astype(int)
    save(image[top:bottom, left:right], path)


def save(picture: Image, path: Path) -> None:
    """Save a picture, reduced if it is large."""
    ratio = HEIGHT / picture.shape[0]
    if ratio < 1:
        picture = cv2.resize(picture, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)


def cut_tracks(out: Path, video: Path, tracks_file: Path) -> None:
    """Write the people of one video."""
    tracks = json.loads(tracks_file.read_text(encoding="utf-8"))["tracks"]
    present: dict[int, list[list[float]]] = defaultdict(list)
    for track in tracks:
        for box in track["boxes"]:
            present[box["frame"]].append(box["xyxy"])
    wanted: dict[int, list[tuple[str, FloatArray]]] = defaultdict(list)
    for track in tracks:
        boxes = [
            (b["frame"], np.array(b["xyxy"])) for b in track["boxes"]
            if b["observed"] and b["score"] > LEAST_SCORE
        ]  # fmt: skip
        clear = [
            (frame, xyxy) for frame, xyxy in boxes
            if usable(xyxy, LEAST_SIDES) and hidden(xyxy, np.array(present[frame])) < MOST_HIDDEN
        ]  # fmt: skip
        if len(clear) >= LEAST_MOMENTS:
            for frame, xyxy in clear[:: max(1, len(clear) // MOST_MOMENTS)]:
                wanted[frame].append((f"{video.stem}-{track['global_id']}", xyxy))
    reader = cv2.VideoCapture(str(video))
    for frame in range(max(wanted, default=-1) + 1):
        got, image = reader.read()
        for person, xyxy in wanted[frame] if got else ():
            write(image, xyxy, out / person / f"{video.stem}_{frame:05d}.jpg")


def cut_everybody(out: Path, video: Path, tracks_file: Path) -> None:
    """Write every box of one video that was detected."""
    wanted: dict[int, list[FloatArray]] = defaultdict(list)
    for track in json.loads(tracks_file.read_text(encoding="utf-8"))["tracks"]:
        for box in track["boxes"]:
            if box["observed"] and box["score"] > LEAST_SEEN:
                wanted[box["frame"]].append(np.array(box["xyxy"]))
    reader = cv2.VideoCapture(str(video))
    for frame in range(max(wanted, default=-1) + 1):
        got, image = reader.read()
        for number, xyxy in enumerate(wanted[frame] if got else ()):
            if ((xyxy[2:] - xyxy[:2]) >= LEAST_CROP).all():
                write(image, xyxy, out / f"{video.stem}-{frame:05d}-{number}" / "crop_0.jpg")


def cut_boxes(out: Path, folder: Path) -> None:
    """Write the people of a folder of photos, each also in other colours."""
    chance = np.random.default_rng(5)
    pictures = {p.stem: p for p in (folder / "images").iterdir()}
    if (folder / "train.txt").is_file():
        listed = (folder / "train.txt").read_text(encoding="utf-8").split()
        pictures = {stem: pictures[stem] for stem in (Path(name).stem for name in listed)}
    for labels in sorted((folder / "labels").glob("*.txt")):
        if labels.stem not in pictures:
            continue
        rows = [line.split() for line in labels.read_text(encoding="utf-8").splitlines()]
        found = np.array([row[1:5] for row in rows if len(row) > 1], float).reshape(-1, 4)
        image = cv2.imread(str(pictures[labels.stem]))
        if image is None or not len(found):
            continue
        size = np.array(image.shape[1::-1])
        centre, sides = found[:, :2] * size, found[:, 2:] * size
        boxes = np.concatenate([centre - sides / 2, centre + sides / 2], axis=1)
        for number, box in enumerate(boxes):
            if usable(box, LEAST_BOX) and hidden(box, boxes) < MOST_HIDDEN:
                margin = MARGIN * np.tile(sides[number], 2) * (-1, -1, 1, 1)
                path = out / f"{labels.stem}-{number}" / "photo_0.jpg"
                write(image, box + margin, path)
                other = out / f"{labels.stem}-{number}-turned" / "photo_0.jpg"
                save(recoloured(cv2.imread(str(path)), chance), other)


def recoloured(picture: Image, chance: np.random.Generator) -> Image:
    """Turn all colours and change the light, so that it looks like somebody else."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + 180 * chance.uniform(0.15, 0.85)) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * chance.uniform(0.8, 1.5), 0, 255)
    turned = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR)
    light = (np.arange(256) / 255) ** np.exp(chance.uniform(-0.4, 0.4))
    return np.asarray(cv2.LUT(turned, (255 * light).astype(np.uint8)), np.uint8)


def main() -> None:
    """Cut people out of a video or of photos."""
    parser = argparse.ArgumentParser(description="Cut people out for training a ReID model.")
    kinds = parser.add_subparsers(dest="kind", required=True)
    tracks, crops, boxes = (kinds.add_parser(name) for name in ("tracks", "crops", "boxes"))
    for kind in (tracks, crops, boxes):
        kind.add_argument("out", type=Path)
    for kind in (tracks, crops):
        kind.add_argument("video", type=Path)
        kind.add_argument("tracks", type=Path)
    boxes.add_argument("folder", type=Path)
    wanted = parser.parse_args()
    if wanted.kind == "tracks":
        cut_tracks(wanted.out, wanted.video, wanted.tracks)
    elif wanted.kind == "crops":
        cut_everybody(wanted.out, wanted.video, wanted.tracks)
    else:
        cut_boxes(wanted.out, wanted.folder)
    print(f"{len(list(wanted.out.iterdir()))} people in {wanted.out}")


if __name__ == "__main__":
    main()
