"""The index of many runs: exact, and whole whatever happens to it."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.media import names_in
from tracker.apps.search import index as index_module
from tracker.apps.search.flat_files import FlatFiles
from tracker.apps.search.index import DATABASE, PeopleIndex
from tracker.apps.search.ranking import rank_people
from tracker.apps.search.visits import Run, RunVisits, SeenVisit, clock
from tracker.core.errors import ConfigError, OutputError, SourceError
from tracker.results.result import ModelUse

REID = ModelUse("fake", "ab" * 32)


@pytest.fixture(autouse=True)
def _small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fill several files with few rows."""
    monkeypatch.setattr(index_module, "FILE_ROWS", 5)


def random_looks(seed: int, count: int) -> np.ndarray:
    looks = np.random.default_rng(seed).standard_normal((count, 512)).astype(np.float32)
    return looks / np.linalg.norm(looks, axis=1, keepdims=True)


def made_up(name: str, owners: Sequence[int], seed: int = 0, reid: ModelUse = REID) -> RunVisits:
    """A run whose visits are of these people."""
    run = Run(Path(f"/runs/{name}/tracks.json"), datetime(2026, 1, 5, 10))
    visits = [
        SeenVisit(run, "cam1", n + 1, owner, 2.0 * n, 2.0 * n + 1, Path(f"/runs/{name}/{n}.jpg"))
        for n, owner in enumerate(owners)
    ]
    return RunVisits(run, reid, visits, random_looks(seed, len(visits)))


def assert_same(index: PeopleIndex, runs: Sequence[RunVisits]) -> None:
    """The index answers as the runs themselves would."""
    assert len(index) == sum(map(len, runs))
    assert [(run, visits) for run, _, visits in index.runs()] == [(r.run, len(r)) for r in runs]
    for query in random_looks(99, 3):
        expected = sorted(
            (pair for run in runs for pair in run.nearest(query, 1000)), key=lambda p: -p[0]
        )
        found = index.nearest(query, 4)
        assert [visit for _, visit in found] == [visit for _, visit in expected[:4]]
        assert [s for s, _ in found] == pytest.approx([s for s, _ in expected[:4]], abs=1e-6)
        ours, theirs = rank_people([index], query, 3), rank_people(runs, query, 3)
        assert [f.person for f in ours] == [f.person for f in theirs]
        for mine, other in zip(ours, theirs, strict=True):
            assert [v for _, v in mine.visits] == [v for _, v in other.visits]


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.lists(st.integers(1, 3), max_size=12), st.booleans()),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_it_is_exact_after_any_changes(tmp_path_factory: pytest.TempPathFactory, changes) -> None:
    folder = tmp_path_factory.mktemp("index") / "people.idx"
    runs: dict[str, RunVisits] = {}
    for number, (name, owners, removed) in enumerate(changes):
        with PeopleIndex(folder, create=True) as index:
            known = runs.pop(name, None)
            if removed:
                path = Path(f"/runs/{name}/tracks.json")
                assert index.remove(path) == (known is not None)
            else:
                runs[name] = made_up(name, owners, number)
                assert index.add(runs[name]) == (known is not None)
            assert_same(index, list(runs.values()))
    with PeopleIndex(folder) as index:
        assert_same(index, list(runs.values()))
        files = [name for name in names_in(folder) if name.endswith(".faiss")]
        assert len(files) == index._db.execute("SELECT count(*) FROM files").fetchone()[0]


def test_somebody_with_very_many_visits_hides_nobody(tmp_path: Path) -> None:
    run = made_up("a", [1] * 60 + [2, 3])
    run.looks[:60] = run.looks[0] + 0.001 * random_looks(5, 60)
    with PeopleIndex(tmp_path / "x", create=True) as index:
        index.add(run)
        for places in ([index], [run]):
            found = rank_people(places, run.looks[0], 3)
            assert {f.person[1] for f in found} == {1, 2, 3}
            assert len(found[0].visits) == 60
            without = rank_people(places, run.looks[0], 2, without=found[0].person)
            assert {f.person[1] for f in without} == {2, 3}


