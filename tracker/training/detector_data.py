"""The pictures of a detector's training, put into one folder as Ultralytics reads them.

Nothing is written into the user's own folders. Labelled pictures are copied as they are; frames
of videos, and pictures that nobody has looked at, are labelled by the teacher, which sees them
before they are made smaller.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
import yaml

from tracker.core import boxes
from tracker.core.errors import ConfigError, OutputError, SourceError
from tracker.core.types import FloatArray, Frame, Image
from tracker.datasets.person_boxes import (
    HELD_BACK_EVERY,
    IGNORED,
    NO_BOXES,
    PERSON,
    TRAIN,
    VALIDATE,
    BoxedPicture,
    boxed_pictures,
    to_pixels,
    to_shares,
    write_labels,
)
from tracker.datasets.pictures import read_bytes, read_picture
from tracker.detection.detector import Detector
from tracker.video.cameras import VIDEO_ENDINGS, camera_from_source, open_camera
from tracker.video.source import Sampling

logger = logging.getLogger(__name__)

FILE = "data.yaml"
USUAL_STEP = 10  # frames of a video from one picture to the next
LARGEST = 480  # pixels; sides of the pictures that are made here
CROP_FROM = 700  # pixels; larger frames also give a piece at their own scale,
TWO_CROPS_FROM = 1500  # and still larger ones two
CROP_SIDES = (320, 560)  # pixels
TEACHER_IOU = 0.6  # overlap at which the teacher's boxes hide one another
TEACHER_SCORE = 0.4  # of its boxes in pictures that nobody has labelled
TEACHER_SURE = 0.5  # of those that are added to somebody's labels
SAME_PERSON = 0.4  # IoU with a label, or
PART_OF_PERSON = 0.5  # share of its box that lies within the label's
JPEG_QUALITY = 90
SAY_EVERY = 1000


@dataclass(slots=True)
class Gathered:
    """What lies in the folder."""

    sources: list[str]  # names of what the user gave, without the folders
    pictures: int = 0  # to learn from
    people: int = 0  # boxes on these
    by_teacher: int = 0  # pictures that only the teacher has labelled
    added: int = 0  # boxes that it added to other people's labels
    validating: int = 0  # pictures to validate with
    unlabelled: int = 0  # pictures that were left out, since there is no teacher


def gather(sources: Sequence[str], folder: Path, teacher: Detector | None) -> Gathered:
    """Write the pictures, labels and lists of all sources into a new folder.

    Args:
        sources: Folders and archives in YOLO's format, and videos, ``clip.mp4`` or
            ``clip.mp4@25`` for every 25th frame.
        folder: Is made; ``data.yaml`` is written last and says that it is complete.
        teacher: Finds people down to `TEACHER_SCORE`, or None.

    Raises:
        SourceError: A source cannot be read, or nothing is left to learn from.
        ConfigError: A video without a teacher.
        OutputError: The folder cannot be written.
    """
    writer = _Writer(folder, Gathered([_shown(s) for s in sources]))
    for number, source in enumerate(sources):
        path, step = split_step(source)
        if path.suffix.lower() in VIDEO_ENDINGS:
            if teacher is None:
                raise ConfigError(f"{path} is a video, so nobody has labelled it; add --teacher")
            _add_video(writer, path, step, number, teacher)
        else:
            _add_pictures(writer, path, number, teacher)
    return writer.finish()


def split_step(source: str) -> tuple[Path, int]:
    """Read ``clip.mp4@25`` as the path and 25.

    >>> split_step("clip.mp4@25")[1], split_step("clip.mp4")[1], split_step("a@b/images")[1]
    (25, 10, 10)
    """
    path, separator, step = source.rpartition("@")
    if separator and step.isdecimal() and int(step) and not Path(source).exists():
        return Path(path), int(step)
    return Path(source), USUAL_STEP


def with_teacher(labels: FloatArray, seen: FloatArray) -> FloatArray:
    """Add the boxes that a labeller missed.

    Args:
        labels: (N, 4) xyxy pixels.
        seen: (M, 4) likewise, of the teacher.

    Returns:
        All labels, then those of `seen` that lie on no label.
    """
    if not len(labels) or not len(seen):
        return np.concatenate([labels, seen])
    overlap = boxes.iou(seen, labels)
    own = boxes.area(seen)[:, None]
    shared = overlap * (own + boxes.area(labels)[None, :]) / (1 + overlap)
    taken = (overlap >= SAME_PERSON) | (shared >= PART_OF_PERSON * own)
    return np.concatenate([labels, seen[~taken.any(axis=1)]])


def pieces(image: Image, chance: np.random.Generator) -> Iterator[Image]:
    """Give a large picture (H, W, 3) as a whole, and pieces of it at random places."""
    yield image
    height, width = image.shape[:2]
    count = sum(max(height, width) > least for least in (CROP_FROM, TWO_CROPS_FROM))
    for _ in range(count):
        side = min(int(chance.integers(*CROP_SIDES)), height, width)
        top = int(chance.integers(0, height - side + 1))
        left = int(chance.integers(0, width - side + 1))
        yield image[top : top + side, left : left + side].copy()


def _shown(source: str) -> str:
    path, step = split_step(source)
    return f"{path.name}@{step}" if path.suffix.lower() in VIDEO_ENDINGS else path.name


def _add_video(writer: "_Writer", path: Path, step: int, number: int, teacher: Detector) -> None:
    camera = camera_from_source(str(path))
    with closing(open_camera(camera, Sampling(stride=step), None)) as source:
        for frame in source.frames():
            chance = np.random.default_rng(frame.index)
            writer.add_seen(pieces(frame.image, chance), f"{number}_{frame.index:06d}", teacher)


def _add_pictures(writer: "_Writer", path: Path, number: int, teacher: Detector | None) -> None:
    for index, each in enumerate(boxed_pictures(path)):
        name = f"{number}_{index:06d}"
        if each.boxes is not None:
            writer.add_labelled(each, each.boxes, name, teacher)
        elif teacher is not None and each.part == TRAIN:
            image = np.asarray(_bgr(each), np.uint8)
            writer.add_seen(pieces(image, np.random.default_rng(index)), name, teacher)
        else:
            writer.gathered.unlabelled += 1


def _bgr(each: BoxedPicture) -> Image:
    return np.ascontiguousarray(read_picture(each.picture)[:, :, ::-1])


class _Writer:
    """Writes pictures and labels into a folder and counts them."""

    def __init__(self, folder: Path, gathered: Gathered) -> None:
        self.gathered = gathered
        self._folder = folder
        self._lists: dict[str, list[str]] = {TRAIN: [], VALIDATE: []}
        try:
            for name in ("images", "labels"):
                (folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the folder '{folder}': {error.strerror}") from error

    def add_labelled(
        self, each: BoxedPicture, labels: FloatArray, name: str, teacher: Detector | None
    ) -> None:
        """Copy a picture, with what the teacher surely sees beside its labels.

        Whoever names boxes to ignore has looked for everybody, so that nothing is added there.
        """
        if teacher is not None and each.part == TRAIN and each.ignored is None:
            image = _bgr(each)
            height, width = image.shape[:2]
            found = teacher.detect(Frame("", 0, 0.0, image))
            sure = found.xyxy[found.score >= TEACHER_SURE]
            both = with_teacher(to_pixels(labels, width, height), sure)
            self.gathered.added += len(both) - len(labels)
            labels = np.concatenate([labels, to_shares(both[len(labels) :], width, height)])
        ending = PurePosixPath(each.picture.name).suffix
        ignored = NO_BOXES if each.ignored is None or each.part != TRAIN else each.ignored
        self._write(name + ending, read_bytes(each.picture), labels, each.part, ignored)

    def add_seen(self, images: Iterator[Image], name: str, teacher: Detector) -> None:
        """Write pictures with what the teacher sees in them, made smaller afterwards."""
        for number, image in enumerate(images):
            height, width = image.shape[:2]
            found = teacher.detect(Frame("", 0, 0.0, image))
            labels = to_shares(found.xyxy, width, height) if len(found) else NO_BOXES
            ratio = min(LARGEST / max(height, width), 1.0)
            size = (max(round(width * ratio), 1), max(round(height * ratio), 1))
            small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            self._write(f"{name}_{number}.jpg", data.tobytes(), labels, TRAIN)
            self.gathered.by_teacher += 1

    def finish(self) -> Gathered:
        """Write the lists and the description that Ultralytics reads."""
        if not self._lists[VALIDATE]:
            self._lists[VALIDATE] = self._lists[TRAIN][HELD_BACK_EVERY - 1 :: HELD_BACK_EVERY]
            self._lists[TRAIN] = [n for n in self._lists[TRAIN] if n not in self._lists[VALIDATE]]
        done = self.gathered
        done.pictures, done.validating = len(self._lists[TRAIN]), len(self._lists[VALIDATE])
        if done.unlabelled:
            logger.warning("%d pictures have no labels and are left out", done.unlabelled)
        if not (done.pictures and done.validating):
            raise SourceError(
                f"{', '.join(done.sources)}: {done.pictures} labelled pictures to learn from and "
                f"{done.validating} to validate; add pictures with labels/, or --teacher"
            )
        for part, names in self._lists.items():
            text = "".join(f"./images/{name}\n" for name in names)
            self._put(self._folder / f"{part}.txt", text.encode())
        content = {
            "path": str(self._folder.resolve()), "train": "train.txt", "val": "val.txt",
            "names": {PERSON: "person", IGNORED: "ignored"}, "gathered": asdict(done),
        }  # fmt: skip
        self._put(self._folder / FILE, yaml.safe_dump(content).encode())
        return done

    def _write(
        self,
        name: str,
        picture: bytes,
        labels: FloatArray,
        part: str,
        ignored: FloatArray = NO_BOXES,
    ) -> None:
        self._put(self._folder / "images" / name, picture)
        label = self._folder / "labels" / PurePosixPath(name).with_suffix(".txt").name
        self._put(label, (write_labels(labels) + write_labels(ignored, IGNORED)).encode())
        self._lists[part].append(name)
        self.gathered.people += len(labels) if part == TRAIN else 0
        count = sum(map(len, self._lists.values()))
        if count % SAY_EVERY == 0:
            logger.info("%d pictures", count)

    def _put(self, path: Path, content: bytes) -> None:
        try:
            path.write_bytes(content)
        except OSError as error:
            raise OutputError(f"cannot write '{path}': {error.strerror}") from error


def gathered_before(folder: Path) -> Gathered | None:
    """Return what an earlier sitting gathered in the folder; None if that is not complete."""
    try:
        content = yaml.safe_load((folder / FILE).read_text(encoding="utf-8"))
        return Gathered(**content["gathered"])
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return None
