"""The house keeps its shape: imports go one way, modules stay small, --help stays light."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from types import CodeType, FrameType

import numpy as np
import pytest

from tracker import track

PACKAGE = Path(__file__).resolve().parents[1] / "tracker"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES = 300
MAX_BODY_LINES = 40

# The data's way; a module may import from its own stage and from those above.
LAYERS = (
    ("tracker.core", "tracker"),
    ("tracker.models", "tracker.datasets"),
    ("tracker.video",),
    ("tracker.detection",),
    ("tracker.reid",),
    ("tracker.tracking",),
    ("tracker.identity",),
    ("tracker.results",),
    ("tracker.rendering",),
    ("tracker.gallery", "tracker.formats", "tracker.counting"),
    ("tracker.apps.search",),
    ("tracker.corrections",),
    ("tracker.runtime",),
    ("tracker.apps.guard", "tracker.apps.outlets", "tracker.apps"),
    ("tracker.evaluation",),
    ("tracker.apps.report",),
    ("tracker.apps.live", "tracker.apps.review"),
    ("tracker.training", "tracker.export"),
    ("tracker.api",),
    ("tracker.cli", "tracker.__main__"),
)


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> int:
    for number, stages in enumerate(LAYERS):
        for stage in stages:
            if module == stage or (stage != "tracker" and module.startswith(stage + ".")):
                return number
    raise AssertionError(f"{module} stands in no layer; put it where the data passes it")


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            files = [n for n in names if (PACKAGE.parent / (n.replace(".", "/") + ".py")).exists()]
            yield from files or [node.module]
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_follow_the_data(path: Path) -> None:
    if name_of(path) == "tracker":
        return  # the door: it imports a name when somebody asks for it
    own = layer_of(name_of(path))
    for imported in imports_of(path):
        if imported == "tracker" or imported.startswith("tracker."):
            assert layer_of(imported) <= own, f"{name_of(path)} imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= MAX_BODY_LINES, f"{node.name} has {lines} lines"


def test_few_files_import_ultralytics() -> None:
    users = [name_of(p) for p in MODULES if any(i.startswith("ultralytics") for i in imports_of(p))]
    assert users == [
        "tracker.detection.yolo",
        "tracker.evaluation.detector",  # its average precision
        "tracker.export.detector",  # a picture to compare exports on
        "tracker.training.detector_teacher",
        "tracker.training.detector_trainer",
    ]


@pytest.mark.parametrize(
    "module",
    ["tracker.evaluation.detector", "tracker.export.detector", "tracker.training.detector_setup"],
)
def test_ultralytics_is_silenced_before_it_is_imported(module: str) -> None:
    code = f"import sys, {module}; assert 'ultralytics' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["weights", "list"]])
def test_light_commands_load_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys, tracker.cli\n"
        "try: tracker.cli.main(sys.argv[1:])\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "heavy = {'torch', 'ultralytics', 'cv2', 'onnxruntime', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True)


def page(title: str) -> str:
    """A section of ARCHITECTURE.md."""
    text = (PACKAGE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def named_in(text: str) -> list[tuple[str, str]]:
    """What is written as `file.py`: `name`: file and name."""
    return re.findall(r"`([\w/]+\.py)`: `([\w.]+)`", text)


def resolved(file: str, name: str) -> object:
    return attrgetter(name)(import_module("tracker." + file.removesuffix(".py").replace("/", ".")))


def test_the_page_lists_every_folder_once() -> None:
    listed = re.findall(r"^\| `([\w/]+)` \|", page("Folders"), re.M)
    there = {p.parent.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*/__init__.py")}
    assert sorted(listed) == sorted(there)


def test_what_the_page_names_is_there() -> None:
    whole = (PACKAGE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert len(named_in(whole)) > 10
    for file, name in named_in(whole):
        assert resolved(file, name)
    for file in re.findall(r"`([\w/]+\.py)`", whole):
        assert (PACKAGE / file).exists() or (PACKAGE.parent / file).exists(), file


def test_a_box_goes_the_way_that_the_page_tells(tmp_path: Path) -> None:
    way = [resolved(*place).__code__ for place in named_in(page("The way of a box"))]
    assert len(way) <= 7
    reached: list[CodeType] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in way and frame.f_code not in reached:
            reached.append(frame.f_code)

    def find(image: np.ndarray) -> tuple[list[list[float]], list[float]]:
        return [[100, 100, 160, 280]], [0.9]

    video = PACKAGE.parent / "samples" / "cam1.mp4"
    sys.setprofile(note)
    try:
        result = track(video, detector=find, reid=None, max_frames=5, workers=0)
        result.save(tmp_path)
    finally:
        sys.setprofile(None)
    assert [code.co_name for code in reached] == [code.co_name for code in way]
    assert '"xyxy": [100.0, 100.0, 160.0, 280.0]' in (tmp_path / "tracks.json").read_text()