def test_a_change_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = made_up("a", [1, 2, 2]), made_up("b", [1] * 9, 1)
    write = FlatFiles.write

    def full(self: FlatFiles, name: str, looks: np.ndarray) -> None:
        if name.startswith("looks-2"):
            raise OutputError("cannot write: No space left on device")
        write(self, name, looks)

    with PeopleIndex(tmp_path / "x", create=True) as index:
        index.add(first)
        before = names_in(tmp_path / "x")
        monkeypatch.setattr(FlatFiles, "write", full)
        with pytest.raises(OutputError, match="No space"):
            index.add(second)
        assert names_in(tmp_path / "x") == before
        assert_same(index, [first])
        monkeypatch.setattr(FlatFiles, "write", write)
        index.add(second)
        assert_same(index, [first, second])


def test_what_a_killed_change_left_is_swept_by_the_next(tmp_path: Path) -> None:
    run = made_up("a", [1, 2])
    with PeopleIndex(tmp_path / "x", create=True) as index:
        index.add(run)
        (tmp_path / "x" / "looks-1-2.faiss").write_bytes(b"half")
        (tmp_path / "x" / "mine.txt").touch()
        index.add(run)
        assert names_in(tmp_path / "x") == {DATABASE, "looks-1-3.faiss", "mine.txt"}
        assert_same(index, [run])


def test_two_who_change_it_at_once_wait_for_each_other(tmp_path: Path) -> None:
    with (
        PeopleIndex(tmp_path / "x", create=True) as one,
        PeopleIndex(tmp_path / "x") as other,
    ):
        one.add(made_up("a", [1, 2]))
        other.add(made_up("b", [1], 1))
        one.add(made_up("c", [1], 2))
        assert_same(other, [made_up("a", [1, 2]), made_up("b", [1], 1), made_up("c", [1], 2)])
        other._db.execute("PRAGMA busy_timeout = 1")
        one._db.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutputError, match="locked"):
            other.add(made_up("d", [1]))


def test_looks_of_another_model_are_refused(tmp_path: Path) -> None:
    with PeopleIndex(tmp_path / "x", create=True) as index:
        index.add(made_up("a", [1]))
        with pytest.raises(ConfigError, match="cannot be compared"):
            index.add(made_up("b", [1], reid=ModelUse("other", "cd" * 32)))
    with PeopleIndex(tmp_path / "x") as index:
        assert index.reid == REID
        assert len(index) == 1


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda x: (x / "looks-1-1.faiss").unlink(), id="no looks"),
        pytest.param(lambda x: (x / "looks-1-1.faiss").write_bytes(b"no"), id="other looks"),
        pytest.param(
            lambda x: (x / "looks-1-1.faiss").write_bytes(
                (x / "looks-1-1.faiss").read_bytes()[:3000]
            ),
            id="looks cut off",
        ),
        pytest.param(lambda x: (x / DATABASE).write_bytes(b"no database" * 99), id="no database"),
        pytest.param(lambda x: (x / DATABASE).write_bytes(b""), id="an empty database"),
        pytest.param(lambda x: execute(x, "DROP TABLE visits"), id="no visits"),
        pytest.param(lambda x: execute(x, "DELETE FROM visits"), id="rows are missing"),
        pytest.param(lambda x: execute(x, "UPDATE files SET count = 9"), id="other count"),
        pytest.param(lambda x: execute(x, "UPDATE about SET format = 'x/9'"), id="other format"),
    ],
)
def test_a_damaged_index_is_told(tmp_path: Path, damage) -> None:
    with PeopleIndex(tmp_path / "x", create=True) as index:
        index.add(made_up("a", [1, 2, 3]))
    damage(tmp_path / "x")

    def search() -> None:
        with PeopleIndex(tmp_path / "x") as index:
            index.nearest(random_looks(1, 1)[0], 2)

    with pytest.raises(SourceError, match=r"index '.*x'"):
        search()


def execute(folder: Path, sql: str) -> None:
    db = sqlite3.connect(folder / DATABASE)
    db.execute(sql)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "10:00:00.0"), (59.96, "10:01:00.0"), (50_400, "00:00:00.0")]
)
def test_times_of_the_day(seconds: float, told: str) -> None:
    assert clock(made_up("a", [1]).run, seconds) == told
