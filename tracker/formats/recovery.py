"""A result from the journal of a live run that was killed."""

from dataclasses import replace
from pathlib import Path

from tracker.core.errors import SourceError
from tracker.formats.file_result import FileResult, camera_of
from tracker.results.journal import JOURNAL_ENDING, read_journal, result_of
from tracker.results.result import ModelUse
from tracker.results.tracks_json import model_of


def left_journals(run: Path, *, overwrite: bool = False) -> list[Path]:
    """Return a journal itself, or those in a folder that have no result beside them.

    Args:
        run: A journal or a folder.
        overwrite: Whether those with a result count too.

    Raises:
        SourceError: There is none.
    """
    if not run.is_dir():
        return [run]
    found = sorted(run.glob(f"*{JOURNAL_ENDING}"))
    left = [path for path in found if overwrite or not result_of(path).exists()]
    if not left:
        other = "; all journals there have their result" if found else ""
        raise SourceError(f"'{run}' has no *{JOURNAL_ENDING} of a run that did not end{other}")
    return left


def recovered(journal: Path) -> FileResult:
    """Return the people of a journal with all visits that are in it.

    Raises:
        SourceError: It cannot be read, or its first line, which names the cameras, is lost.
    """
    content = read_journal(journal)
    start = content.start
    if start is None:
        raise SourceError(f"{journal} lacks its first line, which names cameras and models")
    cameras = {camera.name: camera for camera in start.cameras}
    visits = [visit for person in content.people.identities for visit in person.visits]
    for visit in visits:
        if visit.camera not in cameras:
            raise SourceError(f"{journal} has a visit to '{visit.camera}', which it does not name")
    frames = dict.fromkeys(cameras, 0)
    for visit in visits:
        frames[visit.camera] = max(frames[visit.camera], int(visit.frame[-1]) + 1)
    seen = [replace(camera_of(camera), frames=frames[camera.name]) for camera in start.cameras]
    detector = ModelUse(start.models.detector.name, start.models.detector.sha256)
    found = content.people
    return FileResult(
        seen, detector, model_of(start.models.reid), found.identities, found.links, found.merges,
        known_places=content.places,
    )  # fmt: skip
