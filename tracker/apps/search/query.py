"""From photos to what is searched for: the person in each, and their mean look."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tracker.apps.search.visits import PersonKey
from tracker.core import boxes
from tracker.core.errors import SourceError
from tracker.core.types import FloatArray, Frame, Image
from tracker.datasets.pictures import Picture, read_picture
from tracker.detection.detector import Detector
from tracker.reid.crop import croppable, cut_out
from tracker.reid.embedder import Embedder, unit_length

CROP_SHAPE = (1.4, 5.0)  # height by width of a picture that was cut to one person
CROP_HEIGHT = 640  # pixels; a higher one of that shape is more likely a scene, from a phone


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture of the person who is searched for."""

    path: Path  # its file
    crop: Image  # (H, W, 3) uint8 BGR, the person
    xyxy: FloatArray | None = None  # (4,) pixels of the photo; None where all of it was taken
    people: int | None = None  # how many people were found; None where nobody was looked for


@dataclass(frozen=True, slots=True)
class Query:
    """Who is searched for."""

    look: FloatArray  # (512,) float32 of unit length
    photos: list[Photo]  # of the person; none where `person` says who it is
    person: PersonKey | None  # somebody in a run
    pictures: list[Image]  # (H, W, 3) uint8 BGR each, for a sheet


def looks_cut(image: Image) -> bool:
    """Tell by its shape whether a picture was cut to one person."""
    height, width = image.shape[:2]
    return bool(CROP_SHAPE[0] <= height / width <= CROP_SHAPE[1] and height <= CROP_HEIGHT)


def read_photo(path: Path, detector: Callable[[], Detector] | None) -> Photo:
    """Read a photo, and find the largest person in it unless it was cut to one.

    Args:
        path: A picture.
        detector: Loads the detector, once it is needed; None to take all of the picture.

    Raises:
        SourceError: No picture, or nobody in it.
    """
    rgb = read_picture(Picture(path, path.name, "", ""))
    image = np.ascontiguousarray(rgb[:, :, ::-1])
    if detector is None or looks_cut(image):
        return Photo(path, image)
    found = detector().detect(Frame(path.name, 0, 0.0, image))
    xyxy = found.xyxy[croppable(found.xyxy, image)]
    if not len(xyxy):
        raise SourceError(
            f"nobody was found in '{path}'; cut it to the person, or add --whole to take all of it"
        )
    largest = boxes.clip(xyxy, image.shape[1], image.shape[0])[boxes.area(xyxy).argmax()]
    (crop,) = cut_out(image, largest[None])
    return Photo(path, np.ascontiguousarray(crop), np.asarray(largest, np.float32), len(xyxy))


def query_by(photos: Sequence[Photo], embedder: Embedder) -> Query:
    """Search for the one person of all photos, by their mean look.

    Raises:
        SourceError: A photo is too small to show anything.
    """
    looks = []
    for photo in photos:
        height, width = photo.crop.shape[:2]
        look = embedder.embed(photo.crop, np.array([[0, 0, width, height]], np.float32))
        if not look.any():
            raise SourceError(f"'{photo.path}' is {width}x{height} pixels and shows nobody")
        looks.append(look[0])
    return Query(mean_look(np.stack(looks)), list(photos), None, [p.crop for p in photos])


def mean_look(looks: FloatArray) -> FloatArray:
    """Return the mean (512,) of looks (N, 512), at unit length."""
    return np.asarray(unit_length(looks.mean(axis=0, keepdims=True))[0])
