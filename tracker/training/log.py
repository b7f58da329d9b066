"""The history of a training: a CSV table, TensorBoard events and a figure of the curves."""

import csv
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracker.core.atomic import replacing
from tracker.core.extras import how_to_get

logger = logging.getLogger(__name__)

CSV_FILE = "log.csv"
CURVES_FILE = "curves.png"
History = list[dict[str, float]]
Panels = Sequence[tuple[str, Sequence[str]]]


@dataclass(slots=True)
class Totals:
    """Sums over the pictures of an epoch."""

    sums: dict[str, float] = field(default_factory=dict)
    pictures: int = 0

    def add(self, count: int, values: dict[str, float]) -> None:
        """Note a step: its pictures, mean losses and share of rightly named people."""
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + count * value
        self.pictures += count

    def row(self) -> dict[str, float]:
        """Return the means; accuracy in percent."""
        return {name: total / max(self.pictures, 1) for name, total in self.sums.items()}


class TrainingLog:
    """Writes each finished epoch to ``log.csv`` and, where it is installed, to TensorBoard."""

    def __init__(self, folder: Path, columns: Sequence[str], panels: Panels) -> None:
        self._folder, self._columns, self._panels = folder, columns, panels
        self._events = _events_writer(folder)

    def write(self, history: History) -> None:
        """Write the table anew and the last epoch to TensorBoard.

        Raises:
            OutputError: The table cannot be written.
        """
        with (
            replacing(self._folder / CSV_FILE) as temporary,
            temporary.open("w", newline="", encoding="utf-8") as stream,
        ):
            writer = csv.DictWriter(stream, self._columns)
            writer.writeheader()
            writer.writerows({k: f"{v:.6g}" for k, v in row.items()} for row in history)
        if self._events and history:
            for name, value in history[-1].items():
                self._events.add_scalar(name, value, int(history[-1]["epoch"]))
            self._events.flush()

    def close(self, history: History) -> None:
        """Draw the curves and end the events file."""
        if history:
            draw_curves(history, self._folder / CURVES_FILE, self._panels)
        if self._events:
            self._events.close()


def read_history(folder: Path) -> History:
    """Return the rows that an earlier sitting wrote, none if there are none."""
    try:
        with (folder / CSV_FILE).open(newline="", encoding="utf-8") as stream:
            return [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(stream)]
    except (OSError, ValueError):
        return []


def draw_curves(history: History, path: Path, panels: Panels) -> None:
    """Draw loss, learning rate and validation scores over the epochs into a PNG.

    Args:
        history: A row for each epoch.
        path: The PNG.
        panels: Label of the axis, and columns of the history, for each part of the picture.

    Raises:
        OutputError: It cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        logger.warning("no %s without matplotlib; %s", path.name, how_to_get("matplotlib"))
        return
    figure = Figure(figsize=(12, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (label, names) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        for name in names:
            points = [(row["epoch"], row[name]) for row in history if name in row]
            if points:
                axes.plot(*zip(*points, strict=True), label=name)
        axes.set(xlabel="epoch", ylabel=label)
        axes.legend()
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=100)


def _events_writer(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        logger.warning("no event files without TensorBoard; %s", how_to_get("tensorboard"))
        return None
    return SummaryWriter(str(folder / "events"))
