"""The card that lies beside a trained model and says what it is: as JSON and for people."""

import json
from pathlib import Path
from typing import Any

from tracker.core.atomic import replacing


def write_card(model: Path, card: dict[str, Any], heading: str, purpose: str) -> None:
    """Write ``<model>.json`` and ``<model>.md`` beside a model.

    Args:
        model: The model's file.
        card: Facts; nested ones are told in one cell.
        heading: Of the text.
        purpose: What the model does, in a paragraph.

    Raises:
        OutputError: A file cannot be written.
    """
    rows = "\n".join(f"| {name} | {_cell(value)} |" for name, value in card.items())
    text = f"# {heading}\n\n{purpose}\n\n| fact | value |\n|---|---|\n{rows}\n"
    _write(model.with_suffix(".json"), json.dumps(card, indent=1) + "\n")
    _write(model.with_suffix(".md"), text)


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_cell(v)}" for k, v in value.items())
    if isinstance(value, float):
        return f"{value:.4g}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
