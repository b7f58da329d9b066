"""Find a run's tracks.json, however the run is named."""

from pathlib import Path

from tracker.core.errors import SourceError
from tracker.results.journal import JOURNAL_ENDING


def find_tracks(run: Path) -> Path:
    """Return the tracks.json of a run.

    Args:
        run: The file itself, the folder of ``--out``, or what was given to make it: a video's name,
            with or without its ending.

    Raises:
        SourceError: There is none, or there are several results in the folder.
    """
    if not run.is_dir():
        names = [] if run.suffix == ".json" else [run.name, run.stem]
        beside = (
            run.parent / f"{name}{end}" for name in names for end in (".json", ".tracks.json")
        )
        return next((path for path in beside if path.is_file()), run)
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
