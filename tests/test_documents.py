"""The Python that README.md and the pages in docs/ show runs, and prints what they say."""

import contextlib
import io
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import visitor
from tracker.cli import COMMANDS
from tracker.formats.catalogue import FORMATS

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KINDS = ("A detector", "A ReID network", "A source", "An exporter", "A report section")


def sections(document: str) -> dict[str, list[tuple[str, str]]]:
    """The blocks of each section, as (python or text, content): text is what Python printed."""
    parts = re.split(r"^## (.*)$", (ROOT / document).read_text(encoding="utf-8"), flags=re.M)[1:]
    found = {
        title: BLOCK.findall(text) for title, text in zip(parts[::2], parts[1::2], strict=True)
    }
    return {title: blocks for title, blocks in found.items() if blocks}


EXAMPLES = [
    pytest.param(blocks, id=title)
    for document in ("README.md", "docs/python.md", "docs/extend.md")
    for title, blocks in sections(document).items()
    if any(kind == "python" for kind, _ in blocks)
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with the sample clips; formats that an example adds go again."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    monkeypatch.chdir(tmp_path)
    before = dict(FORMATS)
    yield tmp_path
    FORMATS.clear()
    FORMATS.update(before)


def run(blocks: list[tuple[str, str]]) -> None:
    """Run a section's Python from top to bottom; a text block is what was printed before it."""
    names: dict[str, object] = {"__name__": "example"}
    printed = io.StringIO()
    for kind, content in blocks:
        if kind == "text":
            assert printed.getvalue() == content
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(content, "<example>", "exec"), names)


def test_there_is_an_example_of_everything() -> None:
    assert list(sections("docs/extend.md")) == list(KINDS)
    assert "From Python" in sections("README.md")
    assert len(sections("docs/python.md")) == 2


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {p.name for p in (ROOT / "docs").glob("*.md")} | {"commands.md"}
    assert set(re.findall(r"- (?:Home: )?(\w[\w-]*\.md)$", text, re.M)) == pages


def test_the_site_tells_of_every_command_and_option() -> None:
    hook = runpy.run_path(str(ROOT / "docs/site/commands.py"))
    page = "\n".join(hook["lines"]())
    assert all(f"## reid-track {command}\n" in page for command in COMMANDS)
    assert "| `--reid-interval` |" in page
    assert "&lt;camera&gt;" in page


@pytest.mark.parametrize("blocks", EXAMPLES)
def test_it_runs(blocks: list[tuple[str, str]], folder: Path) -> None:
    run(blocks)


def test_the_report_shows_the_section_that_was_added(folder: Path) -> None:
    with visitor() as browser:
        run(sections("docs/extend.md")["A report section"])
        page = browser.open((folder / "report.html").as_uri())
        added = page.locator("section", has_text="Longest visits")
        assert added.locator("li").first.inner_text().startswith("Person ")
        assert added.locator("li").count() == 2
        assert browser.wrong == []


DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(p for d in ("benchmarks", "docs", "samples") for p in (ROOT / d).rglob("*.md")),
    ]
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


def test_every_decision_is_dated_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    records = sorted(folder.glob("0*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        lines = path.read_text(encoding="utf-8").splitlines()
        title, date = lines[0].partition(". ")[2], re.match(r"Date: (\d{4}-\d\d-\d\d)", lines[2])
        assert date
        assert f"| {path.name[:4]} | [{title}]({path.name}) | {date[1]} |" in index


def test_decisions_name_modules_that_exist() -> None:
    stages = [p.name for p in (ROOT / "tracker").iterdir() if (p / "__init__.py").exists()]
    pattern = re.compile(rf"`((?:{'|'.join(stages)})(?:\.[a-z_]\w*)+)")
    named = {
        (path.name, name)
        for path in (ROOT / "docs" / "decisions").glob("0*.md")
        for name in pattern.findall(path.read_text(encoding="utf-8"))
        if not name.endswith(".json")
    }
    assert len(named) > 30
    for document, name in named:
        parts = [name.split(".")[:n] for n in (2, 3)]
        files = [ROOT.joinpath("tracker", *part).with_suffix(".py") for part in parts]
        assert any(file.exists() for file in files), f"{document}: {name}"
