"""Labelled pictures of people: where each lies, who is on it and which camera took it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tracker.core.errors import SourceError
from tracker.core.pictures import decode
from tracker.core.types import Image, IntArray


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture as a data set lists it."""

    path: Path  # the picture's file, or the tar archive that holds it
    name: str  # name within the data set, for messages and figures
    person: str  # identity in the data set's own words
    camera: str  # camera in the data set's own words
    offset: int = 0  # first byte of the picture in `path`
    size: int = -1  # its length in bytes; -1 is up to the end of the file


@dataclass(frozen=True, slots=True)
class PersonSet:
    """Pictures with numbered people and cameras."""

    pictures: tuple[Picture, ...]  # N pictures
    person: IntArray  # (N,) int64, 0 to people - 1 in the sorted order of the names
    camera: IntArray  # (N,) int64, 0 to cameras - 1 likewise

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def people(self) -> int:
        """Number of different people."""
        return len(np.unique(self.person))

    def of(self, chosen: IntArray) -> "PersonSet":
        """Return the pictures at the positions `chosen`, with their numbers as they are."""
        pictures = tuple(self.pictures[i] for i in chosen)
        return PersonSet(pictures, self.person[chosen], self.camera[chosen])


def number(sources: Sequence[Sequence[Picture]]) -> PersonSet:
    """Number the people and cameras of one or several sources.

    Each source's numbers follow those of the sources before it, so that equal names in two
    sources are two people (and two cameras).
    """
    person, camera = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    people = cameras = 0
    for pictures in sources:
        ids, count = _ranks([p.person for p in pictures])
        person.append(ids + people)
        people += count
        ids, count = _ranks([p.camera for p in pictures])
        camera.append(ids + cameras)
        cameras += count
    everything = tuple(p for pictures in sources for p in pictures)
    return PersonSet(everything, np.concatenate(person), np.concatenate(camera))


def renumbered(people: PersonSet) -> PersonSet:
    """Close the gaps that a choice of people left, so that the numbers count from 0 again."""
    _, person = np.unique(people.person, return_inverse=True)
    return PersonSet(people.pictures, np.asarray(person, np.int64), people.camera)


def split_people(everyone: PersonSet, kept_back: int) -> tuple[PersonSet, PersonSet]:
    """Set people aside for validation, evenly spread over the sorted order of their names.

    Args:
        everyone: All pictures.
        kept_back: How many people; 0 keeps none back.

    Returns:
        The others, renumbered from 0, and those kept back, renumbered likewise.

    Raises:
        SourceError: Fewer than two people would be left to train on.
    """
    people = np.unique(everyone.person)
    if kept_back > len(people) - 2:
        raise SourceError(
            f"--val-ids {kept_back} leaves too few of the {len(people)} people to train on; "
            f"allowed are 0 to {max(len(people) - 2, 0)}"
        )
    places = (np.arange(kept_back) * len(people)) // max(kept_back, 1)
    aside = np.isin(everyone.person, people[places])
    return (
        renumbered(everyone.of(np.flatnonzero(~aside))),
        renumbered(everyone.of(np.flatnonzero(aside))),
    )


def read_picture(picture: Picture) -> Image:
    """Decode one picture: (H, W, 3) uint8 in RGB, the order in which the networks are trained.

    Raises:
        SourceError: The file is missing or no picture.
    """
    bgr = decode(read_bytes(picture))
    if bgr is None:
        raise SourceError(f"'{picture.name}' of {picture.path} is no picture; remove or replace it")
    return np.ascontiguousarray(bgr[:, :, ::-1], np.uint8)


def read_bytes(picture: Picture) -> bytes:
    """Read one file of a folder or archive as it is.

    Raises:
        SourceError: It is missing.
    """
    try:
        with picture.path.open("rb") as stream:
            stream.seek(picture.offset)
            return stream.read(picture.size)
    except OSError as error:
        raise SourceError(f"cannot read picture '{picture.path}': {error.strerror}") from error


def _ranks(names: list[str]) -> tuple[IntArray, int]:
    """Return each name's place in the sorted order, and how many different names there are."""
    ordered = sorted(set(names), key=natural)
    place = {name: i for i, name in enumerate(ordered)}
    return np.array([place[name] for name in names], np.int64), len(ordered)


def natural(name: str) -> tuple[int, int, str]:
    """Sort numbers by value, before all other names."""
    number_like = name.lstrip("-").isdecimal()
    return (0, int(name), name) if number_like else (1, 0, name)
