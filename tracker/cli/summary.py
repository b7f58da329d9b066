"""The closing summary, as data and as text."""

import os
from typing import Any

from tracker.run import RunOutcome, RunSettings


def summarise(outcome: RunOutcome, settings: RunSettings) -> dict[str, Any]:
    """Return the closing summary as plain data."""
    return {
        "frames": outcome.frames,
        "seconds": round(outcome.seconds, 2),
        "frames_per_s": round(outcome.frames / max(outcome.seconds, 1e-9), 1),
        "tracklets": len(outcome.result.tracklets()),
        "people": len(outcome.result.identities),
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
        f"{state} {report['frames']} frames in {report['seconds']:.1f} s "
        f"({report['frames_per_s']} frames/s)",
        f"{report['people']} people in {report['tracklets']} tracklets",
        f"detector {report['detector']}, ReID {report['reid'] or 'none'}, "
        f"device {report['device']}",
        *(f"wrote {path}" for path in report["files"]),
    ]
    return "\n".join(lines)
