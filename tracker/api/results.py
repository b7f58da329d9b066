"""What a program does with a result: read it again, score it, make a page of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from tracker.apps.report.page_data import facts_of
from tracker.apps.report.render import render
from tracker.apps.report.run_folder import find_tracks
from tracker.core.atomic import replacing, require_writable
from tracker.evaluation.box_table import read_mot, table_of
from tracker.evaluation.tracks import Scores, score_all, score_cameras
from tracker.formats.file_result import load_result
from tracker.results.result import Result
from tracker.results.tracks_file import read_tracks
from tracker.results.tracks_json import content_of


def load(path: str | Path) -> Result:
    """Read a result again, from a tracks.json or the folder of a run; it has no embeddings.

    Raises:
        SourceError: Missing, of another version, or not whole.
    """
    return load_result(read_tracks(find_tracks(Path(path))))


def evaluate(
    result: Result, truth: str | Path | Mapping[str, str | Path], *,
    level: Literal["track", "person"] = "track",
) -> dict[str, Scores]:  # fmt: skip
    """Score a result: HOTA, DetA, AssA, MOTA, IDF1 in percent, IDSW, Frag, identities.

    Args:
        result: What was found.
        truth: MOTChallenge text, of the only camera or by camera's name; with several cameras its
            ids are persons.
        level: Whether ids of visits or of persons count, in one camera.

    Returns:
        A row for each camera; with several also JOINT, in which an id must be the same person in
        all of them, their mean, and what these boxes could reach.

    Raises:
        SourceError, ConfigError: A truth cannot be read; a camera is not there.
    """
    given = truth if isinstance(truth, Mapping) else {result.cameras[0].name: truth}
    content, person = content_of(result), level == "person" or len(given) > 1
    tables = {
        name: (read_mot(Path(path), truth=True), table_of(content, person=person, camera=name))
        for name, path in given.items()
    }
    return score_cameras(tables) if len(tables) > 1 else score_all(tables)


def report(
    result: Result, out: str | Path, *, title: str = "people", overwrite: bool = False
) -> Path:
    """Write the page that shows who was where; pictures are in that of ``reid-track report``.

    Raises:
        OutputError: It exists and is not to be replaced, or cannot be written.
    """
    path = Path(out)
    require_writable(path, overwrite=overwrite)
    page = render(facts_of(content_of(result), title))
    with replacing(path) as temporary:
        temporary.write_text(page.html, encoding="utf-8")
    return path
