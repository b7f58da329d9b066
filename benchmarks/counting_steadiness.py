"""Line crossings of real runs beside those of the truth, for other values of two constants.

    python -m benchmarks.counting_steadiness tud/tracks.json=gt.txt pets/tracks.json=gt.txt

Each result is counted at lines of every 20 pixels of width; an error is a crossing too many or too
few at a line, by direction. What is told is the sum over all lines.
"""

import sys
from pathlib import Path

import numpy as np

from tracker.counting import steady, watch
from tracker.counting.count import count
from tracker.counting.zones import Line, Zones
from tracker.formats.file_result import FileResult, load_result
from tracker.results.tracks_file import read_tracks

STEP_PX = 20
STEADY_S, UNSEEN_S = (0.0, 0.2, 0.5, 1.0, 2.0), (0.0, 1.0, 2.0, 4.0, 8.0)


def true_numbers(path: Path, columns: range) -> dict[int, tuple[int, int]]:
    """How often people cross each column to the right and to the left, frame by frame."""
    rows = np.loadtxt(path, delimiter=",")
    found = dict.fromkeys(columns, (0, 0))
    for person in np.unique(rows[:, 1]):
        own = rows[rows[:, 1] == person]
        feet = own[np.argsort(own[:, 0]), 2] + own[np.argsort(own[:, 0]), 4] / 2
        for x in columns:
            change = np.diff((feet > x).astype(int))
            found[x] = found[x][0] + int((change > 0).sum()), found[x][1] + int((change < 0).sum())
    return found


def errors(result: FileResult, truth: Path) -> tuple[int, int]:
    """Crossings too many or too few, and how many there truly are."""
    [camera] = result.cameras
    columns = range(STEP_PX, camera.width, STEP_PX)
    lines = tuple(
        Line(str(x), camera.name, ((float(x), float(camera.height)), (float(x), 0.0)))
        for x in columns
    )
    true = true_numbers(truth, columns)
    found = {int(c.name): (c.entries, c.exits) for c in count(result, Zones(lines)).lines}
    wrong = sum(abs(a - b) for x in columns for a, b in zip(found[x], true[x], strict=True))
    return wrong, sum(map(sum, true.values()))


def main() -> None:
    """Print a line for each value."""
    runs = [word.partition("=")[::2] for word in sys.argv[1:]]
    loaded = [(load_result(read_tracks(Path(a))), Path(b)) for a, b in runs]
    usual = steady.STEADY_S, watch.UNSEEN_S
    for name, values in (("STEADY_S", STEADY_S), ("UNSEEN_S", UNSEEN_S)):
        for value in values:
            steady.STEADY_S, watch.UNSEEN_S = usual
            module = steady if name == "STEADY_S" else watch
            setattr(module, name, value)
            found = [errors(result, truth) for result, truth in loaded]
            told = ", ".join(f"{wrong} of {true}" for wrong, true in found)
            print(f"{name} {value:g}: errors {told}")


if __name__ == "__main__":
    main()
