"""The closing summary, as data and as text."""

import os
from typing import Any

from tracker.core.types import Visit
from tracker.results.result import Result
from tracker.runtime.run_data import RunOutcome, RunSettings

JOURNEYS = 20


def summarise(outcome: RunOutcome, settings: RunSettings) -> dict[str, Any]:
    """Return the closing summary as plain data."""
    return {
        "frames": outcome.frames,
        "seconds": round(outcome.seconds, 2),
        "passes": {
            name: {"frames": p.frames, "seconds": round(p.seconds, 2)}
            for name, p in outcome.passes.items()
        },
        "tracklets": len(outcome.result.visits()),
        "people": len(outcome.result.identities),
        "dropped": {c.name: c.dropped for c in outcome.result.cameras if c.live},
        "outages": {c.name: c.outages for c in outcome.result.cameras if c.live},
        "files": [os.fspath(path) for path in outcome.files],
        "detector": settings.detector.name,
        "reid": settings.reid.name if settings.reid else None,
        "device": settings.device,
        "interrupted": outcome.interrupted,
        "failures": [str(failure) for failure in outcome.failures],
    }


def as_text(report: dict[str, Any]) -> str:
    """Word a summary for people."""
    state = "interrupted after" if report["interrupted"] else "done:"
    lines = [
        f"{state} {_count(report['frames'], 'frame')} in {report['seconds']:.1f} s "
        f"({_rates(report['passes'])})",
        f"{_count(report['people'], 'person', 'people')} in "
        f"{_count(report['tracklets'], 'tracklet')} (visits to a camera)",
        *_losses(report),
        f"detector {report['detector']}, ReID {report['reid'] or 'none'}, "
        f"device {report['device']}",
        *(f"wrote {path}" for path in report["files"]),
        *(f"failed: {failure}" for failure in report["failures"]),
    ]
    return "\n".join(lines)


def _rates(passes: dict[str, Any]) -> str:
    """Tell how fast each reading of the frames was."""
    rates = [f"{name} {p['frames'] / max(p['seconds'], 0.01):.1f}" for name, p in passes.items()]
    return ", ".join(rates) + " frames/s"


def _losses(report: dict[str, Any]) -> list[str]:
    """Tell what live cameras sent in vain, and how often they were gone."""
    told = [f"{name} {count}" for name, count in report["dropped"].items()]
    outages = sum(report["outages"].values())
    gone = f"; {_count(outages, 'outage')}" if outages else ""
    return [f"frames dropped: {', '.join(told)}{gone}"] if told else []


def journeys(result: Result) -> list[str]:
    """Tell who was in which camera when, the longest journeys first, up to `JOURNEYS` lines."""
    people = [p for p in result.identities if len({t.camera for t in p.visits}) > 1]
    people.sort(key=lambda person: (-len(person.visits), person.global_id))
    lines = [f"ID {p.global_id}: {', '.join(map(_stay, p.visits))}" for p in people[:JOURNEYS]]
    more = len(people) - JOURNEYS
    return lines + ([f"and {more} more in several cameras"] if more > 0 else [])


def _stay(visit: Visit) -> str:
    return f"{visit.camera} {visit.start_s:.1f}-{visit.end_s:.1f} s"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
