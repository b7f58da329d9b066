"""Find a run's tracks.json, by the folder or by the file."""

from pathlib import Path

from tracker.core.errors import SourceError
from tracker.results.journal import JOURNAL_ENDING


def find_tracks(run: Path) -> Path:
    """Return the tracks.json of a run.

    Args:
        run: The file itself, or the folder of ``--out``.

    Raises:
        SourceError: There is none, or there are several results in the folder.
    """
    if not run.is_dir():
        return run
    usual = run / "tracks.json"
    if usual.is_file():
        return usual
    others = sorted(run.glob("*.tracks.json"))
    if len(others) == 1:
        return others[0]
    if next(run.glob(f"*{JOURNAL_ENDING}"), None):
        raise SourceError(
            f"'{run}' has the journal of a live run that goes on or did not end; "
            f"'reid-track recover {run}' makes its tracks.json"
        )
    several = f"several ({', '.join(p.name for p in others)}); name one" if others else "none"
    raise SourceError(f"'{run}' should have a tracks.json but has {several}")


def title_of(tracks: Path) -> str:
    """Say what a run is called: as its folder, or as its file if that has a name of its own."""
    return tracks.resolve().parent.name if tracks.name == "tracks.json" else tracks.stem
