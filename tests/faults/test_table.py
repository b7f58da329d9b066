"""docs/reliability.md lists every fault once, and every test that it names exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| `(tests/[\w/]+\.py)::(test_\w+)` \|$", re.MULTILINE)
TABLE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")


def names_in_file(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_row_names_a_test_that_exists() -> None:
    rows = ROW.findall(TABLE)
    heads = TABLE.count("| fault | promised | test |")
    assert len(rows) == TABLE.count("\n| ") - 2 * heads  # no row is of another form
    assert len(rows) >= 80
    assert len({fault for fault, *_ in rows}) == len(rows)
    for _, _, file, name in rows:
        assert name in names_in_file(ROOT / file), f"{file}::{name}"


def test_every_test_of_a_fault_has_its_row() -> None:
    listed = {name for *_, name in ROW.findall(TABLE)}
    files = [p for p in Path(__file__).parent.glob("test_*.py") if p != Path(__file__)]
    tests = {name for p in files for name in names_in_file(p) if name.startswith("test_")}
    assert tests - listed == {"test_all_errors_are_of_one_tree"}
