"""Markdown tables."""

from collections.abc import Iterable, Mapping, Sequence

from tracker.evaluation.tracks import Scores

Rows = Mapping[str, Mapping[str, Scores]]  # tracker -> sequence -> scores


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table whose first column is text and whose others are figures."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def pair(scores: Scores) -> str:
    """Write HOTA / IDF1."""
    return f"{scores['HOTA']:.1f} / {scores['IDF1']:.1f}"


def by_sequence(first: str, rows: Rows) -> str:
    """Write HOTA / IDF1 of each tracker on each sequence."""
    names = list(next(iter(rows.values())))
    cells = [[tracker, *(pair(row[name]) for name in names)] for tracker, row in rows.items()]
    return markdown([first, *(n.replace("COMBINED", "together") for n in names)], cells)


def in_full(first: str, rows: Mapping[str, Scores], columns: Sequence[str]) -> str:
    """Write several figures of each tracker on one sequence."""
    cells = [[name, *(_figure(row[c]) for c in columns)] for name, row in rows.items()]
    return markdown([first, *columns], cells)


def _figure(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.1f}"
